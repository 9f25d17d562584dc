"""Labeled pictures: splits, mixing, listing, crops, health."""
