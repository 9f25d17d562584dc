"""3MF → pieces: the items of the build, with components at their places, in the colors of their triangles."""

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.readers.coloring import split_by_color
from partsight.cad.readers.pieces import Node, Piece, ReadFile
from partsight.cad.readers.threemf.colors import PropertyGroup, read_group
from partsight.cad.readers.threemf.meshes import Look, ThreeMfMesh, read_mesh
from partsight.cad.readers.threemf.package import ThreeMfModel, ThreeMfPackage, open_package
from partsight.errors import CadError
from partsight.structures.arrays import FloatArray

METERS_PER = {"micron": 1e-6, "millimeter": 1e-3, "centimeter": 1e-2, "inch": 0.0254, "foot": 0.3048, "meter": 1.0}
_UNIT_NAMES = {"micron": "µm", "millimeter": "mm", "centimeter": "cm", "meter": "m"}
_AIDS = ("support", "solidsupport")
"""Kinds of objects that hold a print and are no part of it."""
_DAMAGES = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, KeyError, ValueError, OSError, EOFError,
)  # fmt: skip
_DEEPEST = 50
_MOST_MATERIALS = 4096
_PATH = "{http://schemas.microsoft.com/3dmanufacturing/production/2015/06}path"
_TOLD = {
    "beamlattice": "beams, which are not drawn",
    "slicestack": "slices, which are not drawn",
    "displacementmesh": "displaced surfaces, which are drawn flat",
}


def read_3mf(path: Path) -> ReadFile:
    """Read the build of a 3MF package. Raises CadError for what is none, or has no triangles."""
    try:
        with zipfile.ZipFile(path) as archive:
            package = open_package(path, archive)
            walk = _Walk(package)
            pieces = tuple(walk.pieces(path.stem))
    except _DAMAGES as error:
        raise CadError(
            f"{path}: not a 3MF file that can be read ({type(error).__name__}: {error}). Export it again."
        ) from error
    remarks = tuple(dict.fromkeys(walk.remarks))
    if not pieces:
        told = f" (only {'; '.join(remarks)})" if remarks else ""
        raise CadError(f"{path}: holds no triangles{told}. Export it as a mesh.")
    unit = package.start.unit
    return ReadFile(pieces, "3MF", _UNIT_NAMES.get(unit, unit), remarks=remarks)


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where an object is shown."""

    model: ThreeMfModel
    world: FloatArray
    """(4, 4), from the unit of the model to meters."""
    node: Node = field(default_factory=lambda: Node((), ()))


class _Walk:
    """Goes through a build once; each object it enters gets a number."""

    def __init__(self, package: ThreeMfPackage) -> None:
        self._package = package
        self._numbers = count()
        self._meshes: dict[tuple[str, str], ThreeMfMesh] = {}
        self._groups: dict[tuple[str, str], PropertyGroup | None] = {}
        self.remarks: list[str] = []

    def pieces(self, file_name: str) -> Iterator[Piece]:
        """Yield the pieces of all items; an object without a name is called after the file."""
        start = self._package.start
        scale = np.diag([*[_meters(start)] * 3, 1.0])
        for item in start.root.iterfind("{*}build/{*}item"):
            yield from self._object(item, _Place(start, scale), file_name)

    def _object(self, reference: Any, place: _Place, fallback: str) -> Iterator[Piece]:
        """Yield the pieces of the object that an item or a component names."""
        inner = self._package.model(reference.get(_PATH)) if reference.get(_PATH) else place.model
        entry = inner.resources.get(reference.get("objectid"))
        if entry is None:
            raise ValueError(f"object {reference.get('objectid')} is not in {inner.name}")
        if entry.get("type") in _AIDS:
            self.remarks.append("supports of the print, which are left out")
            return
        if len(place.node.ids) > _DEEPEST:
            raise ValueError(f"object {entry.get('id')} contains itself")
        world = place.world @ _transform(reference) @ _rescaled(inner, place.model)
        name = (entry.get("name") or entry.get("partnumber") or "").strip() or fallback
        node = Node((*place.node.names, name), (*place.node.ids, next(self._numbers)))
        self._tell(entry)
        there = _Place(inner, world, node)
        yield from self._mesh(entry, there)
        for component in entry.iterfind("{*}components/{*}component"):
            yield from self._object(component, there, f"object {component.get('objectid')}")

    def _tell(self, entry: Any) -> None:
        """Remember what of an object cannot be drawn."""
        for kind, told in _TOLD.items():
            if next(entry.iter(f"{{*}}{kind}"), None) is not None or any(kind in str(key) for key in entry.attrib):
                self.remarks.append(told)

    def _mesh(self, entry: Any, place: _Place) -> Iterator[Piece]:
        key = (place.model.name, entry.get("id"))
        if key not in self._meshes:
            self._meshes[key] = read_mesh(entry)
        mesh = self._meshes[key]
        if not len(mesh.triangles):
            return
        rotation = place.world[:3, :3]
        mirrored = np.linalg.det(rotation) < 0
        whole = Piece(
            node=place.node,
            shape_id=list(self._meshes).index(key),
            vertices_m=mesh.vertices @ rotation.T + place.world[:3, 3],
            normals=None,
            triangles=mesh.triangles[:, ::-1] if mirrored else mesh.triangles,
            base_color=None,
        )
        yield from self._colored(whole, mesh, place)

    def _colored(self, whole: Piece, mesh: ThreeMfMesh, place: _Place) -> Iterator[Piece]:
        """Yield a piece for each color and material."""
        known = [self._rgba_and_name(place.model, look) for look in mesh.looks]
        rgba = np.array([np.full(4, np.nan) if color is None else color for color, _ in known])[mesh.look_ids]
        names = np.array([name for _, name in known])[mesh.look_ids]
        for number, name in enumerate(dict.fromkeys(names.tolist())):
            chosen = np.flatnonzero(names == name)
            shape_id = whole.shape_id * _MOST_MATERIALS + number
            part = replace(whole, triangles=whole.triangles[chosen], material_name=name, shape_id=shape_id)
            yield from split_by_color(part, rgba[chosen])

    def _rgba_and_name(self, model: ThreeMfModel, look: Look) -> tuple[FloatArray | None, str]:
        group_id, *corners = look
        key = (model.name, group_id)
        if key not in self._groups:
            self._groups[key] = read_group(self._package, model, group_id)
        group = self._groups[key]
        if group is None or not all(corner < len(group.rgba) for corner in corners):
            return None, ""
        if group.is_textured:
            self.remarks.append("textures, which count by their mean color")
        return group.rgba[corners].mean(axis=0), group.names[corners[0]] if group.names else ""


def _transform(reference: Any) -> FloatArray:
    """Return the (4, 4) matrix of an item or component: twelve numbers, rows of a matrix that is multiplied from the right."""
    text = reference.get("transform")
    matrix = np.eye(4)
    if text:
        matrix[:3] = np.array([float(number) for number in text.split()]).reshape(4, 3).T
    return matrix


def _meters(model: ThreeMfModel) -> float:
    if model.unit not in METERS_PER:
        raise ValueError(f"unit '{model.unit}', expected one of {', '.join(METERS_PER)}")
    return METERS_PER[model.unit]


def _rescaled(inner: ThreeMfModel, outer: ThreeMfModel) -> FloatArray:
    return np.diag([*[_meters(inner) / _meters(outer)] * 3, 1.0])
