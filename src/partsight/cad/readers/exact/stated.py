"""What a file says of its products beside their shape: material and density, and the integrals their author measured."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from partsight.cad.readers.exact.soundness import Soundness
from partsight.structures.arrays import FloatArray

SAME_SHARE = 1e-2
"""Volumes and areas that differ by less than this share are equal: some authors measure triangles."""
_LIGHTEST, _DENSEST = 1.0, 25_000.0
"""Densities of solids in kg/m³, from aerogel to osmium."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated of one product."""

    material: str = ""
    density_kg_m3: float | None = None
    volume: float | None = None
    """In the document's unit, as are the others."""
    area: float | None = None
    centroid: tuple[float, float, float] | None = None


def read_statement(label: Any) -> Statement:
    """Return what is stated at a product's label."""
    from OCP.XCAFDoc import XCAFDoc_Area, XCAFDoc_Centroid, XCAFDoc_Volume

    material, density = _material(label)
    volume, area, center = (_attribute(label, kind) for kind in (XCAFDoc_Volume, XCAFDoc_Area, XCAFDoc_Centroid))
    point = center.Get() if center is not None else None
    return Statement(
        material,
        density,
        None if volume is None else float(volume.Get()),
        None if area is None else float(area.Get()),
        None if point is None else (float(point.X()), float(point.Y()), float(point.Z())),
    )


def differences(stated: Statement, found: Soundness, shape: Any) -> tuple[str, ...]:
    """Say where the shape that was read is not the one that the author measured."""
    told = []
    if stated.volume and found.volume is not None and abs(stated.volume - found.volume) > SAME_SHARE * stated.volume:
        told.append(f"volume is {found.volume:.6g} where the file states {stated.volume:.6g}")
    if stated.area:
        area = _area(shape)
        if abs(stated.area - area) > SAME_SHARE * stated.area:
            told.append(f"area is {area:.6g} where the file states {stated.area:.6g}")
    center = _center(found)
    if stated.centroid is not None and center is not None and stated.volume:
        distance = float(np.linalg.norm(center - np.array(stated.centroid)))
        if distance > SAME_SHARE * stated.volume ** (1 / 3):
            told.append(f"centroid lies {distance:.4g} from where the file states it")
    return tuple(told)


def _center(found: Soundness) -> FloatArray | None:
    if found.volume is None or found.loose_volume or not found.solids:
        return None
    volumes = np.array([one.volume for one in found.solids])
    center: FloatArray = volumes @ np.stack([one.center for one in found.solids]) / found.volume
    return center


def _area(shape: Any) -> float:
    from OCP.BRepGProp import BRepGProp
    from OCP.GProp import GProp_GProps

    properties = GProp_GProps()
    BRepGProp.SurfaceProperties_s(shape, properties)
    return float(properties.Mass())


def _attribute(label: Any, kind: Any) -> Any:
    """Return a label's attribute of a kind, None when it has none: a search in vain crashes the bindings."""
    if not label.IsAttribute(kind.GetID_s()):
        return None
    found = kind()
    label.FindAttribute(kind.GetID_s(), found)
    return found


def _material(label: Any) -> tuple[str, float | None]:
    """Return name and density; SolidWorks puts the name of its library before that of the material."""
    from OCP.TDataStd import TDataStd_TreeNode
    from OCP.XCAFDoc import XCAFDoc, XCAFDoc_Material

    reference = XCAFDoc.MaterialRefGUID_s()
    if not label.IsAttribute(reference):
        return "", None
    node = TDataStd_TreeNode()
    label.FindAttribute(reference, node)
    material = _attribute(node.Father().Label(), XCAFDoc_Material)
    if material is None or material.GetName() is None:
        return "", None
    name = str(material.GetName().ToCString()).rpartition("|")[2].strip()
    return name, _density_kg_m3(float(material.GetDensity()))


def _density_kg_m3(value: float) -> float | None:
    """Return a density in kg/m³. The kernel means g/mm³, but hands over g/cm³ or kg/m³ where a file gives no unit it knows."""
    return next((value * scale for scale in (1e6, 1e3, 1.0) if _LIGHTEST <= value * scale <= _DENSEST), None)
