"""What frames are picked from: anything that can be looked through once at a small size and asked for a few pictures."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from partsight.structures.arrays import Image

SMALL_PX = 640
"""Longer side of the gray pictures that are measured. Larger ones show more noise, smaller ones hide motion blur."""

GrayImage: TypeAlias = npt.NDArray[np.uint8]
"""(height, width), luma as encoded."""
Tell: TypeAlias = Callable[[str], None]
"""Called with a finding: something lost or left out that does not stop the work."""


@dataclass(frozen=True, slots=True, eq=False)
class PreviewFrame:
    """One frame, small and gray, the right way up."""

    number: int
    """From 0, in the order of decoding."""
    time_s: float | None
    """Since the first frame; None for pictures that belong to no video."""
    gray: GrayImage
    """Longer side at most SMALL_PX."""


class Footage(Protocol):
    """A video or a set of pictures; gives the same frames under the same numbers each time."""

    def preview_frames(self, tell: Tell) -> Iterator[PreviewFrame]:
        """Look through all frames; what cannot be read is told and left out. Raises PhotosError when nothing can be read."""
        ...

    def frames(self, numbers: Collection[int]) -> Iterator[tuple[int, Image]]:
        """Return the frames of these numbers in full size, in ascending order."""
        ...


def small_size(width: int, height: int) -> tuple[int, int]:
    """Return (width, height) scaled down, never up, to a longer side of SMALL_PX."""
    scale = min(1.0, SMALL_PX / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
