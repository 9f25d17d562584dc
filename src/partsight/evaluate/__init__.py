"""Detector + Dataset → Evaluation."""
