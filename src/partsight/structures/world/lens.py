"""Radial distortion of a lens: Brown's model with its first coefficient, OpenCV's k1.

Positions are offsets from the optical axis at depth 1: (x / z, y / z). A straight offset of length r is seen at r (1 + k₁ r²).
The polynomial holds as far as the picture reaches; beyond, the curve goes on along its tangent, so that each offset has one image.

D. C. Brown, Decentering distortion of lenses, Photogrammetric Engineering 32(3), 1966.
"""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray

_NUM_STEPS = 6
"""Newton's steps from distorted to straight: with one more nothing changes for the strongest lens of a recipe."""
_TINY = 1e-300
"""Keeps the axis itself out of divisions."""


@dataclass(frozen=True, slots=True)
class Lens:
    """A lens that bends straight lines: barrel where k1 is negative, pincushion where it is positive."""

    k1: float
    """First radial coefficient, for offsets at depth 1."""
    edge: float
    """Length of the straight offset that is seen in the picture's farthest corner."""

    def __post_init__(self) -> None:
        if not self.edge > 0 or _slope(self, self.edge) <= 0:
            raise ValueError(
                f"a lens with k1 = {self.k1} folds the picture within {self.edge}; expected 1 + 3 k1 edge² > 0"
            )


def corner_lens(distortion: float, corner: float) -> Lens:
    """Return the lens that moves what is seen in the corner, an offset of length `corner`, by this share of where it would be."""
    edge = corner / (1 + distortion)
    return Lens(distortion / edge**2, edge)


def bent(lens: Lens, offsets: FloatArray) -> FloatArray:
    """Return where (…, 2) straight offsets are seen."""
    radius = _length(offsets)
    inside = 1 + lens.k1 * radius**2
    beyond = (_edge_seen(lens) + _slope(lens, lens.edge) * (radius - lens.edge)) / np.maximum(radius, _TINY)
    seen: FloatArray = offsets * np.where(radius <= lens.edge, inside, beyond)
    return seen


def straightened(lens: Lens, seen: FloatArray) -> FloatArray:
    """Return the straight offsets that are seen at (…, 2) offsets; the inverse of `bent` to rounding."""
    radius = _length(seen)
    within = np.minimum(radius, _edge_seen(lens))
    straight = within * (lens.edge / _edge_seen(lens))
    for _ in range(_NUM_STEPS):
        straight = straight - (straight * (1 + lens.k1 * straight**2) - within) / (1 + 3 * lens.k1 * straight**2)
    straight = straight + (radius - within) / _slope(lens, lens.edge)
    offsets: FloatArray = seen * np.where(radius > 0, straight / np.maximum(radius, _TINY), 1.0)
    return offsets


def _length(offsets: FloatArray) -> FloatArray:
    length: FloatArray = np.hypot(offsets[..., :1], offsets[..., 1:])
    return length


def _edge_seen(lens: Lens) -> float:
    return lens.edge * (1 + lens.k1 * lens.edge**2)


def _slope(lens: Lens, radius: float) -> float:
    return 1 + 3 * lens.k1 * radius**2
