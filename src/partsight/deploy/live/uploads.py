"""Pictures that other programs send: bounded before they are decoded."""

import io

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from partsight.errors import DatasetError
from partsight.structures.arrays import Image

MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
"""A picture of 150 MB once decoded; a few kilobytes can claim any number of them."""
_BOMBS = (PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning)
"""Pillow's own bounds; the warning is an exception where Python is told so."""
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP")


def read_upload(content: bytes) -> Image:
    """Return a sent picture as RGB, the right way up. Raises DatasetError, for too many pixels before any is decoded."""
    try:
        return _decoded(content)
    except (OSError, SyntaxError, ValueError, EOFError, *_BOMBS) as error:
        raise DatasetError(
            f"the picture cannot be read ({str(error)[:200]}). Send the bytes of a JPEG, PNG, WebP or BMP file."
        ) from error


def _decoded(content: bytes) -> Image:
    with PillowImage.open(io.BytesIO(content), formats=_FORMATS) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise DatasetError(f"the picture has {width} × {height} pixels, at most {MAX_PIXELS} are taken")
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
