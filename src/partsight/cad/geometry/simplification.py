"""Fewer triangles, same outline: quadric edge collapse (Garland & Heckbert 1997) as far as no silhouette moves visibly."""

from dataclasses import replace

import numpy as np
import trimesh

from partsight.cad.geometry.conversion import keyed, shade_smooth
from partsight.cad.views.silhouettes import boundary_shift_px, draw_silhouettes
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.world.directions import sphere_directions
from partsight.structures.world.part import Mesh, Part

NUM_DIRECTIONS = 6
RESOLUTION = 1280
"""One pixel of these masks is half a pixel of a picture of 640."""
_GROWTH = 2.0


def simplify(part: Part, max_triangles: int, tolerance: float) -> Part:
    """Return the part with at most `max_triangles`, or with the fewest tried that move no outline by more than the tolerance.

    The tolerance is a share of the bounding sphere's diameter.
    """
    num_triangles = len(part.mesh.triangles)
    if num_triangles <= max_triangles:
        return part
    directions = sphere_directions(NUM_DIRECTIONS)
    before = draw_silhouettes(part, directions, RESOLUTION)
    allowed_px = max(1.0, tolerance * RESOLUTION)  # one pixel of the masks is as fine as they can tell
    target = float(max_triangles)
    while target < num_triangles:
        candidate = _decimated(part, int(target))
        if boundary_shift_px(before, draw_silhouettes(candidate, directions, RESOLUTION)) <= allowed_px:
            return candidate
        target *= _GROWTH
    return part


def _decimated(part: Part, target: int) -> Part:
    """Collapse edges; each new triangle takes the material and node of the old one nearest to its middle."""
    import fast_simplification
    from scipy.spatial import cKDTree

    welded = trimesh.Trimesh(part.mesh.vertices_m, part.mesh.triangles, process=False)
    old_middles = welded.triangles_center
    welded.merge_vertices()
    points, faces = fast_simplification.simplify(
        np.asarray(welded.vertices, np.float64), np.asarray(welded.faces, np.int64), target_count=target, agg=2
    )
    vertices, normals, triangles = shade_smooth(trimesh.Trimesh(points, faces, process=False))
    _, nearest = cKDTree(old_middles).query(vertices[triangles].mean(axis=1))
    return _rebuilt(part, vertices, normals, triangles, nearest)


def _rebuilt(part: Part, vertices: FloatArray, normals: FloatArray, triangles: IntArray, nearest: IntArray) -> Part:
    mesh = Mesh(vertices, normals.astype(np.float32), triangles)
    return keyed(replace(part, mesh=mesh, material_ids=part.material_ids[nearest], node_ids=part.node_ids[nearest]))
