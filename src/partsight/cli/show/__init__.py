"""What commands print: bars, tables, sentences."""
