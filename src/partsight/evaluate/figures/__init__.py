"""The figures of a report: average precision, precision and recall, thresholds, calibration, confusion."""
