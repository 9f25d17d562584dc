"""How FreeCAD shows a thing: colors and transparency of the whole or of each face.

Packed colors have red as their highest byte. Their lowest byte meant transparency until FreeCAD 1.0 and opacity afterwards, so it is
used only for lists of FreeCAD 0.x, which have no other place for it.
"""

import struct
import zipfile
from collections.abc import Mapping
from typing import Any

from partsight.cad.readers.freecad.properties import child, value
from partsight.cad.readers.xcaf import ColorAlpha

Look = tuple[ColorAlpha, ...]
"""One color for the whole, or one for each face, or none."""
_MATERIAL_BYTES = 24
_IS_ON_TOP = "OverrideMaterial"


def read_look(archive: zipfile.ZipFile, properties: Mapping[str, Any]) -> Look:
    """Return the look that the view of a shape states, in the way of FreeCAD 1.0 or of an older one."""
    appearance = value(properties, "ShapeAppearance", "file")
    if appearance:
        return _materials(archive.read(appearance))
    opacity = 1 - float(value(properties, "Transparency") or 0) / 100
    faces = value(properties, "DiffuseColor", "file")
    if faces:
        content = archive.read(faces)
        (count,) = struct.unpack_from("<I", content)
        return tuple(_old_color(packed, opacity) for packed in struct.unpack_from(f"<{count}I", content, 4))
    whole = value(properties, "ShapeColor")
    return ((*_unpacked(int(whole)), opacity),) if whole else ()


def read_overriding_look(properties: Mapping[str, Any]) -> Look:
    """Return the look that a link gives to all that it shows, none where it leaves that as it is."""
    material = child(properties, "ShapeMaterial")
    if value(properties, _IS_ON_TOP) != "true" or material is None:
        return ()
    opacity = 1 - float(material.get("transparency") or 0)
    return ((*_unpacked(int(material.get("diffuseColor") or 0)), opacity),)


def read_copies_looks(archive: zipfile.ZipFile, properties: Mapping[str, Any]) -> tuple[Look, ...]:
    """Return the looks that a link gives to each of its copies; empty ones leave theirs as it is."""
    materials = value(properties, "MaterialList", "file")
    chosen = value(properties, f"{_IS_ON_TOP}List")[::-1]  # the highest bit, of the last copy, is written first
    if not materials or "1" not in chosen:
        return ()
    looks = _materials(archive.read(materials))
    return tuple((look,) if bit == "1" else () for look, bit in zip(looks, chosen, strict=False))


def _materials(content: bytes) -> Look:
    """Read a count (−1 before it in some files), then 24 bytes each: four colors, the second diffuse, shininess, transparency."""
    start = 8 if content[:4] == b"\xff\xff\xff\xff" else 4
    (count,) = struct.unpack_from("<I", content, start - 4) if len(content) >= start else (0,)
    entries = (struct.unpack_from("<4I2f", content, start + number * _MATERIAL_BYTES) for number in range(count))
    return tuple((*_unpacked(entry[1]), min(1.0, max(0.0, 1 - entry[5]))) for entry in entries)


def _old_color(packed: int, opacity: float) -> ColorAlpha:
    transparency = (packed & 255) / 255
    return (*_unpacked(packed), 1 - transparency if transparency else opacity)


def _unpacked(packed: int) -> tuple[float, float, float]:
    return (packed >> 24 & 255) / 255, (packed >> 16 & 255) / 255, (packed >> 8 & 255) / 255
