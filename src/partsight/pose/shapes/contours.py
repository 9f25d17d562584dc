"""The edges of a shape that a camera sees: its outline, and the creases within it, as points with directions.

An edge of the mesh counts as seen where the z-buffer beside it says so: on one side there is nothing, or what lies behind by a step,
or another face. Cracks and seams of a mesh that is not closed make no edges, since both sides look alike.
"""

from dataclasses import dataclass

import numpy as np

from partsight.pose.shapes.drawing import Drawing, draw_shape, pixels_of
from partsight.pose.shapes.shape import PartShape
from partsight.structures.arrays import BoolArray, FloatArray, IntArray
from partsight.structures.world.transform import Transform, moved

BESIDE_PX = 1.6
"""How far beside an edge the picture is asked what is there."""
_STEP_SHARE = 0.03
"""Of the diameter: a larger step in depth is an outline."""
_HIDING_SHARE = 0.02
"""Of the diameter: what lies nearer than the edge by more hides it."""
_BEHIND_SHARE = 0.05
"""Of the diameter: an edge that lies before all that is beside it by more is no edge of what is seen."""
_PLANE_SHARE = 0.002
"""Of the diameter: what is nearer to the plane of a face belongs to it."""
_MOST_POINTS_OF_EDGE = 1e4
_CREASE_COSINE = 0.88
"""Of the normals on both sides, 28°."""


@dataclass(frozen=True, slots=True, eq=False)
class Contour:
    """Points of a part's visible edges, in the part's frame."""

    points_m: FloatArray
    """(P, 3)"""
    tangents: FloatArray
    """(P, 3) unit directions of the edges."""
    is_outer: BoolArray
    """(P,) whether there is nothing on one side, or something farther."""
    node_ids: IntArray
    """(P,) the sub-part of the face beside."""


def see_contour(
    shape: PartShape, camera_from_part: Transform, focal_px: float, size_px: int, step_px: float = 1.5
) -> Contour:
    """Return the visible edges of a shape, a point every `step_px` pixels."""
    drawing = draw_shape(shape, camera_from_part, focal_px, size_px)
    return contour_in(drawing, shape, camera_from_part, focal_px, step_px=step_px)


def contour_in(
    drawing: Drawing, shape: PartShape, camera_from_part: Transform, focal_px: float, *, step_px: float = 1.5
) -> Contour:
    """Return the visible edges of a shape that was drawn at this pose."""
    size_px = len(drawing.depth_m)
    in_camera = moved(camera_from_part, shape.vertices_m)
    chosen = _candidate_edges(shape, camera_from_part, in_camera)
    ends_px = pixels_of(in_camera[shape.edges[chosen]], focal_px, size_px)
    picked, shares = _sampled(ends_px, step_px)
    edges, ends_px = chosen[picked], ends_px[picked]
    starts, ends = (shape.vertices_m[shape.edges[edges, k]] for k in range(2))
    points = starts + (ends - starts) * shares[:, None]
    seen, outer = _looked_up(drawing, shape, points, moved(camera_from_part, points), _beside(ends_px, shares))
    tangents = (ends - starts)[seen]
    tangents /= np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True), 1e-12)
    return Contour(points[seen], tangents, outer[seen], shape.node_ids[shape.edge_faces[edges[seen], 0]])


def _candidate_edges(shape: PartShape, camera_from_part: Transform, in_camera: FloatArray) -> IntArray:
    """Return creases, and edges between a face that is turned to the camera and one that is not."""
    normals = shape.normals @ camera_from_part[:3, :3].T
    facing = np.einsum("ti,ti->t", normals, in_camera[shape.triangles[:, 0]]) < 0
    one, two = facing[shape.edge_faces[:, 0]], facing[shape.edge_faces[:, 1]]
    is_before = in_camera[shape.edges, 2].min(axis=1) > 1e-3 * shape.diameter_m
    return np.flatnonzero(is_before & ((one != two) | shape.is_crease))


def _sampled(ends_px: FloatArray, step_px: float) -> tuple[IntArray, FloatArray]:
    """Return edge numbers and places along them, 0…1: points lie evenly along all edges, laid end to end."""
    lengths = np.linalg.norm(ends_px[:, 1] - ends_px[:, 0], axis=1) / step_px
    totals = np.concatenate([[0.0], np.cumsum(np.minimum(lengths, _MOST_POINTS_OF_EDGE))])
    marks = np.arange(0.5, totals[-1])
    edges = np.searchsorted(totals, marks, side="right") - 1
    return edges, (marks - totals[edges]) / np.maximum(totals[edges + 1] - totals[edges], 1e-12)


def _beside(ends_px: FloatArray, shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return (P, 2) pixel coordinates on both sides of points on edges."""
    along = ends_px[:, 1] - ends_px[:, 0]
    middle = ends_px[:, 0] + along * shares[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    across *= BESIDE_PX / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    return middle - across, middle + across


def _looked_up(
    drawing: Drawing,
    shape: PartShape,
    points_m: FloatArray,
    points: FloatArray,
    beside_px: tuple[FloatArray, FloatArray],
) -> tuple[BoolArray, BoolArray]:
    """Return which points, in the part's frame and in camera axes, are seen as edges, and which are outlines."""
    places = [np.clip(np.floor(side), 0, len(drawing.depth_m) - 1).astype(np.int64) for side in beside_px]
    one, two = (drawing.depth_m[side[:, 1], side[:, 0]].astype(float) for side in places)
    faces = [drawing.triangle_ids[side[:, 1], side[:, 0]] for side in places]
    nearer, farther = np.minimum(one, two), np.maximum(one, two)
    off = points[:, 2] - nearer
    is_near = (off < _HIDING_SHARE * shape.diameter_m) & (off > -_BEHIND_SHARE * shape.diameter_m)
    is_seen = np.isfinite(nearer) & (is_near | _is_on(shape, np.where(one < two, *faces), points_m))
    is_outer = is_seen & (farther > np.where(is_seen, nearer, 0.0) + _STEP_SHARE * shape.diameter_m)
    cosines = np.abs(np.einsum("pi,pi->p", shape.normals[faces[0]], shape.normals[faces[1]]))
    return is_seen & (is_outer | (cosines < _CREASE_COSINE)), is_outer


def _is_on(shape: PartShape, triangle_ids: IntArray, points_m: FloatArray) -> BoolArray:
    """Return which points lie in the planes of triangles: of a face seen at a flat angle the depth says nothing."""
    corners = shape.vertices_m[shape.triangles[triangle_ids, 0]]
    off = np.abs(np.einsum("pi,pi->p", shape.normals[triangle_ids], points_m - corners))
    return np.asarray((off < _PLANE_SHARE * shape.diameter_m) & (triangle_ids >= 0))
