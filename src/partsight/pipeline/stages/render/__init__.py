"""Scenes → labeled pictures."""
