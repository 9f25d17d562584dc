"""Poses in which a rigid body rests on a plane without physics: on facets of its convex hull that support its center of mass.

Each pose is as likely as its facet is large seen from the center of mass (its solid angle), a quasi-static estimate
(Goldberg et al. 1999, "Part pose statistics").
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from partsight.structures.arrays import FloatArray
from partsight.structures.world.part import Part


@dataclass(frozen=True, slots=True, eq=False)
class RestingPoses:
    """Convex hull points of a part and the rotations in which it rests."""

    hull_m: FloatArray
    """(N, 3) corners of the convex hull."""
    rotations: FloatArray
    """(P, 3, 3); after it, the supporting facet faces down."""
    probabilities: FloatArray
    """(P,)"""


@lru_cache(maxsize=256)
def _poses_of(part: "ByKey") -> RestingPoses:
    points = part.part.mesh.vertices_m
    try:
        hull = ConvexHull(points)
    except QhullError:
        return RestingPoses(points, np.eye(3)[None], np.ones(1))
    corners = points[hull.vertices]
    rotations, weights = _supported(hull, points)
    return RestingPoses(corners, rotations, weights / weights.sum())


def resting_poses(part: Part) -> RestingPoses:
    """Return a part's resting poses; flat or degenerate parts rest as they are drawn."""
    return _poses_of(ByKey(part))


class ByKey:
    """A part as a cache key: equal content, equal key."""

    __slots__ = ("part",)

    def __init__(self, part: Part) -> None:
        self.part = part

    def __hash__(self) -> int:
        return hash(self.part.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByKey) and other.part.key == self.part.key


def _supported(hull: ConvexHull, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return rotation and weight of every facet (coplanar triangles together) over which the center of mass stands."""
    center = _center_of_mass(points[hull.simplices])
    normals = hull.equations[:, :3]
    facets: dict[tuple[float, ...], list[int]] = {}
    for number, normal in enumerate(np.round(normals, 3) + 0.0):
        facets.setdefault(tuple(normal.tolist()), []).append(number)
    rotations, weights = [], []
    for members in facets.values():
        triangles = points[hull.simplices[members]] - center
        normal = normals[members[0]]
        if any(_is_over(triangle, normal) for triangle in triangles):
            rotations.append(_turned_down(normal))
            weights.append(sum(_solid_angle(triangle) for triangle in triangles))
    if not rotations:
        return np.eye(3)[None], np.ones(1)
    return np.stack(rotations), np.maximum(np.array(weights), 1e-12)


def _center_of_mass(triangles: FloatArray) -> FloatArray:
    """Return the centroid of the hull's volume."""
    inside = triangles.reshape(-1, 3).mean(axis=0)
    shifted = triangles - inside
    volumes = np.abs(np.linalg.det(shifted))
    centroids = shifted.sum(axis=1) / 4
    return np.asarray(inside + (centroids * volumes[:, None]).sum(axis=0) / max(volumes.sum(), 1e-30))


def _is_over(triangle: FloatArray, normal: FloatArray) -> bool:
    """Return whether the origin, moved along the normal, falls into the triangle."""
    edges = np.roll(triangle, -1, axis=0) - triangle
    sides = np.cross(edges, -triangle) @ normal
    tolerance = 1e-9 * float(np.abs(edges).max()) ** 2
    return bool((sides >= -tolerance).all() or (sides <= tolerance).all())


def _solid_angle(triangle: FloatArray) -> float:
    """Return the solid angle of a triangle seen from the origin (Van Oosterom and Strackee 1983)."""
    a, b, c = triangle
    lengths = np.linalg.norm(triangle, axis=1)
    volume = abs(float(np.dot(a, np.cross(b, c))))
    below = float(np.prod(lengths) + a @ b * lengths[2] + b @ c * lengths[0] + c @ a * lengths[1])
    return float(2 * np.arctan2(volume, below))


def _turned_down(normal: FloatArray) -> FloatArray:
    """Return a rotation that turns the normal to −z."""
    third = -normal
    helper = np.array([1.0, 0, 0]) if abs(third[0]) < 0.9 else np.array([0, 1.0, 0])
    first = np.cross(helper, third)
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(third, first), third])
