"""Pieces → Part: one mesh with normals split at edges, materials, sub-part names. Runs in the worker process only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import trimesh

from partsight.cad.geometry.materials import (
    DEFAULT_COLOR,
    guess_material,
    paint,
    see_through,
    stated_material,
    wanted_material,
)
from partsight.cad.geometry.selection import match_node
from partsight.cad.readers.pieces import Node, Piece
from partsight.config.sections.cad import PartSection
from partsight.errors import CadError
from partsight.files import hash_bytes
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.world.material import Material
from partsight.structures.world.part import Mesh, Part, PartRegion

CREASE_DEG = 30.0
"""Edges sharper than this are drawn sharp in formats that carry no normals."""
SMALLEST_DOUBLED_AREA_M2 = 1e-16


@dataclass(frozen=True, slots=True, eq=False)
class _Shaded:
    """The triangles of one piece, none without an area, with normals and a material."""

    vertices_m: FloatArray
    normals: FloatArray
    triangles: IntArray
    material: Material
    node: Node


def make_part(name: str, path: Path, pieces: Sequence[Piece], section: PartSection) -> Part:
    """Return the part that pieces of a file make up, centered. Raises CadError for triangles that are no numbers or have no area."""
    shaded = [found for piece in pieces if (found := _shade(path, piece, section)) is not None]
    if not shaded:
        raise CadError(f"{path}: all triangles are degenerate. Check the unit and export the file again.")
    materials = tuple(dict.fromkeys(piece.material for piece in shaded))
    nodes = tuple(dict.fromkeys(piece.node for piece in shaded))
    counts = [len(piece.triangles) for piece in shaded]
    mesh, center = _joined(shaded)
    return keyed(
        Part(
            name=name,
            mesh=mesh,
            materials=materials,
            material_ids=np.repeat([materials.index(piece.material) for piece in shaded], counts),
            node_names=_distinct([node.names[-1] for node in nodes]),
            node_ids=np.repeat([nodes.index(piece.node) for piece in shaded], counts),
            key="",
            regions=tuple(_regions(nodes, section.labels)),
            cad_center_m=center,
        )
    )


def keyed(part: Part) -> Part:
    """Return the part with the key of its content."""
    mesh = part.mesh
    key = hash_bytes(
        mesh.vertices_m.tobytes(), mesh.normals.tobytes(), mesh.triangles.tobytes(), part.material_ids.tobytes(),
        part.node_ids.tobytes(), repr(part.materials).encode(), repr(part.node_names).encode(),
        repr(part.regions).encode(),
    )  # fmt: skip
    return replace(part, key=key)


def with_triangles(part: Part, kept: IntArray) -> Part:
    """Return the part with some of its triangles only, at the place where it was."""
    used, renumbered = np.unique(part.mesh.triangles[kept], return_inverse=True)
    mesh = Mesh(part.mesh.vertices_m[used], part.mesh.normals[used], renumbered.reshape(-1, 3))
    return keyed(replace(part, mesh=mesh, material_ids=part.material_ids[kept], node_ids=part.node_ids[kept]))


def _regions(nodes: Sequence[Node], labels: Mapping[str, Sequence[str]]) -> Iterator[PartRegion]:
    """Yield a region for each topmost node that matches a class's patterns."""
    for class_name, patterns in labels.items():
        members: dict[tuple[int, ...], list[int]] = {}
        for number, node in enumerate(nodes):
            matched = match_node(node, patterns)
            if matched:
                members.setdefault(matched, []).append(number)
        yield from (PartRegion(class_name, tuple(numbers)) for numbers in members.values())


def _shade(path: Path, piece: Piece, section: PartSection) -> _Shaded | None:
    """Return a piece with normals and material, None when no triangle has an area."""
    if not np.isfinite(piece.vertices_m).all():
        raise CadError(f"{path}: {piece.node.names[-1]} has coordinates that are not numbers. Export the file again.")
    vertices, normals, triangles = _with_normals(piece)
    corners = vertices[triangles]
    doubled_area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    kept = triangles[doubled_area > SMALLEST_DOUBLED_AREA_M2]
    if not len(kept):
        return None
    return _Shaded(vertices, _unit(normals), kept, _material(piece, section), piece.node)


def _material(piece: Piece, section: PartSection) -> Material:
    """Return what the recipe says, else what names, color and alpha say."""
    painted = paint(section.color) if section.color else None
    for pattern, wanted in section.materials.items():
        if match_node(piece.node, [pattern]):
            return wanted_material(wanted, painted.base_color if painted else piece.base_color or DEFAULT_COLOR)
    if piece.opacity < 1 and not piece.is_faint:
        return see_through(painted.base_color if painted else piece.base_color or DEFAULT_COLOR, piece.opacity)
    if painted:
        return painted
    stated = stated_material(piece.stated_material, piece.base_color) if piece.stated_material else None
    if stated is not None:
        return stated
    words = " ".join((piece.node.names[-1], piece.node.product, piece.material_name))
    return guess_material(words, piece.base_color or DEFAULT_COLOR)


def _with_normals(piece: Piece) -> tuple[FloatArray, FloatArray, IntArray]:
    if piece.normals is not None and len(piece.normals) == len(piece.vertices_m):
        return piece.vertices_m, piece.normals, piece.triangles
    mesh = trimesh.Trimesh(piece.vertices_m, piece.triangles, process=False)
    mesh.merge_vertices()
    return shade_smooth(mesh)


def shade_smooth(mesh: trimesh.Trimesh) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return vertices, normals and triangles of a welded mesh, split where it bends by more than CREASE_DEG."""
    shaded = trimesh.graph.smooth_shade(mesh, angle=np.deg2rad(CREASE_DEG))
    return (
        np.asarray(shaded.vertices, float),
        np.asarray(shaded.vertex_normals, float),
        np.asarray(shaded.faces, np.int64),
    )


def _unit(normals: FloatArray) -> FloatArray:
    """Return unit normals; those without direction point up."""
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(lengths > 1e-9, normals / np.maximum(lengths, 1e-9), [0.0, 0.0, 1.0])


def _joined(pieces: Sequence[_Shaded]) -> tuple[Mesh, tuple[float, float, float]]:
    """Return all triangles as one mesh whose bounding box is centered at the origin, and where that lay."""
    offsets = np.cumsum([0, *(len(piece.vertices_m) for piece in pieces[:-1])])
    triangles = np.concatenate([piece.triangles + offset for piece, offset in zip(pieces, offsets, strict=True)])
    vertices = np.concatenate([piece.vertices_m for piece in pieces])
    used, renumbered = np.unique(triangles, return_inverse=True)
    normals = np.concatenate([piece.normals for piece in pieces])[used]
    vertices = vertices[used]
    center = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    x, y, z = center.tolist()
    return Mesh(vertices - center, normals.astype(np.float32), renumbered.reshape(-1, 3)), (x, y, z)


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Number the second and further nodes of one name: COIL, COIL (2), COIL (3)."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(found)
