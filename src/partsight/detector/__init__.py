"""Detectors: the protocols every library of trainable detectors is reached through."""
