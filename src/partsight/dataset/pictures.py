"""Picture files: found, measured and read, always the right way up."""

import re
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage
from PIL import ImageOps

from partsight.errors import DatasetError
from partsight.structures.arrays import Image

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

_EXIF_ORIENTATION = 0x0112
_QUARTER_TURNS = frozenset({5, 6, 7, 8})
"""EXIF orientations in which width and height change places (CIPA DC-008, tag 274)."""


def read_picture(path: Path) -> Image:
    """Read a picture as (H, W, 3) RGB uint8, turned as its EXIF data say. Raises DatasetError naming the file."""
    try:
        with PillowImage.open(path) as picture:
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    except (OSError, SyntaxError, ValueError, PillowImage.DecompressionBombError) as error:
        raise _unreadable(path, error) from error


def picture_size(path: Path) -> tuple[int, int]:
    """Return (width, height) as `read_picture` gives them, from the header alone. Raises DatasetError."""
    try:
        with PillowImage.open(path) as picture:
            width, height = picture.size
            is_turned = picture.getexif().get(_EXIF_ORIENTATION) in _QUARTER_TURNS
    except (OSError, SyntaxError, ValueError, PillowImage.DecompressionBombError) as error:
        raise _unreadable(path, error) from error
    return (height, width) if is_turned else (width, height)


def list_pictures(folder: Path) -> list[Path]:
    """Return all picture files below a folder in name order (2 before 10). Raises DatasetError when there are none."""
    if not folder.is_dir():
        raise DatasetError(f"{folder}: no such folder. Expected a folder of pictures: check the path in the recipe.")
    paths = [path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()]
    if not paths:
        raise DatasetError(f"{folder}: no pictures. Expected files ending in {', '.join(sorted(PICTURE_SUFFIXES))}.")
    return sorted(paths, key=lambda path: name_order(path.relative_to(folder).as_posix()))


def name_order(name: str) -> list[tuple[int, str]]:
    """Return a sort key that orders names as people do: frame_2 before frame_10."""
    return [(int(digits), "") if digits else (-1, text) for digits, text in re.findall(r"([0-9]+)|([^0-9]+)", name)]


def _unreadable(path: Path, error: Exception) -> DatasetError:
    if isinstance(error, FileNotFoundError):
        return DatasetError(f"{path}: no such picture. Put it back, or delete its labels.")
    return DatasetError(
        f"{path}: not a readable picture ({error}). Copy it again from its source, or delete it and its labels."
    )
