"""FreeCAD documents → pieces: exact shapes through the kernel, meshes as they are. Runs in the worker process only."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.readers.exact.exploring import explore
from partsight.cad.readers.formats import METERS_PER
from partsight.cad.readers.freecad.meshes import FreecadMesh
from partsight.cad.readers.freecad.shown import FreecadShape, read_freecad_shapes
from partsight.cad.readers.kernel import new_document, tessellate_document
from partsight.cad.readers.pieces import BaseColor, Node, Piece, ReadFile
from partsight.cad.readers.xcaf import (
    ColorAlpha,
    add_shape,
    is_empty,
    is_endless,
    paint,
    paint_faces,
    placed,
    read_brep,
    set_length_unit,
)
from partsight.errors import CadError
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.world.material import linear_from_srgb

_SHAPES_APART = 1 << 20
"""Between the numbers of two shapes: more colors than one shape has."""


def read_freecad(path: Path, linear_tolerance: float, angular_tolerance_deg: float) -> ReadFile:
    """Read what FreeCAD shows of a document. Raises CadError when that is nothing with a surface."""
    document = new_document()
    with tempfile.TemporaryDirectory(prefix="partsight-freecad-") as folder:
        found = read_freecad_shapes(path, Path(folder))
        endless = [entry.names[-1] for entry in found.shapes if entry.brep_path and _fill(document, entry) is _ENDLESS]
    remarks = (*found.remarks, *(f"'{name}' has no end and is left out" for name in endless))
    set_length_unit(document, METERS_PER["mm"])
    meshes = list(_mesh_pieces(found.shapes))
    if is_empty(document) and not meshes:
        raise CadError(
            f"{path}: no visible shape in it{_why(remarks)}. Make the parts visible in FreeCAD and save it again."
        )
    exact = ReadFile((), "", "")
    if not is_empty(document):
        exact = tessellate_document(path, document, linear_tolerance, angular_tolerance_deg)
    pieces = (*_renamed(exact.pieces, found.shapes), *meshes)
    by_number = {piece.node.ids: _by_kernel_name(found.shapes)[piece.node.names[0]].ids for piece in exact.pieces}
    bodies = {
        by_number[ids]: body for ids, body in exact.exact.items() if not meshes
    }  # else some nodes would have none
    return ReadFile(_numbered(pieces), "FreeCAD", "mm", exact.num_solids, (*remarks, *exact.remarks), bodies)


_ENDLESS = object()


def _fill(document: Any, entry: FreecadShape) -> object:
    """Put a shape into the document, named after its number; one without a face is none that can be seen."""
    from OCP.TopAbs import TopAbs_ShapeEnum

    assert entry.brep_path is not None  # noqa: S101  # asked by the caller
    shape = read_brep(entry.brep_path)
    num_faces = sum(1 for _ in explore(shape, TopAbs_ShapeEnum.TopAbs_FACE))
    if not num_faces:
        return None
    if is_endless(shape):
        return _ENDLESS
    is_placed = not shape.Location().IsIdentity()
    matrix = entry.world_from_container @ (np.eye(4) if is_placed else entry.placement)
    label = add_shape(document, placed(shape, matrix), str(entry.ids[-1]))
    if len(entry.look) == num_faces > 1:
        paint_faces(document, label, entry.look)
    elif entry.look:
        paint(document, label, entry.look[0])
    return label


def _why(remarks: Sequence[str]) -> str:
    return f" ({'; '.join(remarks)})" if remarks else ""


def _by_kernel_name(shapes: Sequence[FreecadShape]) -> dict[str, FreecadShape]:
    return {str(entry.ids[-1]): entry for entry in shapes}


def _renamed(pieces: Sequence[Piece], shapes: Sequence[FreecadShape]) -> Iterator[Piece]:
    """Yield the kernel's pieces with the names in the document; in the order of the document."""
    by_number = _by_kernel_name(shapes)
    keys = list(dict.fromkeys(entry.key for entry in shapes))
    colors: dict[int, int] = {}
    for piece in pieces:
        entry = by_number[piece.node.names[0]]
        number = colors.get(entry.ids[-1], 0)
        colors[entry.ids[-1]] = number + 1
        shape_id = keys.index(entry.key) * _SHAPES_APART + number
        yield replace(piece, node=Node(entry.names, entry.ids, ""), shape_id=shape_id)


def _mesh_pieces(shapes: Sequence[FreecadShape]) -> Iterator[Piece]:
    """Yield the meshes, a piece for each color."""
    keys = list(dict.fromkeys(entry.key for entry in shapes))
    for entry in shapes:
        if entry.mesh is None or not len(entry.mesh.triangles):
            continue
        vertices_m, triangles = _placed_mesh(entry, entry.mesh)
        looks = entry.look if len(entry.look) == len(triangles) else entry.look[:1] * len(triangles)
        for number, (color, chosen) in enumerate(_by_color(looks, len(triangles))):
            yield Piece(
                node=Node(entry.names, entry.ids, ""),
                shape_id=keys.index(entry.key) * _SHAPES_APART + number,
                vertices_m=vertices_m,
                normals=None,
                triangles=triangles[chosen],
                base_color=None if color is None else _linear(color),
                opacity=1.0 if color is None else color[3],
            )


def _placed_mesh(entry: FreecadShape, mesh: FreecadMesh) -> tuple[FloatArray, IntArray]:
    """Return vertices in meters and triangles that still face outwards where the place is mirrored."""
    matrix = entry.world_from_container @ entry.placement
    vertices_m = (mesh.vertices_mm @ matrix[:3, :3].T + matrix[:3, 3]) * METERS_PER["mm"]
    return vertices_m, mesh.triangles[:, ::-1] if np.linalg.det(matrix[:3, :3]) < 0 else mesh.triangles


def _by_color(looks: Sequence[ColorAlpha], num_triangles: int) -> Iterator[tuple[ColorAlpha | None, Any]]:
    """Yield each color and the triangles that have it."""
    if not looks:
        yield None, np.arange(num_triangles)
    for color in dict.fromkeys(looks):
        yield color, np.flatnonzero([look == color for look in looks])


def _linear(color: ColorAlpha) -> BaseColor:
    red, green, blue = linear_from_srgb(np.array(color[:3])).round(4).tolist()
    return red, green, blue


def _numbered(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Return the pieces in the order of the document."""
    return tuple(sorted(pieces, key=lambda piece: piece.node.ids[-1]))
