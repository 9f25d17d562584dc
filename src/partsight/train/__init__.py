"""Dataset → checkpoint through a detector family."""
