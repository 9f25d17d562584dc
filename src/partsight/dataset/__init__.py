"""Labelled pictures: formats, splits, mixing, health."""
