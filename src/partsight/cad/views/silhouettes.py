"""Outlines of parts from many directions: how alike two parts look, and what a simplification changes.

Orthographic, by ray casting. Parts are compared at one size, since a single camera cannot tell small and near from large and far.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import trimesh

from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.world.part import Part

NUM_DIRECTIONS = 48
RESOLUTION = 96


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


def sphere_directions(count: int) -> FloatArray:
    """Return unit vectors spread evenly over the sphere (Fibonacci lattice; Gonzalez 2010), as (count, 3)."""
    steps = np.arange(count) + 0.5
    z = 1 - 2 * steps / count
    angle = np.pi * (1 + np.sqrt(5)) * steps
    radius = np.sqrt(1 - z**2)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


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
    tried = [_at_scale(first, second, ratio**power) for power in (0.0, 0.5, 1.0)]
    masks, differences = min(tried, key=lambda outcome: float(outcome[1].mean()))
    return Likeness(masks, float(differences.mean()), differences, max(ratio, 1 / ratio))


def _at_scale(first: Silhouettes, second: Silhouettes, ratio: float) -> tuple[tuple[BoolArray, BoolArray], FloatArray]:
    """Return the outlines with the second `ratio` times as large as the first, and 1 − IoU for each direction."""
    a, b = (_shrunk(first.masks, 1 / ratio), second.masks) if ratio > 1 else (first.masks, _shrunk(second.masks, ratio))
    both, either = (a & b).sum(axis=(1, 2)), (a | b).sum(axis=(1, 2))
    return (a, b), 1 - both / np.maximum(either, 1)


def _shrunk(masks: BoolArray, factor: float) -> BoolArray:
    """Scale masks about their middle by a factor of at most 1 (nearest pixel)."""
    size = masks.shape[-1]
    source = np.floor((np.arange(size) + 0.5 - size / 2) / factor + size / 2).astype(int)
    inside = (source >= 0) & (source < size)
    kept = np.clip(source, 0, size - 1)
    shrunk: BoolArray = masks[:, kept][:, :, kept] & inside[None, :, None] & inside[None, None, :]
    return shrunk


def boundary_shift_px(first: Silhouettes, second: Silhouettes) -> float:
    """Return by how many pixels an outline moves at most (Hausdorff distance of the masks), over all directions."""
    from scipy.ndimage import distance_transform_edt

    pairs = zip(first.masks, second.masks, strict=True)
    return float(max(_one_sided(a, b, distance_transform_edt) for pair in pairs for a, b in (pair, pair[::-1])))


def _one_sided(first: BoolArray, second: BoolArray, distance: object) -> float:
    extra = first & ~second
    return float(distance(~second)[extra].max()) if extra.any() else 0.0  # type: ignore[operator]


def _mask(caster: object, direction: FloatArray, radius: float, resolution: int) -> BoolArray:
    right, up = view_axes(direction)
    steps = (np.arange(resolution) + 0.5) / resolution * 2 - 1
    columns, rows = np.meshgrid(steps, -steps)
    origins = radius * (columns[..., None] * right + rows[..., None] * up + 2.0 * direction)
    rays = np.broadcast_to(-direction, (resolution**2, 3))
    hits: BoolArray = caster.intersects_any(origins.reshape(-1, 3), rays).reshape(resolution, resolution)  # type: ignore[attr-defined]
    return hits


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
