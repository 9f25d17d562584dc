"""A z-buffer in NumPy: the depth of a shape, and which triangle is seen, in the small square pictures that poses are found in."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from partsight.pose.shapes.shape import PartShape
from partsight.structures.arrays import Float32Array, FloatArray, IntArray
from partsight.structures.world.transform import Transform, moved

_NEAREST = 1e-3
"""Of the diameter: what is nearer to the camera's plane is not drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What a pinhole sees whose optical axis goes through the middle of a square picture."""

    depth_m: Float32Array
    """(S, S) along the optical axis, infinite where nothing is."""
    triangle_ids: IntArray
    """(S, S), −1 where nothing is."""


def pixels_of(points_m: FloatArray, focal_px: float, size_px: int) -> FloatArray:
    """Return (…, 2) pixel coordinates of (…, 3) points in camera axes."""
    pixels: FloatArray = points_m[..., :2] * (focal_px / points_m[..., 2:]) + size_px / 2
    return pixels


def draw_shape(shape: PartShape, camera_from_part: Transform, focal_px: float, size_px: int) -> Drawing:
    """Draw a shape, from both sides of its triangles unless it is closed; those that reach behind the camera are left out."""
    points = moved(camera_from_part, shape.vertices_m)
    corners = points[shape.triangles]
    numbers = np.flatnonzero(corners[:, :, 2].min(axis=1) > _NEAREST * shape.diameter_m)
    corners = corners[numbers]
    pixels = pixels_of(corners, focal_px, size_px)
    planes, kept = _planes(pixels, 1 / corners[:, :, 2], fronts_only=shape.is_closed)
    return _nearest(planes, _candidates(pixels[kept], size_px), numbers[kept], size_px)


def _planes(pixels: FloatArray, inverse_depths: FloatArray, *, fronts_only: bool) -> tuple[Float32Array, IntArray]:
    """Return (T, 3, 3) coefficients of x, y and 1 that give two barycentric coordinates and 1 / depth, and where they exist."""
    (ax, ay), (bx, by), (cx, cy) = (pixels[:, k].T for k in range(3))
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    kept = np.flatnonzero((-area if fronts_only else np.abs(area)) > 1e-9)
    one = np.stack([cy - ay, ax - cx, ay * cx - ax * cy], axis=1)
    two = np.stack([ay - by, bx - ax, ax * by - ay * bx], axis=1)
    one, two = one[kept] / area[kept, None], two[kept] / area[kept, None]
    first, second, third = (inverse_depths[kept, k, None] for k in range(3))
    depth = (second - first) * one + (third - first) * two
    depth[:, 2] += first[:, 0]
    return np.stack([one, two, depth], axis=1).astype(np.float32), kept


def _candidates(pixels: FloatArray, size_px: int) -> tuple[IntArray, IntArray, IntArray]:
    """Return rows, columns and triangle numbers of all pixel centers in the boxes around the triangles."""
    low = np.clip(np.ceil(pixels.min(axis=1) - 0.5), 0, size_px).astype(np.int64)
    high = np.clip(np.floor(pixels.max(axis=1) - 0.5) + 1, 0, size_px).astype(np.int64)
    widths, heights = np.maximum(high - low, 0).T
    counts = widths * heights
    owners = np.repeat(np.arange(len(pixels)), counts)
    steps = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    down, across = np.divmod(steps, widths[owners]) if len(owners) else (steps, steps)
    return low[owners, 1] + down, low[owners, 0] + across, owners


def _nearest(
    planes: Float32Array, candidates: tuple[IntArray, IntArray, IntArray], numbers: IntArray, size_px: int
) -> Drawing:
    """Keep the nearest of what covers each pixel center."""
    rows, columns, owners = candidates
    own, x, y = planes[owners], columns.astype(np.float32) + 0.5, rows.astype(np.float32) + 0.5
    one, two, inverse = (own[:, k, 0] * x + own[:, k, 1] * y + own[:, k, 2] for k in range(3))
    inside = (one >= -1e-5) & (two >= -1e-5) & (one + two <= 1 + 1e-5)
    places, inverse, owners = (rows * size_px + columns)[inside], inverse[inside], owners[inside]
    best = np.zeros(size_px * size_px, np.float32)
    np.maximum.at(best, places, inverse)
    seen: npt.NDArray[np.int64] = np.full(size_px * size_px, -1)
    wins = inverse == best[places]
    seen[places[wins]] = numbers[owners[wins]]
    with np.errstate(divide="ignore"):
        depth = np.where(best > 0, 1 / best, np.inf).astype(np.float32)
    return Drawing(depth.reshape(size_px, size_px), seen.reshape(size_px, size_px))
