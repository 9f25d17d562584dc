"""Checkpoint + test pictures → figures."""
