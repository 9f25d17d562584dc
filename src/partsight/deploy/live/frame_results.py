"""One look of the detector at one frame: what everybody is shown, encoded once for all."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias, final

import numpy as np
from av.video.reformatter import Interpolation

from partsight.deploy.live.camera import CameraFrame
from partsight.deploy.live.tracking import Track
from partsight.photos.decoding import upright_rgb
from partsight.pictures import jpeg_bytes
from partsight.structures.arrays import Image

VIEW_WIDTH = 1280
"""Pixels; pages are sent frames no wider than this."""
_QUALITY = 75


@final
class Lazy:
    """A value computed by whoever asks first, and once."""

    def __init__(self, compute: Callable[[], bytes]) -> None:
        self._compute, self._lock = compute, threading.Lock()
        self._value: bytes | None = None

    def value(self) -> bytes:
        """Return the value, computing it if nobody has."""
        with self._lock:
            if self._value is None:
                self._value = self._compute()
            return self._value


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class FrameResult:
    """A frame with its parts; number and frame belong together whatever comes after."""

    number: int
    frame: CameraFrame
    size_wh: tuple[int, int]
    tracks: tuple[Track, ...]
    finished_s: float
    """By time.monotonic."""
    jpeg: Lazy = field(repr=False)

    def image(self) -> Image:
        """Return the frame in full size."""
        return self.frame.image()


LookHandler: TypeAlias = Callable[[FrameResult], None]


def encode_view(frame: CameraFrame) -> bytes:
    """Return a frame as JPEG, scaled down to what pages show; one that a page sent small enough as it came."""
    if frame.jpeg is not None and frame.picture.width <= VIEW_WIDTH:
        return frame.jpeg
    return jpeg_bytes(_small_image(frame), _QUALITY)


def _small_image(frame: CameraFrame) -> Image:
    picture = frame.picture
    if picture.width <= VIEW_WIDTH:
        return frame.image()
    height = max(2, round(picture.height * VIEW_WIDTH / picture.width))
    with frame.lock:
        small = upright_rgb(picture.reformat(VIEW_WIDTH, height, interpolation=Interpolation.FAST_BILINEAR))
    if small.shape[1] == VIEW_WIDTH and picture.rotation % 180:  # the turn is not carried over to scaled frames
        return np.ascontiguousarray(np.rot90(small, round(picture.rotation / 90) % 4))
    return small
