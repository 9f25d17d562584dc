"""Renders and photos → one dataset."""
