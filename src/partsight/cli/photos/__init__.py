"""The commands of 'partsight photos'."""
