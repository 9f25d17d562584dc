"""Labelled pictures: splits, mixing, listing, crops, health."""
