"""Single labels of the kernel's document: name, color, place, visibility, and what they refer to."""

from typing import Any, TypeAlias

import numpy as np

from partsight.cad.readers.pieces import BaseColor
from partsight.structures.arrays import FloatArray

Style: TypeAlias = tuple[BaseColor, float]
"""Linear color and alpha."""
_UNNAMED = ("Open CASCADE STEP translator", "=>[", "COMPOUND", "SOLID", "SHELL", "FACE")
"""How the kernel calls what its author left without a name."""


def items(sequence: Any) -> list[Any]:
    """Return what is in a sequence of the kernel; its own iterator takes a millisecond to end, its length half of one."""
    return [sequence.Value(number) for number in range(1, sequence.Length() + 1)]


def entry(label: Any) -> str:
    """Return the path of a label in its document."""
    from OCP.TCollection import TCollection_AsciiString
    from OCP.TDF import TDF_Tool

    text = TCollection_AsciiString()
    TDF_Tool.Entry_s(label, text)
    return str(text.ToCString())


def label_name(label: Any) -> str:
    """Return the name that the file's author gave, "" for none."""
    from OCP.TDataStd import TDataStd_Name

    if not label.IsAttribute(TDataStd_Name.GetID_s()):
        return ""  # asked for before it is looked up, as a search in vain crashes the bindings
    attribute = TDataStd_Name()
    label.FindAttribute(TDataStd_Name.GetID_s(), attribute)
    name = str(attribute.Get().ToExtString()).strip()
    return "" if name.startswith(_UNNAMED) else name


def label_style(label: Any) -> Style | None:
    """Return the color of surfaces that a label states; that of its curves does not count."""
    from OCP.Quantity import Quantity_ColorRGBA
    from OCP.XCAFDoc import XCAFDoc_ColorTool, XCAFDoc_ColorType

    color = Quantity_ColorRGBA()
    for kind in (XCAFDoc_ColorType.XCAFDoc_ColorSurf, XCAFDoc_ColorType.XCAFDoc_ColorGen):
        if XCAFDoc_ColorTool.GetColor_s(label, kind, color):
            rgb = color.GetRGB()
            red, green, blue = (round(float(value), 4) for value in (rgb.Red(), rgb.Green(), rgb.Blue()))
            return (red, green, blue), round(float(color.Alpha()), 4)
    return None


def is_invisible(label: Any, layers: frozenset[str]) -> bool:
    """Return whether a label is hidden itself, or by one of the hidden layers' entries."""
    from OCP.XCAFDoc import XCAFDoc_ColorTool

    return not XCAFDoc_ColorTool.IsVisible_s(label) or (bool(layers) and entry(label) in layers)


def hidden_by_layer(document: Any) -> frozenset[str]:
    """Return the entries of all labels in layers that are switched off."""
    from OCP.collections import Sequence_TDF_Label
    from OCP.XCAFDoc import XCAFDoc_DocumentTool, XCAFDoc_LayerTool

    tool = XCAFDoc_DocumentTool.LayerTool_s(document.Main())
    layers, members = Sequence_TDF_Label(), Sequence_TDF_Label()
    tool.GetLayerLabels(layers)
    for layer in items(layers):
        if not tool.IsVisible(layer):
            XCAFDoc_LayerTool.GetShapesOfLayer_s(layer, members)
    return frozenset(map(entry, items(members)))


def referred(label: Any) -> Any:
    """Return the label of the product that an occurrence shows; the label itself where it is none."""
    from OCP.TDF import TDF_Label
    from OCP.XCAFDoc import XCAFDoc_ShapeTool

    product = TDF_Label()
    return product if XCAFDoc_ShapeTool.GetReferredShape_s(label, product) else label


def components(label: Any) -> list[Any]:
    """Return the labels of the occurrences in an assembly, in order."""
    from OCP.collections import Sequence_TDF_Label
    from OCP.XCAFDoc import XCAFDoc_ShapeTool

    found = Sequence_TDF_Label()
    return items(found) if XCAFDoc_ShapeTool.GetComponents_s(label, found) else []


def subshape_labels(label: Any) -> list[Any]:
    """Return the labels of the parts of a shape that have names, colors or layers of their own."""
    from OCP.collections import Sequence_TDF_Label
    from OCP.XCAFDoc import XCAFDoc_ShapeTool

    found = Sequence_TDF_Label()
    return items(found) if XCAFDoc_ShapeTool.GetSubShapes_s(label, found) else []


def location_matrix(label: Any) -> FloatArray:
    """Return the (4, 4) place of an occurrence, in the document's unit."""
    from OCP.XCAFDoc import XCAFDoc_ShapeTool

    transform = XCAFDoc_ShapeTool.GetLocation_s(label).Transformation()
    matrix = np.eye(4)
    matrix[:3] = [[transform.Value(row, column) for column in range(1, 5)] for row in range(1, 4)]
    return matrix


def shape_of(label: Any) -> Any:
    """Return the shape of a label."""
    from OCP.XCAFDoc import XCAFDoc_ShapeTool

    return XCAFDoc_ShapeTool.GetShape_s(label)


def count_faces(label: Any) -> int:
    """Return the number of faces of a label's shape."""
    from OCP.TopAbs import TopAbs_ShapeEnum

    from partsight.cad.readers.exact.exploring import explore

    return sum(1 for _ in explore(shape_of(label), TopAbs_ShapeEnum.TopAbs_FACE))


def meters_per_unit(document: Any) -> float:
    """Return the document's unit of length; millimeters where it states none."""
    from OCP.XCAFDoc import XCAFDoc_LengthUnit

    root, unit = document.Main().Root(), XCAFDoc_LengthUnit()
    if not root.IsAttribute(XCAFDoc_LengthUnit.GetID_s()):
        return 0.001
    root.FindAttribute(XCAFDoc_LengthUnit.GetID_s(), unit)
    return float(unit.GetUnitValue())
