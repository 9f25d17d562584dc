"""The kernel's document: shapes put into it, at places, named and colored. Runs in the worker process only."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.readers.exact.exploring import explore
from partsight.cad.readers.exact.tessellation import LONGEST_MM
from partsight.errors import CadError
from partsight.structures.arrays import FloatArray

ColorAlpha = tuple[float, float, float, float]
"""sRGB red, green, blue, and opacity, 0…1."""


def read_brep(path: Path) -> Any:
    """Read a BREP file, text or binary. Raises CadError."""
    from OCP.BinTools import BinTools
    from OCP.BRep import BRep_Builder
    from OCP.BRepTools import BRepTools
    from OCP.TopoDS import TopoDS_Shape

    shape = TopoDS_Shape()
    is_binary = path.read_bytes()[:64].lstrip().startswith(b"Open CASCADE Topology")
    read = BinTools.Read_s(shape, str(path)) if is_binary else BRepTools.Read_s(shape, str(path), BRep_Builder())
    if not read or shape.IsNull():
        raise CadError(f"{path}: not a BREP file, or a damaged one. Export it again, or as STEP.")
    return shape


def add_shape(document: Any, shape: Any, name: str) -> Any:
    """Put a named shape into the document; return its label."""
    from OCP.TCollection import TCollection_ExtendedString
    from OCP.TDataStd import TDataStd_Name
    from OCP.XCAFDoc import XCAFDoc_DocumentTool

    label = XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).AddShape(shape, False)
    TDataStd_Name.Set_s(label, TCollection_ExtendedString(name, True))
    return label


def placed(shape: Any, world_from_shape: FloatArray) -> Any:
    """Return a copy of a shape at another place; the matrix is in millimeters and may scale.

    A copy without places of its own faces: the kernel loses the color of a face that has one.
    """
    from OCP.ShapeUpgrade import ShapeUpgrade_RemoveLocations
    from OCP.TopLoc import TopLoc_Location

    own = shape.Location().Transformation()
    rows = [[own.Value(row, column) for column in (1, 2, 3, 4)] for row in (1, 2, 3)]
    remover = ShapeUpgrade_RemoveLocations()
    matrix = world_from_shape @ np.array([*rows, [0, 0, 0, 1]])
    remover.Remove(_transformed(shape.Located(TopLoc_Location()), matrix))
    return remover.GetResult()


def _transformed(shape: Any, matrix: FloatArray) -> Any:
    """Return a copy that is moved, and exactly so unless it is scaled by different factors: then its surfaces become splines."""
    from OCP.BRepBuilderAPI import BRepBuilderAPI_GTransform, BRepBuilderAPI_Transform
    from OCP.gp import gp_GTrsf, gp_Trsf

    metric = matrix[:3, :3].T @ matrix[:3, :3]
    if np.allclose(metric, metric[0, 0] * np.eye(3), rtol=0, atol=1e-9 * metric[0, 0]):
        rigid = gp_Trsf()
        rigid.SetValues(*matrix[:3].ravel().tolist())
        return BRepBuilderAPI_Transform(shape, rigid, True).Shape()
    general = gp_GTrsf()
    for row, column in np.ndindex(3, 4):
        general.SetValue(row + 1, column + 1, float(matrix[row, column]))
    return BRepBuilderAPI_GTransform(shape, general, True).Shape()


def paint(document: Any, label: Any, color: ColorAlpha) -> None:
    """Give a shape in the document a color."""
    from OCP.Quantity import Quantity_Color, Quantity_ColorRGBA, Quantity_TypeOfColor
    from OCP.XCAFDoc import XCAFDoc_ColorType, XCAFDoc_DocumentTool

    *color_srgb, opacity = color
    look = Quantity_ColorRGBA(Quantity_Color(*color_srgb, Quantity_TypeOfColor.Quantity_TOC_sRGB), opacity)
    tool = XCAFDoc_DocumentTool.ColorTool_s(document.Main())
    tool.SetColor(label, look, XCAFDoc_ColorType.XCAFDoc_ColorSurf)


def paint_faces(document: Any, label: Any, colors: Sequence[ColorAlpha]) -> None:
    """Give the faces of a shape in the document a color each, in their order."""
    from OCP.TopAbs import TopAbs_ShapeEnum
    from OCP.XCAFDoc import XCAFDoc_DocumentTool, XCAFDoc_ShapeTool

    tool = XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
    faces = explore(XCAFDoc_ShapeTool.GetShape_s(label), TopAbs_ShapeEnum.TopAbs_FACE)
    for face, color in zip(faces, colors, strict=False):
        paint(document, tool.AddSubShape(label, face), color)


def set_length_unit(document: Any, meters_per_unit: float) -> None:
    """Say how long the unit of the document is."""
    from OCP.XCAFDoc import XCAFDoc_DocumentTool

    XCAFDoc_DocumentTool.SetLengthUnit_s(document, meters_per_unit)


def is_endless(shape: Any) -> bool:
    """Return whether a shape has no end, as the planes of CAD programs, or is beyond any size."""
    from OCP.Bnd import Bnd_Box
    from OCP.BRepBndLib import BRepBndLib

    box = Bnd_Box()
    BRepBndLib.Add_s(shape, box, False)
    return bool(box.IsOpen() or (not box.IsVoid() and np.sqrt(box.SquareExtent()) >= LONGEST_MM))


def is_empty(document: Any) -> bool:
    """Return whether no shape was put into the document."""
    from OCP.collections import Sequence_TDF_Label
    from OCP.XCAFDoc import XCAFDoc_DocumentTool

    labels = Sequence_TDF_Label()
    XCAFDoc_DocumentTool.ShapeTool_s(document.Main()).GetFreeShapes(labels)
    return bool(labels.Length() == 0)
