"""Properties of FreeCAD's XML: values by name, placements, and the lists kept in files beside the XML."""

import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from partsight import texts
from partsight.structures.arrays import FloatArray


def parse_xml(content: bytes) -> Any:
    """Return the root of an XML file without following what it refers to. Raises ValueError."""
    try:
        return texts.parse_xml(content)
    except texts.MalformedText as error:
        raise ValueError(f"its object list is not XML: {error}") from error


def properties_of(entry: Any) -> dict[str, Any]:
    """Return the properties of an object or view by name."""
    return {found.get("name"): found for found in entry.iterfind("Properties/Property")}


def child(properties: Mapping[str, Any], name: str) -> Any:
    """Return the element that holds a property's value, None where there is none."""
    return properties[name][0] if name in properties and len(properties[name]) else None


def value(properties: Mapping[str, Any], name: str, attribute: str = "value") -> str:
    """Return an attribute of a property's value, "" where there is none."""
    found = child(properties, name)
    return "" if found is None else found.get(attribute) or ""


def linked_names(properties: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the names in a list of links."""
    entries = properties[name].iterfind("LinkList/Link") if name in properties else ()
    return tuple(entry.get("value") or "" for entry in entries)


def placement(properties: Mapping[str, Any], name: str) -> FloatArray:
    """Return the (4, 4) matrix of a placement, in millimeters."""
    entry = child(properties, name)
    if entry is None:
        return np.eye(4)
    return _rigid([float(entry.get(key)) for key in ("Px", "Py", "Pz", "Q0", "Q1", "Q2", "Q3")])


def scale(properties: Mapping[str, Any]) -> FloatArray:
    """Return the (4, 4) matrix by which a link scales what it shows."""
    vector = child(properties, "ScaleVector")
    factors = [1.0, 1.0, 1.0] if vector is None else [float(vector.get(f"value{axis}") or 1) for axis in "XYZ"]
    return np.diag([*(np.array(factors) * float(value(properties, "Scale") or 1)), 1.0])


def read_placements(archive: zipfile.ZipFile, name: str) -> list[FloatArray]:
    """Return the places of a link's copies: count, then 7 numbers for each, in double or single precision."""
    return [_rigid(row.tolist()) for row in _read_rows(archive, name, 7)]


def read_scales(archive: zipfile.ZipFile, name: str) -> list[FloatArray]:
    """Return by how much each of a link's copies is scaled, as (4, 4) matrices."""
    return [np.diag([*row, 1.0]) for row in _read_rows(archive, name, 3)]


def _read_rows(archive: zipfile.ZipFile, name: str, width: int) -> FloatArray:
    content = archive.read(name) if name and name in archive.namelist() else b""
    count = struct.unpack_from("<I", content)[0] if len(content) >= 4 else 0
    kind = "d" if len(content) >= 4 + 8 * width * count else "f"
    return np.array(struct.unpack_from(f"<{width * count}{kind}", content, 4) if count else ()).reshape(count, width)


def _rigid(numbers: list[float]) -> FloatArray:
    """Return the matrix of x y z and a quaternion x y z w."""
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(numbers[3:]).as_matrix()
    matrix[:3, 3] = numbers[:3]
    return matrix
