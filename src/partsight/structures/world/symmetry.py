"""Rotations that leave a part as it is: without them, one view of it would have many right poses."""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray, locked
from partsight.structures.world.transform import Transform, rigid

_ALIGNED = 0.9998
"""Cosine of about 1°: an axis so near to one of the frame is called by its name."""
_BODIES = {
    (4, 2): "2-fold about three axes",
    (12, 3): "as a tetrahedron",
    (24, 4): "as a cube",
    (60, 5): "as an icosahedron",
}


@dataclass(frozen=True, slots=True, eq=False)
class SymmetryAxis:
    """An axis about which a part may be turned by any angle."""

    direction: FloatArray
    """(3,) of unit length, in the part's frame."""
    offset_m: FloatArray
    """(3,) a point on the axis."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "direction", locked(self.direction, np.float64, (3,)))
        object.__setattr__(self, "offset_m", locked(self.offset_m, np.float64, (3,)))


@dataclass(frozen=True, slots=True, eq=False)
class Symmetry:
    """The rotations of a part that move no point of its surface farther than the tolerance away from it."""

    discrete: FloatArray
    """(N, 4, 4) transforms in the part's frame, without the identity and without those about a continuous axis; meters."""
    continuous: tuple[SymmetryAxis, ...]
    """Axes of any angle: none, one, or three for a sphere."""
    order: int
    """Largest number of equal steps of a full turn about one axis; 1 without discrete symmetry."""
    tolerance_m: float
    main_axis: FloatArray | None = None
    """(3,) unit axis of the largest order, or of any angle."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "discrete", locked(self.discrete, np.float64, (None, 4, 4)))
        if self.main_axis is not None:
            object.__setattr__(self, "main_axis", locked(self.main_axis, np.float64, (3,)))

    @property
    def name(self) -> str:
        """What a person calls it: 'none', '4-fold about z', 'any angle about x, both ways up', 'as a cube'."""
        if len(self.continuous) > 1:
            return "any rotation"
        num_rotations = len(self.discrete) + 1
        if self.continuous:
            return f"any angle{self._about}{', both ways up' if num_rotations > 1 else ''}"
        if (num_rotations, self.order) in _BODIES:
            return _BODIES[num_rotations, self.order]
        if num_rotations == 1:
            return "none"
        return f"{self.order}-fold{self._about}{', both ways up' if num_rotations > self.order else ''}"

    @property
    def _about(self) -> str:
        if self.main_axis is None:
            return ""
        near = np.abs(self.main_axis) > _ALIGNED
        return f" about {'xyz'[int(np.flatnonzero(near)[0])]}" if near.any() else ""


def rotation_around(rotation: FloatArray, point_m: FloatArray) -> Transform:
    """Return the transform that turns (3×3) about a point."""
    return rigid(rotation, point_m - rotation @ point_m)
