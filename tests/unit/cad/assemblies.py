"""Assemblies in the kernel's own document, written as STEP: products, occurrences, and what is said of either."""

from pathlib import Path
from typing import Any

import numpy as np


class Assembly:
    """A document that grows: products are added, stand in assemblies, and get colors, layers and materials."""

    def __init__(self) -> None:
        from OCP.TCollection import TCollection_ExtendedString
        from OCP.TDocStd import TDocStd_Document
        from OCP.XCAFDoc import XCAFDoc_DocumentTool

        self.document = TDocStd_Document(TCollection_ExtendedString("BinXCAF"))
        main = self.document.Main()
        self.shapes = XCAFDoc_DocumentTool.ShapeTool_s(main)
        self.colors = XCAFDoc_DocumentTool.ColorTool_s(main)
        self.layers = XCAFDoc_DocumentTool.LayerTool_s(main)
        self.materials = XCAFDoc_DocumentTool.MaterialTool_s(main)

    def product(self, name: str, shape: Any = None) -> Any:
        """Return the label of a shape; of an assembly without one."""
        return named(self.shapes.NewShape() if shape is None else self.shapes.AddShape(shape, False), name)

    def put(self, assembly: Any, product: Any, name: str, place: tuple[float, float, float] = (0, 0, 0)) -> Any:
        """Return the label of an occurrence of a product in an assembly."""
        from OCP.gp import gp_Trsf, gp_Vec
        from OCP.TopLoc import TopLoc_Location

        move = gp_Trsf()
        move.SetTranslation(gp_Vec(*place))
        return named(self.shapes.AddComponent(assembly, product, TopLoc_Location(move)), name)

    def chain(self, *occurrences: Any) -> Any:
        """Return the label of a chain of occurrences, outermost first."""
        from OCP.collections import Sequence_TDF_Attribute, Sequence_TDF_Label
        from OCP.XCAFDoc import XCAFDoc_GraphNode, XCAFDoc_ShapeTool

        labels = Sequence_TDF_Label()
        for occurrence in occurrences:
            labels.Append(occurrence)
        assert self.shapes.SetSHUO(labels, XCAFDoc_GraphNode())
        usages = Sequence_TDF_Attribute()
        XCAFDoc_ShapeTool.GetAllComponentSHUO_s(occurrences[0], usages)
        return list(usages)[-1].Label()

    def faces(self, product: Any) -> list[Any]:
        """Return the labels of a product's faces."""
        from OCP.TopAbs import TopAbs_ShapeEnum

        from partsight.cad.readers.exact.exploring import explore

        shape = self.shapes.GetShape_s(product)
        return [self.shapes.AddSubShape(product, face) for face in explore(shape, TopAbs_ShapeEnum.TopAbs_FACE)]

    def paint(self, label: Any, rgb: tuple[float, float, float], kind: str = "Surf", alpha: float = 1.0) -> None:
        """Give a label an sRGB color of a kind: Surf, Gen or Curv."""
        from OCP.Quantity import Quantity_Color, Quantity_ColorRGBA, Quantity_TypeOfColor
        from OCP.XCAFDoc import XCAFDoc_ColorType

        color = Quantity_ColorRGBA(Quantity_Color(*rgb, Quantity_TypeOfColor.Quantity_TOC_sRGB), alpha)
        self.colors.SetColor(label, color, getattr(XCAFDoc_ColorType, f"XCAFDoc_Color{kind}"))

    def layer(self, name: str, *labels: Any, is_visible: bool) -> None:
        """Put labels into a layer."""
        from OCP.TCollection import TCollection_ExtendedString

        layer = self.layers.AddLayer(TCollection_ExtendedString(name))
        self.layers.SetVisibility(layer, is_visible)
        for label in labels:
            self.layers.SetLayer(label, layer)

    def state(self, product: Any, *, material="", density=1.0, volume=None, area=None, centroid=None) -> None:
        """Say of a product what it is made of, with a density in g/cm³, and what its author measured, in millimeters."""
        from OCP.gp import gp_Pnt
        from OCP.TCollection import TCollection_HAsciiString
        from OCP.XCAFDoc import XCAFDoc_Area, XCAFDoc_Centroid, XCAFDoc_Volume

        if material:
            texts = map(TCollection_HAsciiString, (material, "", "density measure", "POSITIVE_RATIO_MEASURE"))
            name, description, measure, kind = texts
            self.materials.SetMaterial(product, name, description, density, measure, kind)
        if volume is not None:
            XCAFDoc_Volume.Set_s(product, volume)
        if area is not None:
            XCAFDoc_Area.Set_s(product, area)
        if centroid is not None:
            XCAFDoc_Centroid.Set_s(product, gp_Pnt(*centroid))

    def write(self, path: Path) -> Path:
        """Write the document as STEP."""
        from OCP.IFSelect import IFSelect_ReturnStatus
        from OCP.STEPCAFControl import STEPCAFControl_Writer

        self.shapes.UpdateAssemblies()
        writer = STEPCAFControl_Writer()
        for switch in (
            writer.SetNameMode,
            writer.SetColorMode,
            writer.SetLayerMode,
            writer.SetPropsMode,
            writer.SetMaterialMode,
            writer.SetSHUOMode,
        ):
            switch(True)
        assert writer.Transfer(self.document)
        assert writer.Write(str(path)) == IFSelect_ReturnStatus.IFSelect_RetDone
        return path


def named(label: Any, name: str) -> Any:
    """Give a label a name."""
    from OCP.TCollection import TCollection_ExtendedString
    from OCP.TDataStd import TDataStd_Name

    TDataStd_Name.Set_s(label, TCollection_ExtendedString(name, True))
    return label


def color_shares(part: Any) -> dict[tuple[str, str], float]:
    """Return the area in mm² for each node and color of a part; colors as #rrggbb."""
    from partsight.structures.world.material import srgb_from_linear

    corners = part.mesh.vertices_m[part.mesh.triangles] * 1000
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    shares: dict[tuple[str, str], float] = {}
    for node, material, area in zip(part.node_ids, part.material_ids, areas, strict=True):
        rgb = np.rint(srgb_from_linear(np.array(part.materials[material].base_color)) * 255).astype(int)
        place = part.node_names[node], "#{:02x}{:02x}{:02x}".format(*rgb.tolist())
        shares[place] = round(shares.get(place, 0.0) + float(area), 1)
    return shares
