"""FreeCAD's own binary meshes (.bms): a mark, a version, 256 bytes of text, points in single precision, triangles with neighbors."""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray

_MARK = 0xA0B0C0D0
_HEADER_BYTES = 4 + 4 + 256


@dataclass(frozen=True, slots=True, eq=False)
class FreecadMesh:
    """Triangles in millimeters, in the frame of the object that holds them."""

    vertices_mm: FloatArray
    """(V, 3)"""
    triangles: IntArray
    """(T, 3)"""


def read_mesh(content: bytes) -> FreecadMesh:
    """Return the mesh in a file, whatever the order of its bytes. Raises ValueError for other contents."""
    order = next((order for order in "<>" if np.frombuffer(content, f"{order}u4", 1)[0] == _MARK), None)
    if order is None:
        raise ValueError("a mesh in it is not of a kind that FreeCAD writes")
    num_points, num_triangles = np.frombuffer(content, f"{order}u4", 2, _HEADER_BYTES).tolist()
    start = _HEADER_BYTES + 8
    points = np.frombuffer(content, f"{order}f4", 3 * num_points, start).reshape(-1, 3)
    facets = np.frombuffer(content, f"{order}u4", 6 * num_triangles, start + points.nbytes).reshape(-1, 6)
    return FreecadMesh(points.astype(np.float64), facets[:, :3].astype(np.int64))
