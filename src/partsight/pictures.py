"""Picture files: found, measured and read, always the right way up."""

import io
import os
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, ImageOps, UnidentifiedImageError
from PIL import Image as PillowImage

from partsight.errors import DatasetError
from partsight.structures.arrays import FloatArray, Image

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""Pictures that every stage can use, the detector's library included."""
HEIF_SUFFIXES = frozenset({".heic", ".heif"})
"""Pictures of phones that can be looked at and added, which makes JPEG files of them; they need the extra [heic]."""

MOST_PIXELS = 400_000_000
"""Phones take 200 million; more is taken for a bomb."""
PillowImage.MAX_IMAGE_PIXELS = MOST_PIXELS

_EXIF_ORIENTATION = 0x0112
_EXIF_TIME = r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)"
_QUARTER_TURNS = frozenset({5, 6, 7, 8})
"""EXIF orientations in which width and height change places (CIPA DC-008, tag 274)."""
_DAMAGE = (
    OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, OverflowError, MemoryError,
    struct.error, zlib.error, PillowImage.DecompressionBombError, PillowImage.DecompressionBombWarning,
)  # fmt: skip
"""What Pillow's decoders raise on damaged files."""
_DEPTHS = (8, 10, 12, 14, 16, 24, 32)
"""Bits that sensors deliver in larger containers."""
_BRIGHTEST_UNIT = 4.0
"""Floating-point pictures whose lightest value is at most this count from 0 to 1, with highlights above white."""
_DARKEST_DEEP = 16
"""Colors of 16 bits that stay below this once they are cut to 8 use 12 bits or fewer."""
_AS_TRAINERS_READ = {
    "JPEG": {"L", "RGB"},
    "MPO": {"L", "RGB"},
    "PNG": {"L", "RGB"},
    "BMP": {"L", "RGB"},
    "WEBP": {"RGB"},
}
"""Pillow's formats and modes that every trainer decodes to the same pixels as `read_picture`."""


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """What a picture says about the camera that took it."""

    taken_at: str | None
    """By the camera's own clock, as 2026-11-23T14:05:00."""
    camera: str | None
    focal_35mm: float | None
    """Focal length for a film of 36 × 24 mm, in millimeters."""


def read_picture(path: Path) -> Image:
    """Read a picture as (H, W, 3) RGB uint8, turned as its EXIF data say. Raises DatasetError naming the file.

    Gray values of more than 8 bits, and floating-point ones, are scaled to the range that their largest value falls into;
    what is transparent in parts lies on white.
    """
    with _opened(path) as picture:
        is_deep = _has_deep_colors(picture)
        pixels = _rgb_bytes(ImageOps.exif_transpose(picture))
    if is_deep and pixels.max(initial=0) < _DARKEST_DEEP:
        raise DatasetError(
            f"{path}: colors of 16 bits of which 12 or fewer are used: they would be read as nearly black. "
            "Save it with 8 bits a channel."
        )
    return pixels


def is_read_alike(path: Path) -> bool:
    """Return whether trainers read the same pixels from a file as `read_picture`: plain 8-bit pictures that need no turning.

    JPEG files may be turned by EXIF, which all trainers here follow. Raises DatasetError.
    """
    with _opened(path) as picture:
        modes = _AS_TRAINERS_READ.get(picture.format or "", set())
        is_upright = picture.format in {"JPEG", "MPO"} or _orientation(picture) == 1
        return picture.mode in modes and is_upright and "transparency" not in picture.info


def png_bytes(image: Image) -> bytes:
    """Return an RGB picture as a PNG file."""
    stream = io.BytesIO()
    PillowImage.fromarray(image).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def jpeg_bytes(image: Image, quality: int, *, is_color_full: bool = False) -> bytes:
    """Return an RGB picture as a JPEG file, its color at half the resolution or full."""
    stream = io.BytesIO()
    PillowImage.fromarray(image).save(stream, "JPEG", quality=quality, subsampling=0 if is_color_full else -1)
    return stream.getvalue()


def reduced(image: Image, longer_px: int) -> Image:
    """Return an RGB picture whose longer side has at most so many pixels."""
    picture = PillowImage.fromarray(image)
    picture.thumbnail((longer_px, longer_px))
    return np.asarray(picture)


def picture_size(path: Path) -> tuple[int, int]:
    """Return (width, height) as `read_picture` gives them, from the header alone. Raises DatasetError."""
    with _opened(path) as picture:
        width, height = picture.size
        # Pillow states TIFF files as they are once turned, all others as they are stored.
        is_turned = picture.format != "TIFF" and _orientation(picture) in _QUARTER_TURNS
    return (height, width) if is_turned else (width, height)


def stored_orientation(path: Path) -> int:
    """Return the EXIF orientation, 1…8, by which a picture is turned when it is read. Raises DatasetError."""
    with _opened(path) as picture:
        return _orientation(picture)


def read_camera_facts(path: Path) -> CameraFacts:
    """Read what a picture's EXIF data say about the camera; what they do not say is None. Raises DatasetError."""
    with _opened(path) as picture:
        exif = picture.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
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
    paths = pictures_below(folder)
    if not paths:
        raise DatasetError(f"{folder}: no pictures. Expected files ending in {', '.join(sorted(PICTURE_SUFFIXES))}.")
    return sorted(paths, key=lambda path: name_order(path.relative_to(folder).as_posix()))


def pictures_below(folder: Path) -> list[Path]:
    """Return all picture files below a folder, linked folders included, hidden ones not, by path."""
    return [path for path in files_below(folder) if path.suffix.lower() in PICTURE_SUFFIXES]


def files_below(folder: Path) -> list[Path]:
    """Return all files below a folder by path: linked folders are followed once; hidden files and `__MACOSX` are passed over."""
    found: list[Path] = []
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        # A link to a folder above would be walked for ever.
        folders[:] = [] if real in seen else sorted(name for name in folders if not _is_hidden(name))
        found += [] if real in seen else [Path(place, name) for name in files if not _is_hidden(name)]
        seen.add(real)
    return sorted(path for path in found if path.is_file())


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def name_order(name: str) -> list[tuple[int, str]]:
    """Return a sort key that orders names as people do: frame_2 before frame_10."""
    return [(int(digits), "") if digits else (-1, text) for digits, text in re.findall(r"([0-9]+)|([^0-9]+)", name)]


@contextmanager
def _opened(path: Path) -> Iterator[PillowImage.Image]:
    """Open a picture; what is wrong with its file comes out as one DatasetError naming it."""
    if path.suffix.lower() in HEIF_SUFFIXES:
        _let_pillow_read_heif(path)
    try:
        with PillowImage.open(path) as picture:
            _check_pixels(picture)
            yield picture
    except _DAMAGE as error:
        raise _unreadable(path, error) from error


def _check_pixels(picture: PillowImage.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise ValueError(f"it states {picture.width} × {picture.height} pixels, more than any camera has")


def _has_deep_colors(picture: Any) -> bool:
    """Return whether a file holds colors of 16 bits, of which Pillow keeps the upper 8."""
    tiles = getattr(picture, "tile", None) or []
    return picture.mode in {"RGB", "RGBA"} and any(";16" in str(tile[3]) for tile in tiles)


def _orientation(picture: PillowImage.Image) -> int:
    stated = picture.getexif().get(_EXIF_ORIENTATION)
    return stated if isinstance(stated, int) and stated in range(1, 9) else 1


def _rgb_bytes(picture: PillowImage.Image) -> Image:
    if picture.mode in {"F", "I"} or picture.mode.startswith("I;"):
        return np.repeat(_gray_bytes(np.asarray(picture))[:, :, None], 3, axis=2)
    if "A" in picture.getbands() or "transparency" in picture.info:
        return _on_white(picture.convert("RGBA"))
    return np.asarray(picture.convert("RGB"))


def _gray_bytes(values: Any) -> Image:
    """Return (H, W) uint8 from gray values of any range; what is not a number is black."""
    light: FloatArray = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    brightest = float(light.max(initial=0.0))
    if values.dtype.kind == "f" and brightest <= _BRIGHTEST_UNIT:
        white = 1.0
    else:
        white = float(2 ** next((bits for bits in _DEPTHS if brightest < 2**bits), _DEPTHS[-1]) - 1)
    scaled: Image = np.clip(np.rint(light * (255 / white)), 0, 255).astype(np.uint8)
    return scaled


def _on_white(picture: PillowImage.Image) -> Image:
    """Return RGB over white; an alpha channel of one value says nothing and is dropped."""
    lowest, highest = picture.getchannel("A").getextrema()
    if lowest == highest:
        return np.asarray(picture.convert("RGB"))
    white = PillowImage.new("RGBA", picture.size, (255, 255, 255, 255))
    return np.asarray(PillowImage.alpha_composite(white, picture).convert("RGB"))


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
    why = "its format is not known" if isinstance(error, UnidentifiedImageError) else error
    return DatasetError(
        f"{path}: not a readable picture ({why}). Copy it again from its source, or delete it and its labels."
    )
