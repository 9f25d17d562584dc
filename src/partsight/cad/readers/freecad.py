"""FreeCAD documents (.FCStd) without FreeCAD: a zip of an object list, one BREP file per shape, and how things are shown.

Layout as FreeCAD 0.19–1.0 writes it. Document.xml: objects and their properties; a shape's BREP carries the object's own placement.
GuiDocument.xml (absent in files saved without a window): visibility and colors. What a user sees is what is read:

    App::Part, groups        a frame for the objects in them, hidden with them
    PartDesign::Body         its own shape; the features in it are steps of its making
    App::Link                the linked object once more, at the link's place, or at each place of its list
    anything with a shape    that shape, if visible; without GuiDocument.xml if no other shape is made of it
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from partsight.errors import CadError
from partsight.structures.arrays import FloatArray
from partsight.texts import MalformedText, parse_xml
from partsight.unpacking import BombError, check_members

LARGEST_BYTES = 2_000_000_000
_CONTAINERS = ("App::Part", "App::DocumentObjectGroup", "App::LinkGroup")
_DEEPEST = 50

Color = tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class FreecadShape:
    """One visible shape."""

    label: str
    brep_path: Path
    world_from_shape: FloatArray
    """(4, 4), millimeters; applied to the shape as the BREP file places it."""
    colors_srgb: tuple[Color, ...]
    """One for the whole shape, or one for each face, or none."""


@dataclass(frozen=True, slots=True)
class FreecadContents:
    """The visible shapes, and what could not be drawn."""

    shapes: tuple[FreecadShape, ...]
    remarks: tuple[str, ...]


@dataclass(slots=True)
class _Object:
    """One entry of Document.xml."""

    name: str
    type: str
    label: str = ""
    shape_file: str = ""
    members: tuple[str, ...] = ()
    linked: str = ""
    linked_file: str = ""
    keeps_own_place: bool = False
    """Of a link: whether the linked object's own placement comes on top of the link's."""
    placement: FloatArray = field(default_factory=lambda: np.eye(4))
    places_file: str = ""
    is_visible: bool = True
    colors: tuple[Color, ...] = ()


def read_freecad_shapes(path: Path, folder: Path) -> FreecadContents:
    """Read the visible shapes, unpacking their BREP files into a folder. Raises CadError."""
    try:
        with zipfile.ZipFile(path) as archive:
            check_members(archive, path.stat().st_size, largest_bytes=LARGEST_BYTES)
            objects = _read_objects(archive)
            shapes = list(_visible_shapes(archive, objects, folder))
    except BombError as error:
        raise CadError(f"{path}: {error}.") from error
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, struct.error, OSError, EOFError) as error:
        raise CadError(f"{path}: not a FreeCAD document, or a damaged one ({error}). Save it again.") from error
    if not shapes:
        raise CadError(f"{path}: no visible shape in it. Make the parts visible in FreeCAD and save it again.")
    away = sorted({entry.linked_file for entry in objects.values() if entry.linked_file})
    return FreecadContents(tuple(shapes), tuple(f"links into {name}, which is not followed" for name in away))


# The object list ------------------------------------------------------------------------------------------------------


def _read_objects(archive: zipfile.ZipFile) -> dict[str, _Object]:
    document = _parse(archive.read("Document.xml"))
    types = {entry.get("name"): entry.get("type", "") for entry in document.iterfind("Objects/Object")}
    objects = {
        entry.get("name"): _read_object(entry, types.get(entry.get("name"), ""))
        for entry in document.iterfind("ObjectData/Object")
    }
    if "GuiDocument.xml" in archive.namelist():
        _apply_views(archive, objects)
    else:
        _hide_ingredients(document, objects)
    return objects


def _parse(content: bytes) -> Any:
    try:
        return parse_xml(content)
    except MalformedText as error:
        raise ValueError(f"its object list is not XML: {error}") from error


def _read_object(entry: Any, type_name: str) -> _Object:
    properties = {found.get("name"): found for found in entry.iterfind("Properties/Property")}
    link = _child(properties, "LinkedObject")
    place = "LinkPlacement" if "LinkPlacement" in properties else "Placement"
    return _Object(
        name=entry.get("name"),
        type=type_name,
        label=_value(properties, "Label") or entry.get("name"),
        shape_file=_value(properties, "Shape", "file"),
        members=tuple(found.get("value") for found in _all(properties, "Group", "LinkList/Link")),
        linked="" if link is None else link.get("name") or link.get("value") or "",
        linked_file="" if link is None else link.get("file") or "",
        keeps_own_place=_value(properties, "LinkTransform") == "true",
        placement=_placement(_child(properties, place)),
        places_file=_value(properties, "PlacementList", "file") if _value(properties, "ElementCount") != "0" else "",
        is_visible=_value(properties, "Visibility") != "false",
    )


def _child(properties: Mapping[str, Any], name: str) -> Any:
    return properties[name][0] if name in properties and len(properties[name]) else None


def _value(properties: Mapping[str, Any], name: str, attribute: str = "value") -> str:
    child = _child(properties, name)
    return "" if child is None else child.get(attribute) or ""


def _all(properties: Mapping[str, Any], name: str, xpath: str) -> Iterator[Any]:
    return iter(()) if name not in properties else properties[name].iterfind(xpath)


def _placement(entry: Any) -> FloatArray:
    if entry is None:
        return np.eye(4)
    return _rigid([float(entry.get(key)) for key in ("Px", "Py", "Pz", "Q0", "Q1", "Q2", "Q3")])


def _rigid(numbers: list[float]) -> FloatArray:
    """Return the matrix of x y z and a quaternion x y z w."""
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(numbers[3:]).as_matrix()
    matrix[:3, 3] = numbers[:3]
    return matrix


# How things are shown -------------------------------------------------------------------------------------------------


def _apply_views(archive: zipfile.ZipFile, objects: dict[str, _Object]) -> None:
    views = _parse(archive.read("GuiDocument.xml"))
    for view in views.iterfind("ViewProviderData/ViewProvider"):
        entry = objects.get(view.get("name"))
        if entry is not None:
            properties = {found.get("name"): found for found in view.iterfind("Properties/Property")}
            entry.is_visible = (_value(properties, "Visibility") or str(entry.is_visible).lower()) == "true"
            entry.colors = _colors(archive, properties)


def _colors(archive: zipfile.ZipFile, properties: Mapping[str, Any]) -> tuple[Color, ...]:
    """DiffuseColor: count and one packed color for each face. ShapeAppearance: count, then 16 + 8 bytes, diffuse second."""
    appearance = _value(properties, "ShapeAppearance", "file")
    if appearance:
        content = archive.read(appearance)
        return (_unpacked(struct.unpack_from("<I", content, 8)[0]),) if len(content) >= 12 else ()
    faces = _value(properties, "DiffuseColor", "file")
    if faces:
        content = archive.read(faces)
        (count,) = struct.unpack_from("<I", content)
        return tuple(_unpacked(packed) for packed in struct.unpack_from(f"<{count}I", content, 4))
    whole = _value(properties, "ShapeColor")
    return (_unpacked(int(whole)),) if whole else ()


def _unpacked(packed: int) -> Color:
    """Red is the highest byte, transparency the lowest."""
    return (packed >> 24 & 255) / 255, (packed >> 16 & 255) / 255, (packed >> 8 & 255) / 255


def _hide_ingredients(document: Any, objects: dict[str, _Object]) -> None:
    """Without views: hide the shapes that other shapes are made of."""
    for entry in document.iterfind("Objects/ObjectDeps"):
        user = objects.get(entry.get("Name"))
        if user is not None and user.shape_file and not user.linked:
            for needed in entry.iterfind("Dep"):
                ingredient = objects.get(needed.get("Name"))
                if ingredient is not None and user.name not in ingredient.members:  # a feature depends on its body
                    ingredient.is_visible = False


# What is seen ---------------------------------------------------------------------------------------------------------


def _visible_shapes(archive: zipfile.ZipFile, objects: dict[str, _Object], folder: Path) -> Iterator[FreecadShape]:
    owned = {member for entry in objects.values() for member in entry.members}
    for name, entry in objects.items():
        if name not in owned:
            for shown, world in _shown(archive, objects, entry, np.eye(4)):
                brep = _unpack(archive, shown.shape_file, folder)
                yield FreecadShape(shown.label, brep, world, shown.colors)


def _shown(
    archive: zipfile.ZipFile, objects: dict[str, _Object], entry: _Object, world: FloatArray, depth: int = 0
) -> Iterator[tuple[_Object, FloatArray]]:
    """Yield the shapes that one object shows, each with the matrix to apply to its BREP."""
    if not entry.is_visible:
        return
    if depth > _DEEPEST:
        raise ValueError(f"'{entry.label}' contains itself")
    if entry.type.startswith(_CONTAINERS):
        inside = world @ entry.placement
        for member in entry.members:
            if member in objects:
                yield from _shown(archive, objects, objects[member], inside, depth + 1)
    elif entry.linked:
        yield from _linked(archive, objects, entry, world, depth)
    elif entry.shape_file and archive.getinfo(entry.shape_file).file_size:
        yield entry, world


def _linked(
    archive: zipfile.ZipFile, objects: dict[str, _Object], link: _Object, world: FloatArray, depth: int
) -> Iterator[tuple[_Object, FloatArray]]:
    target = objects.get(link.linked)
    if target is None or link.linked_file:
        return
    was_visible, target.is_visible = target.is_visible, True  # a link shows what may itself be hidden
    undone = np.eye(4) if link.keeps_own_place else np.linalg.inv(target.placement)
    for place in _places(archive, link):
        yield from _shown(archive, objects, target, world @ link.placement @ place @ undone, depth + 1)
    target.is_visible = was_visible


def _places(archive: zipfile.ZipFile, link: _Object) -> list[FloatArray]:
    """Return the places of a link's copies: count, then 7 numbers for each, in double or single precision."""
    content = archive.read(link.places_file) if link.places_file in archive.namelist() else b""
    count = struct.unpack_from("<I", content)[0] if len(content) >= 4 else 0
    if not count:
        return [np.eye(4)]
    kind = "d" if len(content) >= 4 + 56 * count else "f"
    numbers = np.array(struct.unpack_from(f"<{7 * count}{kind}", content, 4)).reshape(count, 7)
    return [_rigid(row.tolist()) for row in numbers]


def _unpack(archive: zipfile.ZipFile, member: str, folder: Path) -> Path:
    """Unpack one member under a name of our own: names in archives are not to be trusted."""
    target = folder / f"{archive.namelist().index(member)}.brp"
    if not target.exists():
        target.write_bytes(archive.read(member))
    return target
