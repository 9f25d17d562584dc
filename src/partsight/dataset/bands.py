"""Which sizes and which light photos lack that renders have: thin bands of a figure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray

THIN_SHARE = 0.1
"""A band is thin when fewer of the photos' values lie in it than this share."""
EXPECTED_SHARE = 0.05
"""A band is expected when at least this share of the renders' values lie in it."""


@dataclass(frozen=True, slots=True)
class Band:
    """A range of a figure, and the word for it."""

    name: str
    low: float
    high: float


SIZES = (Band("small", 0.0, 0.1), Band("medium-sized", 0.1, 0.3), Band("large", 0.3, np.inf))
"""Longer side of the box as a share of the picture's longer side."""
LIGHTS = (Band("dark", 0.0, 0.25), Band("evenly lit", 0.25, 0.55), Band("bright", 0.55, np.inf))
"""Mean luminance of the picture in 0…1."""


def share_in(band: Band, values: FloatArray) -> float:
    """Return the share of the values that lie in a band; 0 when there are none."""
    return float(((values >= band.low) & (values < band.high)).mean()) if len(values) else 0.0


def thin_bands(bands: Sequence[Band], photos: FloatArray, renders: FloatArray) -> tuple[Band, ...]:
    """Return the bands that renders fill and photos do not, the emptiest first."""
    expected = [band for band in bands if share_in(band, renders) >= EXPECTED_SHARE]
    thin = [band for band in expected if share_in(band, photos) < THIN_SHARE]
    return tuple(sorted(thin, key=lambda band: share_in(band, photos)))
