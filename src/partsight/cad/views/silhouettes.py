"""Outlines of parts from many directions: how alike two parts look, and what a simplification changes.

Orthographic, by ray casting. Parts are compared at one size, since a single camera cannot tell small and near from large and far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import trimesh

from partsight.structures.arrays import BoolArray, FloatArray, Image, IntArray
from partsight.structures.world.part import Part

NUM_DIRECTIONS = 48
RESOLUTION = 96
SAME_SIZE = 1e-3
"""Sizes that differ by less than this share are one."""


@dataclass(frozen=True, slots=True, eq=False)
class Silhouettes:
    """Masks of one part, all at the scale at which its bounding sphere fills the picture."""

    masks: BoolArray
    """(D, N, N)"""
    directions: FloatArray
    """(D, 3) unit vectors from the part to the viewer."""
    radius_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """How much two parts' outlines differ, seen from the same directions, at the scale at which they differ least."""

    masks: tuple[BoolArray, BoolArray]
    """The outlines at that scale, (D, N, N) each."""
    mean_difference: float
    """1 − IoU of the outlines, mean over directions."""
    differences: FloatArray
    """(D,)"""
    size_ratio: float
    """Size of the larger part in terms of the smaller."""


def draw_silhouettes(part: Part, directions: FloatArray, resolution: int = RESOLUTION) -> Silhouettes:
    """Return the outlines of a part, as (D, resolution, resolution) masks."""
    mesh = trimesh.Trimesh(part.mesh.vertices_m, part.mesh.triangles, process=False)
    caster = trimesh.ray.ray_pyembree.RayMeshIntersector(mesh)
    radius = float(np.linalg.norm(part.mesh.vertices_m, axis=1).max())
    masks = np.stack([_mask(caster, direction, radius, resolution) for direction in directions])
    return Silhouettes(masks, directions, radius)


def compare_silhouettes(first: Silhouettes, second: Silhouettes) -> Likeness:
    """Return how much two parts differ at best; both must be drawn from the same directions.

    Tried: at equal bounding spheres, at their true sizes, and halfway between.
    """
    ratio = second.radius_m / first.radius_m
    tried = [_at_scale(first, second, scale) for scale in scales_tried(ratio)]
    masks, differences = min(tried, key=lambda outcome: float(outcome[1].mean()))
    return Likeness(masks, float(differences.mean()), differences, max(ratio, 1 / ratio))


def scales_tried(ratio: float) -> tuple[float, ...]:
    """Return how many times as large the second of two parts is drawn, for the ratio of their sizes."""
    return (1.0,) if abs(ratio - 1) < SAME_SIZE else (1.0, ratio**0.5, ratio)


def _at_scale(first: Silhouettes, second: Silhouettes, ratio: float) -> tuple[tuple[BoolArray, BoolArray], FloatArray]:
    """Return the outlines with the second `ratio` times as large as the first, and 1 − IoU for each direction."""
    a, b = (shrunk(first.masks, 1 / ratio), second.masks) if ratio > 1 else (first.masks, shrunk(second.masks, ratio))
    packed_a, packed_b = np.packbits(a, axis=2), np.packbits(b, axis=2)
    both, either = _num_set(packed_a & packed_b), _num_set(packed_a | packed_b)
    return (a, b), 1 - both / np.maximum(either, 1)


def _num_set(packed: Image) -> IntArray:
    """Return the number of bits set for each direction."""
    counted: IntArray = np.bitwise_count(packed).sum(axis=(1, 2), dtype=np.int64)
    return counted


def shrunk(masks: BoolArray, factor: float) -> BoolArray:
    """Scale masks about their middle by a factor of at most 1 (nearest pixel)."""
    if factor == 1.0:
        return masks
    size = masks.shape[-1]
    source = np.floor((np.arange(size) + 0.5 - size / 2) / factor + size / 2).astype(int)
    inside = np.flatnonzero((source >= 0) & (source < size))
    smaller = np.zeros_like(masks)
    low, high = (inside[0], inside[-1] + 1) if len(inside) else (0, 0)  # of a speck no pixel is left
    rows = np.take(masks, source[low:high], axis=1)
    smaller[:, low:high, low:high] = np.take(rows, source[low:high], axis=2)
    return smaller


def boundary_shift_px(first: Silhouettes, second: Silhouettes) -> float:
    """Return by how many pixels an outline moves at most (Hausdorff distance of the masks), over all directions."""
    from scipy.ndimage import distance_transform_edt

    pairs = zip(first.masks, second.masks, strict=True)
    return float(max(_one_sided(a, b, distance_transform_edt) for pair in pairs for a, b in (pair, pair[::-1])))


def _one_sided(first: BoolArray, second: BoolArray, distance: object) -> float:
    extra = first & ~second
    return float(distance(~second)[extra].max()) if extra.any() else 0.0  # type: ignore[operator]


def _mask(caster: object, direction: FloatArray, radius: float, resolution: int) -> BoolArray:
    """Return the outline from one direction; rays that pass the bounding sphere by are not cast."""
    unit_rays = _unit_rays if resolution <= RESOLUTION else _unit_rays.__wrapped__
    within, origins = unit_rays(tuple(direction.tolist()), resolution)
    mask = np.zeros(resolution**2, bool)
    rays = np.broadcast_to(-direction, origins.shape)
    mask[within] = caster.intersects_any(origins * radius, rays)  # type: ignore[attr-defined]
    return mask.reshape(resolution, resolution)


@lru_cache(maxsize=4 * NUM_DIRECTIONS)
def _unit_rays(direction: tuple[float, float, float], resolution: int) -> tuple[IntArray, FloatArray]:
    """Return which pixels lie within the circle of a ball of radius 1, and where their rays start."""
    right, up = view_axes(np.array(direction))
    steps = (np.arange(resolution) + 0.5) / resolution * 2 - 1
    columns, rows = np.meshgrid(steps, -steps)
    within = np.flatnonzero(np.hypot(columns, rows) <= 1)
    columns, rows = columns.ravel()[within, None], rows.ravel()[within, None]
    return within, columns * right + rows * up + 2.0 * np.array(direction)


def view_axes(direction: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the viewer's right and up; up is z where that can be."""
    pole = np.array([0.0, 1.0, 0.0]) if abs(direction[2]) > 0.999 else np.array([0.0, 0.0, 1.0])
    right = np.cross(pole, direction)
    right /= np.linalg.norm(right)
    return right, np.cross(direction, right)


def name_direction(direction: Sequence[float]) -> str:
    """Say where the viewer stands: 'front right, above' (x is right, −y is front, z is up)."""
    x, y, z = direction
    words = []
    if np.hypot(x, y) > 0.35:
        angle = np.degrees(np.arctan2(x, -y)) % 360
        names = ("front", "front right", "right", "back right", "back", "back left", "left", "front left")
        words.append(names[int((angle + 22.5) // 45) % 8])
    if abs(z) > 0.35:
        words.append("above" if z > 0 else "below")
    return ", ".join(words)
