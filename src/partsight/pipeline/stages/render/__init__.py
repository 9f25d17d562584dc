"""Scenes → labelled pictures."""
