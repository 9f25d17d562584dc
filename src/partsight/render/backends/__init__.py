"""Renderers, one module per library."""
