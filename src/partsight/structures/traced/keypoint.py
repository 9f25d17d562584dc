"""Named points of a part, and where they are seen."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray, locked


class Visibility(IntEnum):
    """How a keypoint is seen, in COCO's numbers."""

    OUTSIDE = 0
    """Not in the picture."""
    HIDDEN = 1
    """In the picture, behind something."""
    VISIBLE = 2


@dataclass(frozen=True, slots=True, eq=False)
class Keypoint:
    """A named point in the part's frame."""

    name: str
    position_m: FloatArray
    """(3,)"""
    node_ids: tuple[int, ...] = ()
    """The sub-parts of which it is the center: it is visible where one of them is seen. None: a point on the surface."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "position_m", locked(self.position_m, np.float64, (3,)))


@dataclass(frozen=True, slots=True, eq=False)
class SeenKeypoints:
    """Keypoints of one instance in a picture."""

    names: tuple[str, ...]
    pixels: FloatArray
    """(N, 2) pixel coordinates; zeros where a point is not in the picture."""
    visibilities: IntArray
    """(N,) of `Visibility`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", locked(self.pixels, np.float64, (len(self.names), 2)))
        object.__setattr__(self, "visibilities", locked(self.visibilities, np.int64, (len(self.names),)))
