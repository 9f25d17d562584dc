"""How far points lie from a surface of triangles.

A tree over points spread on the triangles proposes the nearest few; the distance to these triangles is exact
(Ericson, Real-time collision detection, 2005, section 5.1.5).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from partsight.structures.arrays import FloatArray, IntArray

_NUM_SPREAD = 30_000
_NUM_PROPOSED, _MANY_PROPOSED = 6, 64
_FEW = 0.05
_TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class SurfaceTriangles:
    """Triangles, and a tree that finds those near a point."""

    corners_m: FloatArray
    """(T, 3, 3)"""
    tree: Any
    triangle_ids: IntArray
    """Of each point in the tree."""

    def nearest_m(self, points_m: FloatArray, num_proposed: int = _NUM_PROPOSED) -> FloatArray:
        """Return the (N, 3) points of the surface that lie nearest to (N, 3) points."""
        count = min(num_proposed, len(self.triangle_ids))
        _, places = self.tree.query(points_m, k=count)
        ids = self.triangle_ids[np.reshape(places, (len(points_m), count))]
        repeated = np.repeat(points_m, count, axis=0)
        proposed = _nearest_on_triangles(repeated, self.corners_m[ids.ravel()])
        squared = ((proposed - repeated) ** 2).sum(axis=1).reshape(len(points_m), count)
        nearest: FloatArray = proposed.reshape(len(points_m), count, 3)[
            np.arange(len(points_m)), squared.argmin(axis=1)
        ]
        return nearest

    def distances_m(self, points_m: FloatArray, num_proposed: int = _NUM_PROPOSED) -> FloatArray:
        """Return the (N,) distances of (N, 3) points; never too small, seldom too large by as much as the points are spread."""
        distances: FloatArray = np.linalg.norm(self.nearest_m(points_m, num_proposed) - points_m, axis=1)
        return distances

    def are_within(self, points_m: FloatArray, limit_m: float) -> bool:
        """Return whether all points lie within a distance; the few that seem not to are looked at again among more triangles."""
        is_far = self.distances_m(points_m) > limit_m
        if is_far.sum() > _FEW * len(points_m) + 2:
            return False
        return bool(self.distances_m(points_m[is_far], _MANY_PROPOSED).max(initial=0.0) <= limit_m)


def surface_of(corners_m: FloatArray, rng: np.random.Generator) -> SurfaceTriangles:
    """Return triangles (T, 3, 3) with points spread over them: the more the larger, one at least."""
    triangle_ids, points = spread_points(corners_m, _NUM_SPREAD, rng)
    all_ids = np.concatenate([triangle_ids, np.arange(len(corners_m))])
    all_points = np.concatenate([points, corners_m.mean(axis=1)])
    return SurfaceTriangles(corners_m, cKDTree(all_points), all_ids)


def spread_points(corners_m: FloatArray, count: int, rng: np.random.Generator) -> tuple[IntArray, FloatArray]:
    """Return the triangles of points spread evenly over the area, and the points."""
    shares = areas_m2(corners_m)
    ends = np.cumsum(shares) / shares.sum()
    ids = np.searchsorted(ends, (np.arange(count) + rng.random(count)) / count).clip(max=len(corners_m) - 1)
    first, second = rng.random((2, count, 1))
    is_beyond = first + second > 1
    first, second = np.where(is_beyond, 1 - first, first), np.where(is_beyond, 1 - second, second)
    a, b, c = np.moveaxis(corners_m[ids], 1, 0)
    return ids.astype(np.int64), a + first * (b - a) + second * (c - a)


def areas_m2(corners_m: FloatArray) -> FloatArray:
    """Return the (T,) areas of triangles."""
    crosses = np.cross(corners_m[:, 1] - corners_m[:, 0], corners_m[:, 2] - corners_m[:, 0])
    areas: FloatArray = np.linalg.norm(crosses, axis=1) / 2
    return areas


def _nearest_on_triangles(points: FloatArray, corners: FloatArray) -> FloatArray:
    """Return (N, 3) the nearest points of as many triangles."""
    a, b, c = corners[:, 0], corners[:, 1], corners[:, 2]
    edges = np.stack([b - a, c - b, a - c])
    starts = np.stack([a, b, c])
    from_starts = points - starts
    lengths = np.maximum((edges * edges).sum(axis=2), _TINY)
    shares = np.clip((from_starts * edges).sum(axis=2) / lengths, 0, 1)
    on_edges = starts + shares[:, :, None] * edges
    nearest_edge = ((on_edges - points) ** 2).sum(axis=2).argmin(axis=0)
    normal = np.cross(edges[0], edges[1])
    squared = (normal * normal).sum(axis=1)
    is_above = ((np.cross(normal, edges) * from_starts).sum(axis=2) >= 0).all(axis=0) & (squared > 0)
    height = (from_starts[0] * normal).sum(axis=1) / np.maximum(squared, _TINY)
    on_plane = points - height[:, None] * normal
    nearest: FloatArray = np.where(is_above[:, None], on_plane, on_edges[nearest_edge, np.arange(len(points))])
    return nearest
