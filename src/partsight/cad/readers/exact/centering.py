"""Shapes far from the origin of their own frame: what is handed over in single precision would be torn there.

Their triangles are moved to the origin while the numbers are still of double precision, and moved back when they are again.
"""

from typing import Any

import numpy as np

from partsight.cad.readers.exact.exploring import explore
from partsight.cad.readers.exact.labels import shape_of
from partsight.structures.arrays import FloatArray

FAR = 50.0
"""Times its diagonal from the origin: single precision still tells a three-hundred-thousandth of the shape apart there."""


def bring_to_origin(product: Any, moved: dict[Any, FloatArray]) -> FloatArray:
    """Move the triangles of a product that is far from its origin; return by how much to move them back, in its frame and unit.

    `moved` remembers by how much each face was moved: products may share faces, and one may have a face at several places. Where
    these need different moves, the product stays where it is.
    """
    faces = _faces(shape_of(product))
    known = [turn @ moved[key] for key, _, turn in faces if key in moved]
    center = known[0] if known else _far_center(shape_of(product))
    if center is None:
        return np.zeros(3)
    wanted = {key: turn.T @ center for key, _, turn in faces}
    agrees = (np.allclose(moved.get(key, wanted[key]), turn.T @ center, rtol=0, atol=1e-6) for key, _, turn in faces)
    if not all(agrees):
        return np.zeros(3)
    for key, triangles in {key: triangles for key, triangles, _ in faces if key not in moved}.items():
        _move(triangles, -wanted[key])
    moved.update(wanted)
    return center


def _far_center(shape: Any) -> FloatArray | None:
    """Return the middle of a tessellated shape that is far from the origin, None for others."""
    from OCP.Bnd import Bnd_Box
    from OCP.BRepBndLib import BRepBndLib

    box = Bnd_Box()
    BRepBndLib.Add_s(shape, box, True)
    if box.IsVoid() or box.IsOpen():
        return None
    low, high = (np.array([corner.X(), corner.Y(), corner.Z()]) for corner in (box.CornerMin(), box.CornerMax()))
    center = (low + high) / 2
    return center if np.linalg.norm(center) > FAR * np.linalg.norm(high - low) else None


def _faces(shape: Any) -> list[tuple[Any, Any, FloatArray]]:
    """Return each face's own key, its triangles, and how it is turned in the shape."""
    from OCP.BRep import BRep_Tool
    from OCP.TopAbs import TopAbs_ShapeEnum
    from OCP.TopLoc import TopLoc_Location
    from OCP.TopoDS import TopoDS

    found = []
    for face in explore(shape, TopAbs_ShapeEnum.TopAbs_FACE):
        place = TopLoc_Location()
        triangles = BRep_Tool.Triangulation_s(TopoDS.Face(face), place)
        if triangles is not None:
            transform = place.Transformation()
            turn = [[transform.Value(row, column) for column in (1, 2, 3)] for row in (1, 2, 3)]
            found.append((face.TShape(), triangles, np.array(turn)))
    return found


def _move(triangles: Any, shift: FloatArray) -> None:
    from OCP.gp import gp_Vec

    step = gp_Vec(*shift.tolist())
    for number in range(1, triangles.NbNodes() + 1):
        triangles.SetNode(number, triangles.Node(number).Translated(step))
