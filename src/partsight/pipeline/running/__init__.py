"""How stages are run: folders and keys, locks, workers on this machine or a cluster."""
