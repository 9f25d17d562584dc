"""A trimesh scene → Part: one mesh with normals split at edges, materials, sub-part names. Runs in the worker process only."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import trimesh

from partsight.cad.materials import DEFAULT_COLOR, guess_material, paint
from partsight.errors import CadError
from partsight.files import hash_bytes
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.material import Material, linear_from_srgb
from partsight.structures.part import Mesh, Part

CREASE_DEG = 30.0
"""Edges sharper than this are drawn sharp in formats that carry no normals."""


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """The triangles of one node."""

    vertices_m: FloatArray
    normals: FloatArray
    triangles: IntArray
    material: Material
    node: str


def make_part(name: str, scene: Any, color: str | None) -> Part:
    """Return the part that a scene holds, centered. Raises CadError for triangles that are no numbers or have no area."""
    pieces = [piece for node in sorted(scene.graph.nodes_geometry) if (piece := _piece(scene, node, color)) is not None]
    if not pieces:
        raise CadError(f"{name}: all triangles are degenerate. Check the unit and export the file again.")
    mesh = _joined(pieces)
    materials = tuple(dict.fromkeys(piece.material for piece in pieces))
    nodes = tuple(dict.fromkeys(piece.node for piece in pieces))
    counts = [len(piece.triangles) for piece in pieces]
    material_ids = np.repeat([materials.index(piece.material) for piece in pieces], counts)
    node_ids = np.repeat([nodes.index(piece.node) for piece in pieces], counts)
    key = hash_bytes(
        mesh.vertices_m.tobytes(), mesh.normals.tobytes(), mesh.triangles.tobytes(),
        material_ids.tobytes(), repr(materials).encode(), repr(nodes).encode(),
    )  # fmt: skip
    return Part(name, mesh, materials, material_ids, nodes, node_ids, key)


def _piece(scene: Any, node: str, color: str | None) -> _Piece | None:
    """Return the triangles of one node, None when it has none with an area."""
    transform, geometry = scene.graph[node]
    mesh = scene.geometry[geometry].copy()
    if not isinstance(mesh, trimesh.Trimesh):
        return None
    if not np.isfinite(mesh.vertices).all():
        raise CadError(f"{node}: has coordinates that are not numbers. Export the file again.")
    has_normals = "vertex_normals" in mesh._cache  # noqa: SLF001  # the only way to learn whether the file had normals
    material = paint(color) if color else _material(mesh, node)
    mesh.apply_transform(transform)
    shaded = mesh if has_normals else trimesh.graph.smooth_shade(_welded(mesh), angle=np.deg2rad(CREASE_DEG))
    faces, normals = np.asarray(shaded.faces, np.int64), np.asarray(shaded.vertex_normals, float)
    corners = np.asarray(shaded.vertices, float)[faces]
    doubled_area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    kept = faces[doubled_area > 1e-16]
    if not len(kept):
        return None
    return _Piece(np.asarray(shaded.vertices, float), _unit(normals), kept, material, str(node))


def _welded(mesh: Any) -> Any:
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    return mesh


def _unit(normals: FloatArray) -> FloatArray:
    """Return unit normals; those without direction point up."""
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(lengths > 1e-9, normals / np.maximum(lengths, 1e-9), [0.0, 0.0, 1.0])


def _joined(pieces: list[_Piece]) -> Mesh:
    """Return all triangles as one mesh whose bounding box is centered at the origin."""
    offsets = np.cumsum([0, *(len(piece.vertices_m) for piece in pieces[:-1])])
    triangles = np.concatenate([piece.triangles + offset for piece, offset in zip(pieces, offsets, strict=True)])
    vertices = np.concatenate([piece.vertices_m for piece in pieces])
    used, renumbered = np.unique(triangles, return_inverse=True)
    normals = np.concatenate([piece.normals for piece in pieces])[used]
    vertices = vertices[used]
    center = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    return Mesh(vertices - center, normals.astype(np.float32), renumbered.reshape(-1, 3))


def _material(mesh: Any, node: str) -> Material:
    """Return the material of a node's mesh, from its file's material, vertex colors or nothing."""
    found = getattr(mesh.visual, "material", None)
    name = f"{node} {getattr(found, 'name', None) or ''}".strip()
    return guess_material(name, _base_color(mesh, found))


def _base_color(mesh: Any, found: Any) -> tuple[float, float, float]:
    factor = getattr(found, "baseColorFactor", None)
    picture = getattr(found, "baseColorTexture", None) or getattr(found, "image", None)
    if picture is not None:
        texture = linear_from_srgb(np.asarray(picture.convert("RGB"), float) / 255).mean(axis=(0, 1))
        return _triple(texture * (1.0 if factor is None else np.asarray(factor[:3], float) / 255))
    if factor is not None:
        return _triple(np.asarray(factor[:3], float) / 255)
    diffuse = getattr(found, "diffuse", None)
    if diffuse is not None:
        return _triple(linear_from_srgb(np.asarray(diffuse[:3], float) / 255))
    if mesh.visual.kind in {"face", "vertex"}:
        return _triple(linear_from_srgb(np.asarray(mesh.visual.main_color[:3], float) / 255))
    return DEFAULT_COLOR


def _triple(values: FloatArray) -> tuple[float, float, float]:
    red, green, blue = np.clip(values, 0.0, 1.0).round(4).tolist()
    return red, green, blue
