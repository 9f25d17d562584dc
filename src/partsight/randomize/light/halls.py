"""Procedural rooms as light: box-shaped halls, workshops and offices seen from a place inside them."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from partsight.randomize.looks.textures import fractal_noise, sample_color
from partsight.randomize.streams import chance, log_uniform
from partsight.structures.arrays import BoolArray, Float32Array, FloatArray, IntArray
from partsight.structures.world.material import linear_from_srgb

FLOOR, CEILING = 4, 5
"""Numbers of faces; 0…3 are the walls towards −x, +x, −y, +y."""
WARM, COLD = np.array([1.35, 0.97, 0.55]), np.array([0.85, 1.0, 1.2])
"""Linear colors of an incandescent lamp and of daylight, of mean about 1."""
KINDS = (
    # half width, half depth, half height in meters; lamp sides; lamp pitch
    ((6, 25), (6, 25), (2.5, 6), (0.3, 1.5), (3, 8)),
    ((2.5, 6), (2.5, 8), (1.3, 2), (0.15, 1.5), (1.2, 3.5)),
    ((1.8, 4), (1.8, 6), (1.2, 1.5), (0.3, 1.2), (1.2, 2.4)),
)
"""Halls, workshops, offices."""


@dataclass(frozen=True, slots=True, eq=False)
class _Room:
    """What each pixel of the map sees."""

    face: IntArray
    """(H, W) number of the face."""
    points_m: FloatArray
    """(H, W, 3) where on it."""
    half_m: FloatArray
    """(3,) half sides of the room."""


def sample_hall(rng: np.random.Generator, height_px: int) -> Float32Array:
    """Draw the (H, 2H, 3) radiance of a room with lamps, windows, furniture and pictures."""
    kind = KINDS[int(rng.integers(len(KINDS)))]
    room = _seen_room(rng, kind, height_px)
    radiance = _painted(rng, room)
    for _ in range(int(rng.integers(4, 24))):
        is_inside = _wall_rectangle(rng, room, int(rng.integers(4)), (0.04, 0.4), is_on_floor=chance(rng, 0.6))
        radiance[is_inside] = 0.35 * linear_from_srgb(sample_color(rng)) * rng.uniform(0.3, 1.0)
    _open_windows(rng, room, radiance)
    _hang_lamps(rng, room, radiance, kind)
    uneven = 0.7 + 0.6 * fractal_noise(rng, 2 * height_px, 1.5)[:height_px, :, None]
    smooth = ndimage.gaussian_filter(radiance * uneven, (0.6, 0.6, 0), mode=("nearest", "wrap", "nearest"))
    return np.asarray(smooth, np.float32)


def _seen_room(rng: np.random.Generator, kind: tuple[tuple[float, float], ...], height_px: int) -> _Room:
    half_m = np.array([rng.uniform(*sides) for sides in kind[:3]])
    eye_m = rng.uniform(-0.7, 0.7, 3) * half_m * [1, 1, 0]
    eye_m[2] = min(rng.uniform(0.6, 1.8), 1.6 * half_m[2]) - half_m[2]
    directions = _directions(height_px)
    reach = (np.sign(directions) * half_m - eye_m) / directions
    axis = reach.argmin(axis=2)
    is_far_side = np.take_along_axis(directions, axis[..., None], axis=2)[..., 0] > 0
    return _Room(2 * axis + is_far_side, eye_m + directions * reach.min(axis=2, keepdims=True), half_m)


def _directions(height_px: int) -> FloatArray:
    """Return the (H, 2H, 3) unit directions of the pixels of a map; none is parallel to an axis."""
    polar = (np.arange(height_px) + 0.5)[:, None] / height_px * np.pi
    azimuth = np.pi - (np.arange(2 * height_px) + 0.5)[None, :] / height_px * np.pi
    up = np.broadcast_to(np.cos(polar), (height_px, 2 * height_px))
    return np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), up], axis=2)


def _painted(rng: np.random.Generator, room: _Room) -> FloatArray:
    """Give walls, floor and ceiling their colors; walls are darker below, and have a band at times."""
    wall, floor, band = (linear_from_srgb(sample_color(rng)) * rng.uniform(0.1, 0.4) for _ in range(3))
    pale = 1 - rng.uniform(0.2, 0.8) * (1 - linear_from_srgb(sample_color(rng)))
    colors = np.stack([*(wall * rng.uniform(0.6, 1.2) for _ in range(4)), floor, pale * rng.uniform(0.1, 0.4)])
    radiance = colors[room.face] * (0.75 + 0.35 * room.points_m[..., 2:] / room.half_m[2])
    is_band = (room.face < FLOOR) & (room.points_m[..., 2] < room.half_m[2] * rng.uniform(-1.6, 0.2))
    radiance[is_band] = band
    return np.asarray(radiance)


def _hang_lamps(
    rng: np.random.Generator, room: _Room, radiance: FloatArray, kind: tuple[tuple[float, float], ...]
) -> None:
    """Put rows of panels, tubes or spots on the ceiling; now and then they are off."""
    pitch = np.array([rng.uniform(*kind[4]), rng.uniform(*kind[4])])
    panel = np.minimum([log_uniform(rng, 0.1, kind[3][1]), log_uniform(rng, *kind[3])], 0.8 * pitch)
    in_cell = np.abs((room.points_m[..., :2] + rng.uniform(size=2) * pitch) % pitch - pitch / 2)
    is_lamp = (room.face == CEILING) & (in_cell < panel / 2).all(axis=2)
    level = log_uniform(rng, 4, 60) if chance(rng, 0.85) else 0.3
    radiance[is_lamp] = (WARM + rng.uniform(0.2, 1) * (COLD - WARM)) * level


def _open_windows(rng: np.random.Generator, room: _Room, radiance: FloatArray) -> None:
    """Put panes between bars into one wall, at times with a roller gate's height."""
    side, level = int(rng.integers(4)), log_uniform(rng, 2, 30)
    for _ in range(int(rng.integers(0, 4))):
        is_pane = _wall_rectangle(rng, room, side, (0.1, 0.45), is_on_floor=chance(rng, 0.15))
        across, pitch = room.points_m[..., 1 - side // 2], rng.uniform(0.5, 1.5)
        is_bar = (across % pitch < 0.07) | (room.points_m[..., 2] % pitch < 0.07)
        radiance[is_pane & ~is_bar] = COLD * level * rng.uniform(0.7, 1.0)


def _wall_rectangle(
    rng: np.random.Generator, room: _Room, side: int, sizes: tuple[float, float], *, is_on_floor: bool
) -> BoolArray:
    """Return the mask of a rectangle on one wall, sized by shares of the room's half sides."""
    across, half = 1 - side // 2, np.array([log_uniform(rng, *sizes), log_uniform(rng, *sizes)])
    shares = room.points_m / room.half_m
    center = rng.uniform(-0.8, 0.8, 2)
    center[1] = half[1] - 1 if is_on_floor else center[1]
    is_across = np.abs(shares[..., across] - center[0]) < half[0]
    mask: BoolArray = (room.face == side) & is_across & (np.abs(shares[..., 2] - center[1]) < half[1])
    return mask
