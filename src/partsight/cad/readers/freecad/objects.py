"""The objects of one FreeCAD document, as its two XML files describe them.

Document.xml: objects and their properties; a shape's BREP carries the object's own placement. GuiDocument.xml (absent in files saved
without a window): visibility and colors. Layout as FreeCAD 0.14–1.1 writes it.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from partsight.cad.readers.freecad.looks import Look, read_copies_looks, read_look, read_overriding_look
from partsight.cad.readers.freecad.properties import (
    child,
    linked_names,
    parse_xml,
    placement,
    properties_of,
    scale,
    value,
)
from partsight.structures.arrays import FloatArray

_FRAMES = ("App::Part", "Assembly::AssemblyObject", "Assembly::AssemblyLink", "App::LinkGroup")
_FRAME_EXTENSIONS = ("GeoFeatureGroup", "OriginGroup")
_HELPERS = (
    "Sketcher::", "PartDesign::Plane", "PartDesign::Line", "PartDesign::Point", "PartDesign::CoordinateSystem",
    "Part::Datum", "Part::LocalCoordinateSystem",
)  # fmt: skip
"""What helps to draw and is no part, though it has a shape."""


@dataclass(slots=True, eq=False)
class FreecadObject:
    """One entry of Document.xml, and how it is shown."""

    name: str
    type: str
    label: str
    shape_file: str
    """BREP file in the archive; "" for none."""
    mesh_file: str
    members: tuple[str, ...]
    """Of a group, an assembly or a body."""
    elements: tuple[str, ...]
    """Of a group of links, or of a link with copies that can be chosen one by one."""
    tip: str
    """Of a body: the feature that is its result."""
    linked: str
    """Name of the object that a link shows, and below it the names on the way to a thing in it: "Assembly.Shaft"."""
    linked_file: str
    keeps_own_place: bool
    """Of a link: whether the linked object's own placement comes on top of the link's."""
    placement: FloatArray
    scale: FloatArray
    places_file: str
    scales_file: str
    num_copies: int
    hidden_copies: frozenset[int]
    moves_members: bool
    """Whether its members are placed in its frame; those of a plain group are not."""
    is_visible: bool
    look: Look = ()
    overriding_look: Look = ()
    copies_looks: tuple[Look, ...] = field(default=())
    shows_features: bool = True
    """Of a body: whether its features are seen in their own colors, as FreeCAD does by default."""

    @property
    def is_body(self) -> bool:
        """Whether it is a body: its members are steps of its making."""
        return self.type.startswith("PartDesign::Body")

    @property
    def is_helper(self) -> bool:
        """Whether it is a sketch, or a plane, axis, point or frame to draw on."""
        return self.type.startswith(_HELPERS)


def read_objects(archive: zipfile.ZipFile) -> dict[str, FreecadObject]:
    """Return the objects by name. Raises KeyError, ValueError, OSError for what is no FreeCAD document."""
    document = parse_xml(archive.read("Document.xml"))
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


def _read_object(entry: Any, type_name: str) -> FreecadObject:
    properties = properties_of(entry)
    link = child(properties, "LinkedObject")
    hidden = value(properties, "VisibilityList")[::-1]  # the highest bit, of the last element, is written first
    return FreecadObject(
        name=entry.get("name"),
        type=type_name,
        label=value(properties, "Label") or entry.get("name"),
        shape_file=value(properties, "Shape", "file"),
        mesh_file=value(properties, "Mesh", "file"),
        members=linked_names(properties, "Group") or linked_names(properties, "Model"),
        elements=linked_names(properties, "ElementList"),
        tip=value(properties, "Tip"),
        linked="" if link is None else _linked_name(link),
        linked_file="" if link is None else link.get("file") or "",
        keeps_own_place=value(properties, "LinkTransform") == "true",
        placement=placement(properties, "LinkPlacement" if "LinkPlacement" in properties else "Placement"),
        scale=scale(properties),
        places_file=value(properties, "PlacementList", "file"),
        scales_file=value(properties, "ScaleList", "file"),
        num_copies=int(value(properties, "ElementCount") or 0),
        hidden_copies=frozenset(number for number, bit in enumerate(hidden) if bit == "0"),
        moves_members=_moves_members(entry, type_name),
        is_visible=value(properties, "Visibility") != "false",
    )


def _linked_name(link: Any) -> str:
    """Return the name of what a link shows; names of faces and edges, which have no dot behind them, are left out."""
    path = link.get("sub") or next((sub.get("value") or "" for sub in link.iterfind("Sub")), "")
    within = path.rpartition(".")[0]
    name = link.get("name") or link.get("value") or ""
    return f"{name}.{within}" if within else name


def _moves_members(entry: Any, type_name: str) -> bool:
    extensions = [found.get("type") or "" for found in entry.iterfind("Extensions/Extension")]
    return type_name.startswith(_FRAMES) or any(mark in kind for kind in extensions for mark in _FRAME_EXTENSIONS)


def _apply_views(archive: zipfile.ZipFile, objects: Mapping[str, FreecadObject]) -> None:
    views = parse_xml(archive.read("GuiDocument.xml"))
    for view in views.iterfind("ViewProviderData/ViewProvider"):
        entry = objects.get(view.get("name"))
        if entry is not None:
            properties = properties_of(view)
            entry.is_visible = (value(properties, "Visibility") or str(entry.is_visible).lower()) == "true"
            entry.look = read_look(archive, properties)
            entry.overriding_look = read_overriding_look(properties)
            entry.copies_looks = read_copies_looks(archive, properties)
            entry.shows_features = value(properties, "DisplayModeBody") != "1"


def _hide_ingredients(document: Any, objects: Mapping[str, FreecadObject]) -> None:
    """Without views: hide the shapes that other shapes are made of."""
    for entry in document.iterfind("Objects/ObjectDeps"):
        user = objects.get(entry.get("Name"))
        if user is not None and user.shape_file and not user.linked:
            for needed in entry.iterfind("Dep"):
                ingredient = objects.get(needed.get("Name"))
                if ingredient is not None and user.name not in ingredient.members:  # a feature depends on its body
                    ingredient.is_visible = False
