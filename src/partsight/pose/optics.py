"""What is known of the camera that took a picture: from a calibration file, from the picture's EXIF data, or as an estimate.

A focal length that is wrong by some percent puts a part too near or too far by as much, and turns it little.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partsight.errors import SourceError
from partsight.pictures import read_camera_facts
from partsight.structures.world.camera import Intrinsics, centered_intrinsics, farthest_corner
from partsight.structures.world.lens import Lens

_FILM_DIAGONAL_MM = 43.267
"""Of 36 × 24 mm: equivalent focal lengths compare diagonals (CIPA DCG-001)."""
_USUAL_MM = 28.0
"""Equivalent focal length of what is most met: main cameras of phones have 23 to 28 mm, webcams 26 to 35."""
_ESTIMATE_ERROR, _EXIF_ERROR, _CALIBRATED_ERROR = 0.25, 0.05, 0.005
"""Standard errors of focal lengths; EXIF has whole millimeters, and phones crop against shaking."""
_LEAST_FOCAL, _MOST_FOCAL = 0.1, 100.0
"""Of the picture's diagonal: lengths beyond are slips."""
_SQUARE = 0.02
"""Focal lengths across and down that differ by more are of no camera with square pixels."""
_SAME_ASPECT = 0.01


@dataclass(frozen=True, slots=True)
class KnownCamera:
    """Intrinsics, where they come from, and how far the focal length may be off."""

    intrinsics: Intrinsics
    source: str
    """The calibration file's name, EXIF, or estimated."""
    focal_error: float
    """Standard error, as a share."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a calibration file says, for pictures of its size; for others of the same shape it is scaled."""

    path: Path
    intrinsics: Intrinsics


def read_calibration(path: Path) -> Calibration:
    """Read a JSON file with width, height, fx, fy, cx, cy and, for a lens, k1: BOP's camera.json. Raises SourceError."""
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        values = {name: float(stated[name]) for name in ("width", "height", "fx", "fy", "cx", "cy")}
        k1 = float(stated.get("k1", 0))
        return Calibration(path, _intrinsics(values, k1))
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}). Expected a calibration file.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            f"{path}: no calibration ({type(error).__name__}: {error}). Expected a JSON object with width, height, fx, fy, cx, cy in "
            "pixels, and k1 where the lens bends straight lines."
        ) from error


def camera_of(
    size_wh: tuple[int, int], picture: Path | None = None, calibration: Calibration | None = None
) -> KnownCamera:
    """Return what is known of the camera of a picture of a size. Raises SourceError where the calibration is for another shape."""
    if calibration is not None:
        return KnownCamera(_scaled(calibration, size_wh), calibration.path.name, _CALIBRATED_ERROR)
    stated = None if picture is None else read_camera_facts(picture).focal_35mm
    if stated is not None and _LEAST_FOCAL < stated / _FILM_DIAGONAL_MM < _MOST_FOCAL:
        return KnownCamera(_by_film(size_wh, stated), "EXIF", _EXIF_ERROR)
    return KnownCamera(_by_film(size_wh, _USUAL_MM), "estimated", _ESTIMATE_ERROR)


def _by_film(size_wh: tuple[int, int], focal_35mm: float) -> Intrinsics:
    return centered_intrinsics(size_wh, focal_35mm / _FILM_DIAGONAL_MM * math.hypot(*size_wh))


def _intrinsics(values: dict[str, float], k1: float) -> Intrinsics:
    """Return checked intrinsics. Raises ValueError."""
    size = round(values["width"]), round(values["height"])
    focal = (values["fx"] + values["fy"]) / 2
    if not all(math.isfinite(one) for one in (*values.values(), k1)) or min(size) < 1:
        raise ValueError("a value is not a number, or the size is none")
    if not _LEAST_FOCAL < focal / math.hypot(*size) < _MOST_FOCAL:
        raise ValueError(f"a focal length of {focal:g} px for a picture of {size[0]} × {size[1]}")
    if abs(values["fx"] - values["fy"]) > _SQUARE * focal:
        raise ValueError(f"fx {values['fx']:g} and fy {values['fy']:g} differ; square pixels are expected")
    if not (0 < values["cx"] < size[0] and 0 < values["cy"] < size[1]):
        raise ValueError(f"the principal point {values['cx']:g}, {values['cy']:g} lies outside of the picture")
    return _bent(
        Intrinsics(size, focal, (values["cx"] + 0.5, values["cy"] + 0.5)), k1
    )  # files count from pixel centers


def _bent(pinhole: Intrinsics, k1: float) -> Intrinsics:
    """Return a camera with a lens; `edge` is the straight offset that the farthest corner shows. Raises ValueError."""
    if not k1:
        return pinhole
    seen = farthest_corner(pinhole)
    roots = np.roots([k1, 0.0, 1.0, -seen])
    straight = [float(root.real) for root in roots if abs(root.imag) < 1e-9 and root.real > 0]
    if not straight:
        raise ValueError(f"k1 = {k1:g} folds the picture")
    lens = Lens(k1, min(straight))
    return Intrinsics(pinhole.size_wh, pinhole.focal_px, pinhole.principal_point_px, lens)


def _scaled(calibration: Calibration, size_wh: tuple[int, int]) -> Intrinsics:
    known = calibration.intrinsics
    across, down = (new / old for new, old in zip(size_wh, known.size_wh, strict=True))
    if abs(across / down - 1) > _SAME_ASPECT:
        raise SourceError(
            f"{calibration.path}: is for pictures of {known.size_wh[0]} × {known.size_wh[1]}, found one of "
            f"{size_wh[0]} × {size_wh[1]}. "
            "Cut or turned pictures need a calibration of their own."
        )
    x, y = known.principal_point_px
    return Intrinsics(size_wh, known.focal_px * across, (x * across, y * down), known.lens)


def as_plain_camera(camera: KnownCamera) -> dict[str, Any]:
    """Return what results say about the camera."""
    return {
        "focal_px": round(camera.intrinsics.focal_px, 2),
        "principal_point_px": [round(value, 2) for value in camera.intrinsics.principal_point_px],
        "source": camera.source,
        "focal_error": camera.focal_error,
    }
