"""Partsight turns the CAD models of custom-built parts into a camera that recognises those parts."""

__version__ = "0.1.0"
