"""Partsight's own small detectors (Apache-2.0) as a family."""
