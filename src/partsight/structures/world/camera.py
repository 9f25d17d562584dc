"""The camera: intrinsics, lens, pose, projection and its inverse."""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray, locked
from partsight.structures.world.lens import Lens, bent, straightened
from partsight.structures.world.transform import Transform, inverse, moved


@dataclass(frozen=True, slots=True)
class Intrinsics:
    """Picture size and focal length in pixels; square pixels, principal point in continuous pixel coordinates.

    Without a lens it is a pinhole: straight lines stay straight.
    """

    size_wh: tuple[int, int]
    focal_px: float
    principal_point_px: tuple[float, float]
    lens: Lens | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """A camera at a pose (OpenCV axes: x right, y down, z forward)."""

    intrinsics: Intrinsics
    world_from_camera: Transform

    def __post_init__(self) -> None:
        object.__setattr__(self, "world_from_camera", locked(self.world_from_camera, np.float64, (4, 4)))


def centered_intrinsics(size_wh: tuple[int, int], focal_px: float) -> Intrinsics:
    """Return intrinsics whose principal point is the middle of the picture."""
    return Intrinsics(size_wh, focal_px, (size_wh[0] / 2, size_wh[1] / 2))


def pixels_at(intrinsics: Intrinsics, offsets: FloatArray) -> FloatArray:
    """Return the (…, 2) pixel coordinates at which straight offsets from the optical axis at depth 1 are seen."""
    seen = offsets if intrinsics.lens is None else bent(intrinsics.lens, offsets)
    pixels: FloatArray = seen * intrinsics.focal_px + intrinsics.principal_point_px
    return pixels


def offsets_at(intrinsics: Intrinsics, pixels: FloatArray) -> FloatArray:
    """Return the (…, 2) straight offsets from the optical axis at depth 1 that are seen at pixel coordinates."""
    seen: FloatArray = (pixels - np.asarray(intrinsics.principal_point_px)) / intrinsics.focal_px
    return seen if intrinsics.lens is None else straightened(intrinsics.lens, seen)


def farthest_corner(intrinsics: Intrinsics) -> float:
    """Return how far from the optical axis, at depth 1, the picture's farthest corner is seen."""
    (width, height), (across, down) = intrinsics.size_wh, intrinsics.principal_point_px
    return float(np.hypot(max(across, width - across), max(down, height - down))) / intrinsics.focal_px


def project(camera: Camera, points_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Project (N, 3) world points to (N, 2) pixel coordinates and (N,) depths in meters along the optical axis.

    Points at or behind the camera plane have depth ≤ 0 and NaN coordinates.
    """
    in_camera = moved(inverse(camera.world_from_camera), points_m)
    depth = in_camera[:, 2]
    safe = np.where(depth > 0, depth, np.nan)[:, None]
    return pixels_at(camera.intrinsics, in_camera[:, :2] / safe), depth


def unproject(camera: Camera, pixels: FloatArray, depth_m: FloatArray) -> FloatArray:
    """Return the (N, 3) world points seen at (N, 2) pixel coordinates at (N,) depths along the optical axis."""
    offsets = offsets_at(camera.intrinsics, pixels)
    in_camera = np.concatenate([offsets, np.ones((len(pixels), 1))], axis=1) * depth_m[:, None]
    return moved(camera.world_from_camera, in_camera)


def pixel_rays(camera: Camera, pixels: FloatArray) -> FloatArray:
    """Return the (N, 3) unit directions, in world axes, of the rays through (N, 2) pixel coordinates."""
    offsets = offsets_at(camera.intrinsics, pixels)
    in_camera = np.concatenate([offsets, np.ones((len(pixels), 1))], axis=1)
    rays: FloatArray = in_camera @ camera.world_from_camera[:3, :3].T
    unit: FloatArray = rays / np.linalg.norm(rays, axis=1, keepdims=True)
    return unit


def pixel_centers(size_wh: tuple[int, int]) -> FloatArray:
    """Return the (H·W, 2) pixel coordinates of all pixel centers, row by row."""
    columns, rows = np.meshgrid(np.arange(size_wh[0]) + 0.5, np.arange(size_wh[1]) + 0.5)
    return np.stack([columns.ravel(), rows.ravel()], axis=1)
