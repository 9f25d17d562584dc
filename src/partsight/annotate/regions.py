"""Rectangles of pixels: where an instance can be seen, inside the picture and beyond its borders.

┌──────────────────────────────┐ window: the picture and `BEYOND_PICTURES` pictures to each side
│        ┌─────────┐           │
│        │ picture │           │
│        │    ┌────┼───┐       │
│        └────┼────┘   │ region of one instance = inside + up to four outside bands
│             └────────┘       │
└──────────────────────────────┘
"""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray
from partsight.structures.world.camera import Intrinsics, pixels_at

BEYOND_PICTURES = 4
"""The 'picture without borders' ends this many picture sizes beyond each border."""

_NEAREST_M = 1e-6
"""Vertices nearer to the camera plane than this are taken as behind it."""
_MARGIN_PX = 1
"""Room for rounding around a projected box."""


@dataclass(frozen=True, slots=True)
class Region:
    """Pixels `left ≤ column < right`, `top ≤ row < bottom`."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def num_px(self) -> int:
        """Number of pixels; 0 where the edges cross."""
        return max(0, self.right - self.left) * max(0, self.bottom - self.top)


def picture_region(intrinsics: Intrinsics) -> Region:
    """Return the pixels of the picture."""
    return Region(0, 0, *intrinsics.size_wh)


def projected_region(points_m: FloatArray, intrinsics: Intrinsics) -> Region | None:
    """Return the window's pixels that can see the hull of (N, 3) points in camera axes, or None where none can.

    When some of the points lie behind the camera plane, the hull can be anywhere in the window: all of it is returned.
    """
    window = _window(intrinsics)
    in_front = points_m[:, 2] > _NEAREST_M
    if not in_front.any():
        return None
    if not in_front.all():
        return window
    offsets = points_m[:, :2] / points_m[:, 2:]
    pixels = pixels_at(intrinsics, _extremes(offsets.min(axis=0), offsets.max(axis=0)))
    low = np.floor(pixels.min(axis=0)) - _MARGIN_PX
    high = np.ceil(pixels.max(axis=0)) + _MARGIN_PX
    corners = np.clip([*low, *high], [window.left, window.top] * 2, [window.right, window.bottom] * 2)
    region = Region(*(int(corner) for corner in corners))
    return region if region.num_px else None


def _extremes(low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the (9, 2) points of a rectangle among which every radial lens finds its leftmost, topmost, rightmost and lowest.

    A lens shows what lies at (x, y) at (x g, y g), and g rises or falls with x² + y²: along an edge the extremes of x g are
    where the edge ends or comes nearest to the axis.
    """
    nearest = np.clip(0.0, low, high)
    xs, ys = np.stack([low, nearest, high], axis=1)
    return np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)


def common(one: Region, other: Region) -> Region:
    """Return the pixels in both regions."""
    low = max(one.left, other.left), max(one.top, other.top)
    return Region(*low, max(low[0], min(one.right, other.right)), max(low[1], min(one.bottom, other.bottom)))


def outside(region: Region, hole: Region) -> list[Region]:
    """Return the up to four bands of a region that lie outside a hole."""
    inner = common(region, hole)
    if not inner.num_px:
        inner = Region(region.left, region.bottom, region.left, region.bottom)
    bands = [
        Region(region.left, region.top, region.right, inner.top),
        Region(region.left, inner.bottom, region.right, region.bottom),
        Region(region.left, inner.top, inner.left, inner.bottom),
        Region(inner.right, inner.top, region.right, inner.bottom),
    ]
    return [band for band in bands if band.num_px]


def _window(intrinsics: Intrinsics) -> Region:
    width, height = intrinsics.size_wh
    across, down = BEYOND_PICTURES * width, BEYOND_PICTURES * height
    return Region(-across, -down, width + across, height + down)
