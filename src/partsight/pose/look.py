"""A look at a box: what a pinhole would see that is turned towards the middle of the box, as a small square picture.

Lens and position in the picture are gone from it, so that all that follows knows one kind of picture: the part in the middle, at
one size, seen without distortion.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image as PillowImage

from partsight.structures.arrays import Float32Array, FloatArray, Image, locked
from partsight.structures.world.camera import Intrinsics, offsets_at, pixels_at
from partsight.structures.world.transform import Transform, rigid

MARGIN = 1.5
"""Side of the picture over the longer side of the box."""
_STEEPEST = 0.05
"""Least depth of a ray of unit depth in the picture: boxes that reach far around the camera are cut."""


@dataclass(frozen=True, slots=True, eq=False)
class CloseupFrame:
    """Where a look looks, before any picture."""

    focal_px: float
    size_px: int
    """Side of the square."""
    camera_from_look: Transform
    box_xyxy: FloatArray
    """(4,) around what the box shows, in pixels of the look."""


@dataclass(frozen=True, slots=True, eq=False)
class Closeup(CloseupFrame):
    """A square picture whose optical axis goes through its middle."""

    pixels: Float32Array
    """(S, S, 3) of 0…255."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", locked(self.pixels, np.float32, (self.size_px, self.size_px, 3)))


def look_at_box(image: Image, intrinsics: Intrinsics, box_xyxy: FloatArray, side_px: float) -> Closeup:
    """Return the look in which the longer side of a box has `side_px`; what lies outside of the picture is its edge, repeated."""
    view = turned_to_box(intrinsics, box_xyxy, side_px)
    turn = view.camera_from_look[:3, :3]
    pixels = _sampled(image, intrinsics, turn, focal=view.focal_px, size=view.size_px)
    return Closeup(view.focal_px, view.size_px, view.camera_from_look, view.box_xyxy, pixels)


def turned_to_box(intrinsics: Intrinsics, box_xyxy: FloatArray, side_px: float) -> CloseupFrame:
    """Return the view towards the middle of a box, in which its longer side has `side_px`."""
    left, top, right, bottom = np.asarray(box_xyxy, float)
    turn = _turn_to(offsets_at(intrinsics, np.array([[(left + right) / 2, (top + bottom) / 2]]))[0])
    rim = offsets_at(intrinsics, _rim(left, top, right, bottom))
    rays = np.column_stack([rim, np.ones(len(rim))]) @ turn
    flat = rays[:, :2] / np.maximum(rays[:, 2:], _STEEPEST)
    low, high = flat.min(axis=0), flat.max(axis=0)
    focal = side_px / max(*(high - low), 1e-9)
    size = round(side_px * MARGIN)
    return CloseupFrame(focal, size, rigid(turn, np.zeros(3)), np.concatenate([low, high]) * focal + size / 2)


def _turn_to(offset: FloatArray) -> FloatArray:
    """Return the smallest (3, 3) rotation that carries the optical axis to a straight offset at depth 1."""
    x, y, z = np.append(offset, 1.0) / np.linalg.norm(np.append(offset, 1.0))
    bend = 1 / (1 + z)
    turn: FloatArray = np.array(
        [[1 - x * x * bend, -x * y * bend, x], [-x * y * bend, 1 - y * y * bend, y], [-x, -y, z]]
    )
    return turn


def _rim(left: float, top: float, right: float, bottom: float) -> FloatArray:
    """Return points along the sides of a box."""
    steps = np.linspace(0, 1, 9)
    across, down = left + (right - left) * steps, top + (bottom - top) * steps
    sides = [
        (across, np.full(9, top)),
        (across, np.full(9, bottom)),
        (np.full(9, left), down),
        (np.full(9, right), down),
    ]
    return np.concatenate([np.column_stack(side) for side in sides])


def _sampled(image: Image, intrinsics: Intrinsics, turn: FloatArray, *, focal: float, size: int) -> Float32Array:
    """Return the look; where it is coarser than the picture, the picture is shrunk by a whole factor before."""
    steps = (np.arange(size) + 0.5 - size / 2) / focal
    across, down = np.meshgrid(steps, steps)
    rays = np.stack([across, down, np.ones_like(across)], axis=-1) @ turn.T
    places = pixels_at(intrinsics, rays[..., :2] / np.maximum(rays[..., 2:], 1e-6))
    step_px = float(np.ptp(places[size // 2, :, 0])) / size
    shrunk, left_top, factor = _shrunk(image, places, max(1, round(step_px)))
    return _bilinear(shrunk, (places - left_top) / factor)


def _shrunk(image: Image, places: FloatArray, factor: int) -> tuple[Image, FloatArray, int]:
    """Return the part of the picture in which (…, 2) places lie, shrunk, its left upper corner, and by how much it was."""
    height, width = image.shape[:2]
    limits = np.array([width, height])
    low = np.clip(np.floor(places.min(axis=(0, 1))) - 2 * factor, 0, limits - 1).astype(int)
    high = np.clip(np.ceil(places.max(axis=(0, 1))) + 2 * factor, low + 1, limits).astype(int)
    cut = image[low[1] : high[1], low[0] : high[0]]
    if factor == 1:
        return cut, low.astype(float), 1
    return np.asarray(PillowImage.fromarray(np.ascontiguousarray(cut)).reduce(factor)), low.astype(float), factor


def _bilinear(image: Image, pixels: FloatArray) -> Float32Array:
    """Return the picture at (…, 2) pixel coordinates; beyond its edge that is repeated."""
    height, width = image.shape[:2]
    x = np.clip(pixels[..., 0] - 0.5, 0, width - 1).astype(np.float32)
    y = np.clip(pixels[..., 1] - 0.5, 0, height - 1).astype(np.float32)
    column, row = np.minimum(x.astype(np.int64), max(width - 2, 0)), np.minimum(y.astype(np.int64), max(height - 2, 0))
    flat, place = image.reshape(-1, 3).astype(np.float32), row * width + column
    right, below = int(width > 1), width * int(height > 1)
    x, y = (x - column)[..., None], (y - row)[..., None]
    upper = flat[place] * (1 - x) + flat[place + right] * x
    lower = flat[place + below] * (1 - x) + flat[place + below + right] * x
    found: Float32Array = upper * (1 - y) + lower * y
    return found
