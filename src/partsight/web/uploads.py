"""Pictures that other programs send: bounded before they are decoded, one at a time, and no memory kept afterwards."""

import asyncio
import ctypes
import io
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, final

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from partsight.errors import DatasetError
from partsight.structures.arrays import Image
from partsight.web.bodies import BodyLimits

UPLOADS = BodyLimits(most_bytes=20_000_000, seconds=30.0)
MAX_PIXELS = 30_000_000
"""A picture of 90 MB once decoded; a few kilobytes can claim any number of them."""
BOMBS = (PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning)
"""Pillow's own bounds; the warning is an exception where Python is told so."""
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP")

_Answer = TypeVar("_Answer")


@final
class Uploads:
    """Works on sent pictures, one after the other in one thread: a picture is in memory once, not once for each who sends one."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="uploads")

    async def run(
        self, work: Callable[[bytes, float | None], _Answer], content: bytes, threshold: float | None
    ) -> _Answer:
        """Return what the work makes of a picture; what it needed is handed back to the system."""

        def worked() -> _Answer:
            try:
                return work(content, threshold)
            finally:
                _hand_memory_back()

        return await asyncio.get_running_loop().run_in_executor(self._worker, worked)


def read_upload(content: bytes) -> Image:
    """Return a sent picture as RGB, the right way up. Raises DatasetError, for too many pixels before any is decoded."""
    try:
        return _decoded(content)
    except (OSError, SyntaxError, ValueError, EOFError, *BOMBS) as error:
        raise DatasetError(
            f"the picture cannot be read ({str(error)[:200]}). Send the bytes of a JPEG, PNG, WebP or BMP file."
        ) from error


def _decoded(content: bytes) -> Image:
    with PillowImage.open(io.BytesIO(content), formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise DatasetError(
                f"the picture has {width} × {height} pixels, at most {MAX_PIXELS} are taken. Send it smaller."
            )
        ImageOps.exif_transpose(picture, in_place=True)  # of a copy less, as the next line
        return np.asarray(picture if picture.mode == "RGB" else picture.convert("RGB"))


def _hand_memory_back() -> None:
    """Let go of freed memory, where the C library is glibc: it keeps that of Pillow's blocks, several times a picture."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    if library is not None and hasattr(library, "malloc_trim"):
        library.malloc_trim(0)
