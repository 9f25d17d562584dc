"""Exact surfaces → triangles, kept in the shapes themselves."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.readers.exact.exploring import different_bodies, explore
from partsight.cad.readers.statements import why_empty
from partsight.errors import CadError

COARSEST_ANGLE = np.deg2rad(60.0)
"""Six chords a circle: what is round stays so to the eye."""
LONGEST_MM = 1e8
"""Bounding boxes beyond this (100 km) come from endless surfaces or broken numbers."""


def diagonal_mm(path: Path, shapes: Sequence[Any]) -> float:
    """Return the diagonal of the bounding box in the document's unit. Raises CadError for none, or an endless one."""
    from OCP.Bnd import Bnd_Box
    from OCP.BRepBndLib import BRepBndLib

    box = Bnd_Box()
    for shape in shapes:
        BRepBndLib.Add_s(shape, box, False)
    if box.IsVoid():
        raise CadError(f"{path}: {why_empty(path)}")
    diagonal = float(np.sqrt(box.SquareExtent()))
    if box.IsOpen() or not 0 < diagonal < LONGEST_MM:
        raise CadError(
            f"{path}: holds surfaces without an end, or numbers beyond any size ({diagonal:.3g} units). "
            "Export solids only."
        )
    return diagonal


def tessellate(shapes: Sequence[Any], deflection: float, angle_deg: float) -> tuple[str, ...]:
    """Tessellate each different body once; return what could not be.

    Small bodies in a large assembly get no finer angles than can be seen.
    """
    from OCP.BRepMesh import BRepMesh_IncrementalMesh
    from OCP.BRepTools import BRepTools

    for shape in shapes:
        BRepTools.Clean_s(shape, True)  # triangles that the file brought along may be of any coarseness
    for body in different_bodies(shapes):
        angle = max(np.deg2rad(angle_deg), min(COARSEST_ANGLE, _sufficient_angle(body, deflection)))
        BRepMesh_IncrementalMesh(body, deflection, False, float(angle), False)
    lost = [face for shape in shapes for face in _bare_faces(shape) if not _tessellate_as_nurbs(face, deflection)]
    return (f"{len(lost)} face(s) cannot be tessellated and are missing",) if lost else ()


def _bare_faces(shape: Any) -> Iterator[Any]:
    """Yield the faces that the kernel failed to tessellate."""
    from OCP.BRep import BRep_Tool
    from OCP.TopAbs import TopAbs_ShapeEnum
    from OCP.TopLoc import TopLoc_Location
    from OCP.TopoDS import TopoDS

    for face in explore(shape, TopAbs_ShapeEnum.TopAbs_FACE):
        if BRep_Tool.Triangulation_s(TopoDS.Face(face), TopLoc_Location()) is None:
            yield TopoDS.Face(face)


def _tessellate_as_nurbs(face: Any, deflection: float) -> bool:
    """Tessellate a face by way of a spline surface: the kernel stumbles over the tips of some cones otherwise."""
    from OCP.BRep import BRep_Builder, BRep_Tool
    from OCP.BRepBuilderAPI import BRepBuilderAPI_NurbsConvert
    from OCP.BRepLib import BRepLib_ToolTriangulatedShape
    from OCP.BRepMesh import BRepMesh_IncrementalMesh
    from OCP.TopLoc import TopLoc_Location
    from OCP.TopoDS import TopoDS

    spline = TopoDS.Face(BRepBuilderAPI_NurbsConvert(face.Located(TopLoc_Location()), True).Shape())
    BRepMesh_IncrementalMesh(spline, deflection, False, 0.35, False)
    triangles = BRep_Tool.Triangulation_s(spline, TopLoc_Location())
    if triangles is None:
        return False
    BRepLib_ToolTriangulatedShape.ComputeNormals_s(spline, triangles)
    BRep_Builder().UpdateFace(face, triangles)
    return True


def _sufficient_angle(body: Any, deflection: float) -> float:
    """Return the angle between neighboring chords at which the roundest thing in a body strays by the deflection."""
    from OCP.Bnd import Bnd_Box
    from OCP.BRepBndLib import BRepBndLib

    box = Bnd_Box()
    BRepBndLib.Add_s(body, box, False)
    if box.IsVoid() or box.IsOpen():
        return 0.0
    radius = float(np.sqrt(box.SquareExtent())) / 2
    return float(2 * np.arccos(max(-1.0, 1 - deflection / max(radius, 1e-9))))
