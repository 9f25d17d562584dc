"""Evaluations → one self-contained HTML page."""
