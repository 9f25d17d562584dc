"""Figures and pictures → one page."""
