"""Directions spread over the sphere."""

import numpy as np

from partsight.structures.arrays import FloatArray


def sphere_directions(count: int) -> FloatArray:
    """Return (count, 3) unit vectors spread evenly over the sphere (Fibonacci lattice; Gonzalez 2010)."""
    steps = np.arange(count) + 0.5
    z = 1 - 2 * steps / count
    angle = np.pi * (1 + np.sqrt(5)) * steps
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)
