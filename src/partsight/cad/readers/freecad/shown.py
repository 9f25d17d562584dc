"""What FreeCAD's window shows of a document, link by link and group by group.

App::Part, assemblies         a frame for the objects in them, hidden with them; plain groups are no frame
App::LinkGroup                a frame for its elements
PartDesign::Body              its own shape, or that of its tip where it was saved without; the features in it are steps
App::Link                     the linked object once more, at the link's place or each of its list, also out of other files
anything with a shape, mesh   that, if visible; without GuiDocument.xml if no other shape is made of it
sketches, planes, axes        nothing: they help to draw
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import numpy as np

from partsight.cad.readers.freecad.documents import DAMAGES, FreecadDocument, FreecadDocuments, damaged
from partsight.cad.readers.freecad.looks import Look
from partsight.cad.readers.freecad.meshes import FreecadMesh, read_mesh
from partsight.cad.readers.freecad.objects import FreecadObject
from partsight.cad.readers.freecad.properties import read_placements, read_scales
from partsight.structures.arrays import FloatArray

_DEEPEST = 50


@dataclass(frozen=True, slots=True, eq=False)
class FreecadShape:
    """One visible shape: exact, or a mesh."""

    names: tuple[str, ...]
    """Labels from the outermost container to its own."""
    ids: tuple[int, ...]
    """Numbers of the same containers, unique for each place."""
    key: tuple[int, str]
    """Equal for one shape at several places."""
    world_from_container: FloatArray
    """(4, 4), millimeters."""
    placement: FloatArray
    """(4, 4), its own, in its container. FreeCAD writes it into the BREP file too, where it prevails."""
    look: Look
    brep_path: Path | None
    mesh: FreecadMesh | None


@dataclass(frozen=True, slots=True)
class FreecadContents:
    """The visible shapes, and what could not be drawn."""

    shapes: tuple[FreecadShape, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where in the documents and in space an object is shown."""

    document: FreecadDocument
    world: FloatArray = field(default_factory=lambda: np.eye(4))
    names: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    override: Look = ()

    def within(self, container: FreecadObject, number: int) -> "_Place":
        """Return the place below a container. Raises ValueError for one that contains itself."""
        if len(self.ids) > _DEEPEST:
            raise ValueError(f"'{container.label}' contains itself")
        return replace(self, names=(*self.names, container.label), ids=(*self.ids, number))

    def moved(self, matrix: FloatArray) -> "_Place":
        """Return the place in a frame that lies in this one."""
        return replace(self, world=self.world @ matrix)


def read_freecad_shapes(path: Path, folder: Path) -> FreecadContents:
    """Read the visible shapes, unpacking their BREP files into a folder. Raises CadError for what is no document."""
    with FreecadDocuments(path) as documents:
        try:
            shapes = tuple(_Walk(documents, folder).shapes())
        except DAMAGES as error:
            raise damaged(path, error) from error
    away = sorted(set(documents.missing))
    return FreecadContents(shapes, tuple(f"links into {name}, which is not there" for name in away))


class _Walk:
    """Goes through the documents once; each container it enters gets a number."""

    def __init__(self, documents: FreecadDocuments, folder: Path) -> None:
        self._documents = documents
        self._folder = folder
        self._numbers = count()

    def shapes(self) -> Iterator[FreecadShape]:
        """Yield what is shown of the first document."""
        document = self._documents.first
        owned = {name for entry in document.objects.values() for name in (*entry.members, *entry.elements)}
        for name, entry in document.objects.items():
            if name not in owned and entry.is_visible:
                yield from self._shown(entry, _Place(document))

    def _shown(self, entry: FreecadObject, place: _Place) -> Iterator[FreecadShape]:
        """Yield what one object shows, whether or not it is visible itself."""
        if entry.is_helper:
            return
        if entry.is_body:
            yield from self._body(entry, place)
        elif entry.elements:
            yield from self._elements(entry, place)
        elif entry.members:
            yield from self._own(entry, place)
            yield from self._members(entry, place)
        elif entry.linked:
            yield from self._link(entry, place)
        else:
            yield from self._own(entry, place)

    def _own(self, entry: FreecadObject, place: _Place) -> Iterator[FreecadShape]:
        """Yield the object's own shape or mesh."""
        document = place.document
        member = next((name for name in (entry.shape_file, entry.mesh_file) if document.has_content(name)), None)
        if member is None:
            return
        named = place.within(entry, next(self._numbers))
        is_exact = member == entry.shape_file
        yield FreecadShape(
            names=named.names,
            ids=named.ids,
            key=(document.number, member),
            world_from_container=place.world,
            placement=entry.placement,
            look=place.override or entry.look,
            brep_path=document.unpack(member, self._folder) if is_exact else None,
            mesh=None if is_exact else read_mesh(document.archive.read(member)),
        )

    def _body(self, body: FreecadObject, place: _Place) -> Iterator[FreecadShape]:
        """Yield a body's shape; saved without one, that of its tip, or of its visible features where it names none."""
        objects = place.document.objects
        tip = objects.get(body.tip)
        if place.document.has_content(body.shape_file):
            look = tip.look if tip is not None and tip.look and body.shows_features else body.look
            yield from self._own(_seen_as(body, body, look), place)
            return
        members = (objects[name] for name in body.members if name in objects and objects[name].is_visible)
        inside = place.moved(body.placement)
        for feature in [tip] if tip is not None else members:
            if not feature.is_helper:
                look = feature.look if feature.look and body.shows_features else body.look
                yield from self._own(_seen_as(feature, body, look), inside)

    def _members(self, group: FreecadObject, place: _Place) -> Iterator[FreecadShape]:
        objects = place.document.objects
        inside = place.within(group, next(self._numbers))
        inside = inside.moved(group.placement) if group.moves_members else inside
        in_groups = {inner for name in group.members if name in objects for inner in objects[name].members}
        for name in group.members:
            member = objects.get(name)
            if member is not None and member.is_visible and name not in in_groups:
                yield from self._shown(member, inside)

    def _elements(self, group: FreecadObject, place: _Place) -> Iterator[FreecadShape]:
        """Yield what the elements of a group of links, or the copies of one link, show."""
        inside = place.within(group, next(self._numbers)).moved(group.placement @ group.scale)
        for number, name in enumerate(group.elements):
            element = place.document.objects.get(name)
            if element is not None and number not in group.hidden_copies:
                yield from self._shown(element, _painted(inside, group, number))

    def _link(self, link: FreecadObject, place: _Place) -> Iterator[FreecadShape]:
        document = self._documents.follow(place.document, link.linked_file)
        root, *within = link.linked.split(".")
        chain = [] if document is None else [document.objects.get(name) for name in (root, *within)]
        found = [entry for entry in chain if entry is not None]
        if document is None or len(found) < len(within) + 1:
            return
        inside = replace(place.within(link, next(self._numbers)), document=document)
        for number, matrix in enumerate(_copies(link, place.document)):
            if number not in link.hidden_copies or not link.num_copies:
                there = _painted(inside, link, number).moved(link.placement @ link.scale @ matrix)
                yield from self._shown(found[-1], there.moved(_undone(found, keeps=link.keeps_own_place)))


def _seen_as(feature: FreecadObject, body: FreecadObject, look: Look) -> FreecadObject:
    """Return a feature under its body's name, in the look it is shown in."""
    return replace(feature, label=body.label, look=look)


def _painted(place: _Place, link: FreecadObject, number: int) -> _Place:
    """Return a place where the look that a link, or one copy of it, puts on top is known; the outermost prevails."""
    own = link.copies_looks[number] if number < len(link.copies_looks) else ()
    return replace(place, override=place.override or own or link.overriding_look)


def _copies(link: FreecadObject, document: FreecadDocument) -> list[FloatArray]:
    """Return the places of a link's copies, one for a link without a list."""
    if not link.num_copies:
        return [np.eye(4)]
    places = read_placements(document.archive, link.places_file)
    scales = read_scales(document.archive, link.scales_file)
    places += [np.eye(4)] * (link.num_copies - len(places))
    scales += [np.eye(4)] * (link.num_copies - len(scales))
    return [place @ scale for place, scale in zip(places[: link.num_copies], scales, strict=False)]


def _undone(chain: list[FreecadObject], *, keeps: bool) -> FloatArray:
    """Return what comes between a link's place and what it shows: without the linked object's own place, unless it is kept."""
    root, *within = chain
    if not within:
        return np.eye(4) if keeps else np.asarray(np.linalg.inv(root.placement), np.float64)
    matrix: FloatArray = root.placement if keeps else np.eye(4)
    for entry in within[:-1]:
        matrix = matrix @ entry.placement
    return matrix
