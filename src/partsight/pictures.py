"""Picture files: found, measured and read, always the right way up."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, ImageOps
from PIL import Image as PillowImage

from partsight.errors import DatasetError
from partsight.structures.arrays import Image

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Pictures that every stage can use, the detector's library included."""
HEIF_SUFFIXES = frozenset({".heic", ".heif"})
"""Pictures of phones that can be looked at and added, which makes JPEG files of them; they need the extra [heic]."""

_EXIF_ORIENTATION = 0x0112
_EXIF_TIME = r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)"
_QUARTER_TURNS = frozenset({5, 6, 7, 8})
"""EXIF orientations in which width and height change places (CIPA DC-008, tag 274)."""


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """What a picture says about the camera that took it."""

    taken_at: str | None
    """By the camera's own clock, as 2026-11-23T14:05:00."""
    camera: str | None
    focal_35mm: float | None
    """Focal length for a film of 36 × 24 mm, in millimetres."""


def read_picture(path: Path) -> Image:
    """Read a picture as (H, W, 3) RGB uint8, turned as its EXIF data say. Raises DatasetError naming the file."""
    if path.suffix.lower() in HEIF_SUFFIXES:
        _let_pillow_read_heif(path)
    try:
        with PillowImage.open(path) as picture:
            return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
    except (OSError, SyntaxError, ValueError, PillowImage.DecompressionBombError) as error:
        raise _unreadable(path, error) from error


def jpeg_bytes(image: Image, quality: int, *, is_color_full: bool = False) -> bytes:
    """Return an RGB picture as a JPEG file, its color at half the resolution or full."""
    stream = io.BytesIO()
    PillowImage.fromarray(image).save(stream, "JPEG", quality=quality, subsampling=0 if is_color_full else -1)
    return stream.getvalue()


def picture_size(path: Path) -> tuple[int, int]:
    """Return (width, height) as `read_picture` gives them, from the header alone. Raises DatasetError."""
    try:
        with PillowImage.open(path) as picture:
            width, height = picture.size
            is_turned = picture.getexif().get(_EXIF_ORIENTATION) in _QUARTER_TURNS
    except (OSError, SyntaxError, ValueError, PillowImage.DecompressionBombError) as error:
        raise _unreadable(path, error) from error
    return (height, width) if is_turned else (width, height)


def read_camera_facts(path: Path) -> CameraFacts:
    """Read what a picture's EXIF data say about the camera; what they do not say is None. Raises DatasetError."""
    if path.suffix.lower() in HEIF_SUFFIXES:
        _let_pillow_read_heif(path)
    try:
        with PillowImage.open(path) as picture:
            exif = picture.getexif()
            details = exif.get_ifd(ExifTags.IFD.Exif)
    except (OSError, SyntaxError, ValueError, PillowImage.DecompressionBombError) as error:
        raise _unreadable(path, error) from error
    taken = str(details.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime) or "")
    names = (str(exif.get(tag) or "").strip(" \0") for tag in (ExifTags.Base.Make, ExifTags.Base.Model))
    focal = details.get(ExifTags.Base.FocalLengthIn35mmFilm)
    return CameraFacts(
        taken_at=re.sub(_EXIF_TIME, r"\1-\2-\3T\4", taken) if re.fullmatch(_EXIF_TIME, taken) else None,
        camera=" ".join(name for name in names if name) or None,
        focal_35mm=float(focal) if focal else None,
    )


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


def _let_pillow_read_heif(path: Path) -> None:
    """Register the decoder. Raises DatasetError when it is not installed."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError as error:
        raise DatasetError(
            f"{path}: HEIC pictures need one more package: pip install 'partsight[heic]', or export them as JPEG."
        ) from error
    register_heif_opener()


def _unreadable(path: Path, error: Exception) -> DatasetError:
    if isinstance(error, FileNotFoundError):
        return DatasetError(f"{path}: no such picture. Put it back, or delete its labels.")
    return DatasetError(
        f"{path}: not a readable picture ({error}). Copy it again from its source, or delete it and its labels."
    )
