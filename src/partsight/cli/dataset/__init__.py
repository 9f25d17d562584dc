"""`partsight dataset`: labeled pictures for other tools."""
