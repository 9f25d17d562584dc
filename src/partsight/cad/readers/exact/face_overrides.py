"""Overrides of single faces of an occurrence: the occurrence gets a product of its own, whose faces are painted."""

from collections.abc import Sequence
from typing import Any

from partsight.cad.readers.exact.exploring import explore
from partsight.cad.readers.exact.labels import (
    Style,
    label_name,
    label_style,
    referred,
    shape_of,
    subshape_labels,
)
from partsight.cad.readers.exact.step_styles import OccurrenceStyle


def paint_single_faces(reader: Any, document: Any, styles: Sequence[OccurrenceStyle]) -> None:
    """Put the overrides of faces into a document that a STEP reader has filled, in place of what it made of them."""
    if not styles:
        return
    for usage in dict.fromkeys(one.usage for one in styles if one.face):
        component = _component(reader, document, usage)
        if component is not None:
            own = [one for one in styles if one.usage == usage]
            _repaint(document, component, [one.style for one in own if not one.face])
            faces = [(_face(shape_of(referred(component)), one.face), one.style) for one in own if one.face]
            _give_own_product(document, component, [(face, style) for face, style in faces if face is not None])


def _component(reader: Any, document: Any, place: int) -> Any:
    """Return the label of an occurrence, None for one that the reader left out."""
    from OCP.STEPCAFControl import STEPCAFControl_Reader
    from OCP.STEPConstruct import STEPConstruct_Tool
    from OCP.XCAFDoc import XCAFDoc_DocumentTool

    model = reader.ChangeReader().StepModel()
    usage = model.Entity(place) if place <= model.NbEntities() else None
    if usage is None or not str(usage.DynamicType().Name()).endswith("NextAssemblyUsageOccurrence"):
        return None
    tool = STEPConstruct_Tool(reader.ChangeReader().WS())
    shapes = XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
    label = STEPCAFControl_Reader.FindInstance_s(usage, shapes, tool, reader.GetShapeLabelMap())
    return None if label.IsNull() else label


def _face(shape: Any, place: tuple[int, int]) -> Any:
    """Return a face by its place in the only shell of so many faces: the reader keeps no face that has no style of its own."""
    from OCP.TopAbs import TopAbs_ShapeEnum

    shells = map(_faces, explore(shape, TopAbs_ShapeEnum.TopAbs_SHELL))
    alike = [faces for faces in shells if len(faces) == place[1]]
    return alike[0][place[0]] if len(alike) == 1 else None


def _repaint(document: Any, component: Any, whole: Sequence[Style]) -> None:
    """Give an occurrence the color that the file states for all of it, or none."""
    from OCP.XCAFDoc import XCAFDoc_ColorType, XCAFDoc_DocumentTool

    tool = XCAFDoc_DocumentTool.ColorTool_s(document.Main())
    for kind in (XCAFDoc_ColorType.XCAFDoc_ColorSurf, XCAFDoc_ColorType.XCAFDoc_ColorGen):
        tool.UnSetColor(component, kind)
    if whole:
        _paint(document, component, whole[-1])


def _give_own_product(document: Any, component: Any, faces: Sequence[tuple[Any, Style]]) -> None:
    """Let a copy of the product stand at the occurrence, with its colors and those of the faces; the place stays."""
    from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy
    from OCP.TDataStd import TDataStd_TreeNode
    from OCP.XCAFDoc import XCAFDoc, XCAFDoc_DocumentTool

    product = referred(component)
    shape, tool = shape_of(product), XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
    copier = BRepBuilderAPI_Copy(shape)
    copy = tool.AddShape(copier.Shape(), False)
    _copy_looks(document, product, copy, copier)
    whole = label_style(component)
    if whole is not None:
        _repaint(document, component, ())
        _paint(document, copy, whole)
    for face, style in faces:
        _paint(document, tool.AddSubShape(copy, copier.ModifiedShape(face)), style)
    reference = XCAFDoc.ShapeRefGUID_s()
    node = TDataStd_TreeNode.Set_s(component, reference)
    node.Remove()
    TDataStd_TreeNode.Set_s(copy, reference).Append(node)


def _copy_looks(document: Any, product: Any, copy: Any, copier: Any) -> None:
    """Give a copied product the name, the colors and the material of its original."""
    from OCP.TCollection import TCollection_ExtendedString
    from OCP.TDataStd import TDataStd_Name, TDataStd_TreeNode
    from OCP.XCAFDoc import XCAFDoc, XCAFDoc_DocumentTool

    TDataStd_Name.Set_s(copy, TCollection_ExtendedString(label_name(product), True))
    tool = XCAFDoc_DocumentTool.ShapeTool_s(document.Main())
    for own, target in (
        (product, copy),
        *((part, tool.AddSubShape(copy, copier.ModifiedShape(shape_of(part)))) for part in subshape_labels(product)),
    ):
        style = label_style(own)
        if style is not None and not target.IsNull():
            _paint(document, target, style)
    if product.IsAttribute(XCAFDoc.MaterialRefGUID_s()):
        node = TDataStd_TreeNode()
        product.FindAttribute(XCAFDoc.MaterialRefGUID_s(), node)
        XCAFDoc_DocumentTool.MaterialTool_s(document.Main()).SetMaterial(copy, node.Father().Label())


def _faces(shape: Any) -> list[Any]:
    from OCP.TopAbs import TopAbs_ShapeEnum

    return list(explore(shape, TopAbs_ShapeEnum.TopAbs_FACE))


def _paint(document: Any, label: Any, style: Style) -> None:
    from OCP.Quantity import Quantity_Color, Quantity_ColorRGBA, Quantity_TypeOfColor
    from OCP.XCAFDoc import XCAFDoc_ColorType, XCAFDoc_DocumentTool

    color = Quantity_ColorRGBA(Quantity_Color(*style[0], Quantity_TypeOfColor.Quantity_TOC_RGB), style[1])
    tool = XCAFDoc_DocumentTool.ColorTool_s(document.Main())
    tool.SetColor(label, color, XCAFDoc_ColorType.XCAFDoc_ColorSurf)
