"""Where the camera stands: the focus object has a drawn size in the picture and lies a drawn way off its middle."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from partsight.config.sections.randomize import CameraSection, Choices
from partsight.errors import SceneError
from partsight.randomize.streams import log_uniform
from partsight.structures.arrays import FloatArray
from partsight.structures.world.camera import Camera, centered_intrinsics, farthest_corner
from partsight.structures.world.lens import corner_lens
from partsight.structures.world.transform import look_at

BOX_TO_DIAGONAL = 0.72
"""Mean ratio of the longer side of an object's box in the picture to its bounding-box diagonal, over random views."""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A camera and how far from the focus object it stands."""

    camera: Camera
    distance_m: float


def sample_viewpoint(
    rng: np.random.Generator, section: CameraSection, size_wh: tuple[int, int], focus_m: FloatArray, diagonal: float
) -> Viewpoint:
    """Draw a camera that sees an object of this diagonal, in meters, at `focus_m`."""
    focal_px, distance = _sample_distance(rng, section, size_wh, diagonal)
    azimuth, elevation = rng.uniform(0, 2 * np.pi), np.deg2rad(rng.uniform(*section.elevation_deg))
    return _sample_aim(rng, section, size_wh, focus_m, (focal_px, distance, azimuth, elevation))


def sample_walk_viewpoint(
    rng: np.random.Generator,
    section: CameraSection,
    size_wh: tuple[int, int],
    focus_m: FloatArray,
    diagonal: float,
    stance: tuple[float, float],
) -> Viewpoint:
    """Draw a camera at this stance: azimuth in radians, and eye height in meters, as far as distance and elevation allow."""
    focal_px, distance = _sample_distance(rng, section, size_wh, diagonal)
    lowest, highest = np.sin(np.deg2rad(section.elevation_deg))
    elevation = float(np.arcsin(np.clip((stance[1] - focus_m[2]) / distance, lowest, highest)))
    return _sample_aim(rng, section, size_wh, focus_m, (focal_px, distance, stance[0], elevation))


def put_on_lens(rng: np.random.Generator, section: CameraSection, camera: Camera) -> Camera:
    """Return the camera with a drawn lens, or as it is where the recipe wants none."""
    if section.distortion == (0.0, 0.0):
        return camera
    lens = corner_lens(float(rng.uniform(*section.distortion)), farthest_corner(camera.intrinsics))
    return replace(camera, intrinsics=replace(camera.intrinsics, lens=lens))


def _sample_distance(
    rng: np.random.Generator, section: CameraSection, size_wh: tuple[int, int], diagonal: float
) -> tuple[float, float]:
    """Draw a focal length in pixels and the distance at which the object has a drawn size."""
    focal_px = float(rng.uniform(*_stated(section.focal, "focal"))) * size_wh[0]
    size_px = _sample_size(rng, section) * max(size_wh)
    return focal_px, max(focal_px * BOX_TO_DIAGONAL * diagonal / size_px, 0.75 * diagonal)


def _sample_size(rng: np.random.Generator, section: CameraSection) -> float:
    """Draw a size as a share of the longer side: between neighbors of the stated sizes, or from the range."""
    if not isinstance(section.object_size, Choices):
        return log_uniform(rng, *_stated(section.object_size, "object_size"))
    logs = np.log(np.sort(section.object_size.choices))
    return float(np.exp(np.interp(rng.random(), np.linspace(0, 1, len(logs)), logs)))


def _stated(bounds: tuple[float, float] | Literal["photos"], key: str) -> tuple[float, float]:
    if bounds == "photos":
        raise SceneError(f'randomize.camera.{key} = "photos": expected a range; the pipeline measures the photos first')
    return bounds


def _sample_aim(
    rng: np.random.Generator,
    section: CameraSection,
    size_wh: tuple[int, int],
    focus_m: FloatArray,
    place: tuple[float, float, float, float],
) -> Viewpoint:
    """Draw roll and aim of a camera at this place: focal length in pixels, distance, azimuth and elevation in radians."""
    focal_px, distance, azimuth, elevation = place
    direction = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    roll_deg = float(rng.uniform(*section.roll_deg))
    aimed = look_at(focus_m + direction * distance, focus_m, roll_deg)
    off_px = rng.uniform(-1, 1, 2) * section.off_center * np.asarray(size_wh) / 2
    target = focus_m - aimed[:3, :2] @ (off_px * distance / focal_px)
    camera = Camera(centered_intrinsics(size_wh, focal_px), look_at(focus_m + direction * distance, target, roll_deg))
    return Viewpoint(camera, float(distance))
