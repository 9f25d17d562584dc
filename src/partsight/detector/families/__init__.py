"""Detector libraries, one module each."""
