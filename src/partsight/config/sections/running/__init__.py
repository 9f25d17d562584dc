"""How experiments are run: a cluster, a grid of them, trackers."""
