"""Collision geometry of a part: its convex hull, or a few hulls of its sub-parts where a single one would fill large hollows."""

from functools import lru_cache

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial import ConvexHull, QhullError

from partsight.randomize.layouts.resting import ByKey
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.world.part import Part, diagonal_m

HOLLOW_RATIO = 2.0
"""Volume of the convex hull over that of the part, from which a part counts as hollow."""
MAX_HULLS = 16
"""Most hulls of one part; with more sub-parts, near ones share a hull."""
LEAST_THICKNESS = 2e-3
"""Thickness given to what is flat, as a share of the part's diagonal: a hull without volume cannot collide."""


def collision_hulls(part: Part) -> tuple[FloatArray, ...]:
    """Return the corners of each convex piece, (N, 3) in meters; computed once per content of a part."""
    return _hulls_of(ByKey(part))


@lru_cache(maxsize=256)
def _hulls_of(key: ByKey) -> tuple[FloatArray, ...]:
    part, thickness_m = key.part, LEAST_THICKNESS * diagonal_m(key.part.mesh)
    whole = _hull(part.mesh.vertices_m, thickness_m)
    if whole.volume < HOLLOW_RATIO * _volume_m3(part) or len(np.unique(part.node_ids)) < 2:
        return (_corners(whole),)
    groups = _grouped_nodes(part)
    chosen = (groups[part.node_ids] == group for group in np.unique(groups))
    pieces = (part.mesh.vertices_m[np.unique(part.mesh.triangles[which])] for which in chosen if which.any())
    return tuple(_corners(_hull(points, thickness_m)) for points in pieces)


def _volume_m3(part: Part) -> float:
    """Return the volume that the triangles enclose, about right for meshes with small gaps."""
    return abs(float(np.linalg.det(part.mesh.vertices_m[part.mesh.triangles]).sum()) / 6)


def _grouped_nodes(part: Part) -> IntArray:
    """Return a group for each node, at most MAX_HULLS of them: nodes with near centers share one (Ward 1963)."""
    num_nodes = len(part.node_names)
    used = np.unique(part.node_ids)
    groups = np.arange(num_nodes)
    if len(used) > MAX_HULLS:
        corners = part.mesh.vertices_m[part.mesh.triangles]
        centers = np.stack([corners[part.node_ids == node].mean(axis=(0, 1)) for node in used])
        groups[used] = fcluster(linkage(centers, "ward"), MAX_HULLS, "maxclust")
    return groups


def _hull(points_m: FloatArray, thickness_m: float) -> ConvexHull:
    """Return the convex hull; what is flat is thickened by half of `thickness_m` to all sides."""
    if min(np.ptp(points_m, axis=0)) > thickness_m / 2:
        try:
            return ConvexHull(points_m)
        except QhullError:
            pass
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    return ConvexHull((points_m[:, None] + signs * thickness_m / 2).reshape(-1, 3))


def _corners(hull: ConvexHull) -> FloatArray:
    corners: FloatArray = hull.points[hull.vertices]
    corners.flags.writeable = False
    return corners
