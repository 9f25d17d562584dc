"""The shape of a part as poses need it: a welded mesh, its edges with the faces beside them, symmetries, names of sub-parts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, IntArray, locked
from partsight.structures.world.directions import sphere_directions
from partsight.structures.world.symmetry import Symmetry

CREASE_DEG = 30.0
"""Faces that meet at a larger angle make an edge that is seen in pictures."""
_WELD_SHARE = 1e-6
"""Of the diameter: vertices that are nearer to each other are one."""
_NUM_DIRECTIONS = 400
_NONE = Symmetry(np.empty((0, 4, 4)), (), 1, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class PartShape:
    """A part without its looks; meters, in the part's frame."""

    vertices_m: FloatArray
    """(V, 3)"""
    triangles: IntArray
    """(T, 3)"""
    node_ids: IntArray
    """(T,) index into `node_names`."""
    node_names: tuple[str, ...]
    symmetry: Symmetry
    outermost_m: FloatArray
    """(N, 3) the vertices that are the farthest along some direction: the corners of the hull, as far as they matter."""
    diameter_m: float
    """Largest distance between two vertices: both are among the outermost."""
    normals: FloatArray
    """(T, 3) unit normals."""
    edges: IntArray
    """(E, 2) vertices."""
    edge_faces: IntArray
    """(E, 2) triangles beside each edge; twice the same where there is one."""
    is_crease: BoolArray
    """(E,) whether the faces meet at an angle, or there is only one."""
    is_closed: bool
    """Whether every edge is passed as often one way as the other: then the back of a face is never seen."""

    def __post_init__(self) -> None:
        num_triangles, num_edges = len(self.triangles), len(self.edges)
        object.__setattr__(self, "vertices_m", locked(self.vertices_m, np.float64, (None, 3)))
        object.__setattr__(self, "triangles", locked(self.triangles, np.int64, (None, 3)))
        object.__setattr__(self, "node_ids", locked(self.node_ids, np.int64, (num_triangles,)))
        object.__setattr__(self, "outermost_m", locked(self.outermost_m, np.float64, (None, 3)))
        object.__setattr__(self, "normals", locked(self.normals, np.float64, (num_triangles, 3)))
        object.__setattr__(self, "edges", locked(self.edges, np.int64, (None, 2)))
        object.__setattr__(self, "edge_faces", locked(self.edge_faces, np.int64, (num_edges, 2)))
        object.__setattr__(self, "is_crease", locked(self.is_crease, np.bool_, (num_edges,)))


def shape_of(
    vertices_m: FloatArray,
    triangles: IntArray,
    *,
    node_ids: IntArray | None = None,
    node_names: Sequence[str] = ("",),
    symmetry: Symmetry = _NONE,
) -> PartShape:
    """Return the shape of a mesh, (V, 3) meters and (T, 3) indices; triangles without area are left out.

    Raises ValueError where none is left.
    """
    points, faces = _welded(np.asarray(vertices_m, float), np.asarray(triangles, np.int64))
    normals = np.cross(points[faces[:, 1]] - points[faces[:, 0]], points[faces[:, 2]] - points[faces[:, 0]])
    lengths = np.linalg.norm(normals, axis=1)
    kept = lengths > 0
    if not kept.any():
        raise ValueError("a shape needs at least one triangle with an area")
    nodes = np.zeros(len(faces), np.int64) if node_ids is None else np.asarray(node_ids, np.int64)
    faces, unit = faces[kept], normals[kept] / lengths[kept, None]
    edges, beside = _edges(faces)
    dots = np.einsum("ei,ei->e", unit[beside[:, 0]], unit[beside[:, 1]])
    ends = _outermost(points)
    creases = (dots < np.cos(np.radians(CREASE_DEG))) | (beside[:, 0] == beside[:, 1])
    return PartShape(
        vertices_m=points,
        triangles=faces,
        node_ids=nodes[kept],
        node_names=tuple(node_names),
        symmetry=symmetry,
        outermost_m=ends,
        diameter_m=float(np.linalg.norm(ends[:, None] - ends[None], axis=2).max()),
        normals=unit,
        edges=edges,
        edge_faces=beside,
        is_crease=creases,
        is_closed=_is_closed(points, faces, len(edges)),
    )


def _outermost(points_m: FloatArray) -> FloatArray:
    along = points_m @ sphere_directions(_NUM_DIRECTIONS).T
    ends: FloatArray = points_m[np.unique(np.concatenate([along.argmax(axis=0), along.argmin(axis=0)]))]
    return ends


def _welded(vertices_m: FloatArray, triangles: IntArray) -> tuple[FloatArray, IntArray]:
    """Return vertices of which no two are at one place, and the triangles that use three different ones."""
    extent = float(np.ptp(vertices_m, axis=0).max(initial=0.0)) or 1.0
    steps = np.round(vertices_m / (extent * _WELD_SHARE)).astype(np.int64)
    _, first, numbers = np.unique(steps, axis=0, return_index=True, return_inverse=True)
    return vertices_m[first], numbers.reshape(-1)[triangles]


def _is_closed(points: FloatArray, faces: IntArray, num_edges: int) -> bool:
    """Return whether the faces enclose a volume and are all turned outwards, as a whole."""
    directed = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    low = directed.min(axis=1) * len(points) + directed.max(axis=1)
    _, numbers = np.unique(low, return_inverse=True)
    ways = np.bincount(numbers.reshape(-1), np.where(directed[:, 0] < directed[:, 1], 1.0, -1.0), num_edges)
    corners = points[faces]
    volume = np.einsum("ti,ti->t", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum()
    return bool(volume > 0 and not ways.any())


def _edges(faces: IntArray) -> tuple[IntArray, IntArray]:
    """Return (E, 2) vertices and (E, 2) faces; of edges with more than two faces the first and the last."""
    pairs = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    owners = np.tile(np.arange(len(faces)), 3)
    edges, numbers, counts = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
    order = np.argsort(numbers.reshape(-1), kind="stable")
    ends = np.cumsum(counts)
    return edges, np.stack([owners[order[ends - counts]], owners[order[ends - 1]]], axis=1)
