"""A finished detector put to work: exported, run on pictures, live."""
