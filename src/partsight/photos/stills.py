"""Single pictures as footage: they have no times, and neighbors need not show the same scene."""

from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import final

import numpy as np
from PIL import Image as PillowImage

from partsight.errors import PartsightError, PhotosError
from partsight.photos.footage import GrayImage, PreviewFrame, Tell, small_size
from partsight.structures.arrays import Image


@final
class Stills:
    """Picture files in the order given; `read` gives RGB the right way up or raises a PartsightError."""

    def __init__(self, paths: Sequence[Path], read: Callable[[Path], Image]) -> None:
        self._paths = tuple(paths)
        self._read = read

    def preview_frames(self, tell: Tell) -> Iterator[PreviewFrame]:
        """Read all pictures at a small size. Raises PhotosError when none can be read."""
        num_read = 0
        for number, path in enumerate(self._paths):
            try:
                image = self._read(path)
            except PartsightError as error:
                tell(str(error))
                continue
            num_read += 1
            yield PreviewFrame(number, None, small_gray(image))
        if not num_read:
            raise PhotosError(f"{self._paths[0].parent}: none of its {len(self._paths)} pictures can be read.")

    def frames(self, numbers: Collection[int]) -> Iterator[tuple[int, Image]]:
        """Read the pictures of these numbers."""
        for number in sorted(numbers):
            yield number, self._read(self._paths[number])


def small_gray(image: Image) -> GrayImage:
    """Return a picture as frames are measured: luma, longer side at most SMALL_PX, averaged by area."""
    gray = PillowImage.fromarray(image).convert("L")
    return np.asarray(gray.resize(small_size(*gray.size), PillowImage.Resampling.BOX), dtype=np.uint8)
