"""The child processes in which files are read."""
