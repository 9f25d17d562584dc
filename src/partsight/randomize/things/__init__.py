"""Things that are none of the classes."""
