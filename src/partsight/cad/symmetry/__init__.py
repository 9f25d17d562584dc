"""Symmetries of parts, found from their meshes."""
