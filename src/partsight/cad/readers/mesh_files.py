"""Files of triangles: STL, OBJ, PLY, OFF, GLB, glTF, 3MF, through trimesh. Runs in the worker process only."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from partsight.cad.readers.companions import find_companions
from partsight.cad.readers.formats import METERS_PER, SCENE_SUFFIXES
from partsight.cad.readers.packed import check_zipped
from partsight.cad.readers.pieces import BaseColor, Node, Piece, ReadFile
from partsight.errors import CadError
from partsight.structures.arrays import FloatArray
from partsight.structures.world.material import linear_from_srgb

Z_UP_FROM_Y_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
MOST_COLORS = 64
"""Meshes with more colors than this are scans or gradients: their mean color is taken."""
_RANDOM_END = re.compile(r"_[0-9a-zA-Z]{6}$")
"""The reader names the second and further colors of a glTF node by chance; a part must not depend on it."""
_UNITS = {
    "meters": "m", "meter": "m", "centimeters": "cm", "centimeter": "cm", "millimeters": "mm", "millimeter": "mm",
    "inches": "inch", "inch": "inch",
}  # fmt: skip


def read_triangles(path: Path, unit: str | None) -> ReadFile:
    """Read a file of triangles. Raises CadError."""
    scene = _load(path)
    renamed = {path.name: path.stem}  # what the reader calls a mesh without a name
    suffix = path.suffix.lower()
    if suffix in {".glb", ".gltf"}:
        scene.apply_transform(Z_UP_FROM_Y_UP)
        stated, meters_per_unit = "m", 1.0
    else:
        own = _UNITS.get(scene.units or "") if suffix in SCENE_SUFFIXES else None
        stated = own or unit or "mm (assumed)"
        meters_per_unit = METERS_PER[own or unit or "mm"]
    missing = tuple(f"refers to {name}, which is not there" for name in find_companions(path).missing)
    pieces = tuple(_pieces(scene, meters_per_unit, renamed))
    return ReadFile(pieces, suffix.lstrip(".").upper(), stated, remarks=missing)


def _load(path: Path) -> Any:
    kind = path.suffix.lower().lstrip(".").upper()
    if kind == "3MF":
        check_zipped(path)
    try:
        scene = trimesh.load_scene(path, process=False)
    except (ValueError, KeyError, IndexError, TypeError, NotImplementedError, OSError, AttributeError) as error:
        raise CadError(
            f"{path}: not a {kind} file that can be read ({type(error).__name__}: {error}). Export it again."
        ) from error
    if not any(len(getattr(mesh, "faces", ())) for mesh in scene.geometry.values()):
        raise CadError(f"{path}: holds no triangles. Export it again as a mesh or solid.")
    return scene


def _pieces(scene: Any, meters_per_unit: float, renamed: Mapping[str, str]) -> Iterator[Piece]:
    """Yield the pieces in an order that the file alone decides."""
    shape_ids = {name: number for number, name in enumerate(sorted(scene.geometry))}
    chains = {name: tuple(renamed.get(own, own) for own in _chain(scene, name)) for name in scene.graph.nodes_geometry}
    node_ids = {chain: number for number, chain in enumerate(sorted(_all_prefixes(chains.values())))}
    for name in sorted(chains, key=lambda name: (chains[name], shape_ids[scene.graph[name][1]])):
        transform, geometry = scene.graph[name]
        mesh = scene.geometry[geometry]
        if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces):
            chain = chains[name]
            ids = tuple(node_ids[chain[: depth + 1]] for depth in range(len(chain)))
            node = Node(chain, ids, str(geometry))
            piece = _piece(mesh, node, shape_ids[geometry], transform, meters_per_unit)
            yield from _split_by_color(piece, mesh)


def _split_by_color(piece: Piece, mesh: Any) -> Iterator[Piece]:
    """Yield one piece for each face color of a mesh that is colored face by face; the file's own materials come first."""
    if piece.base_color is not None or mesh.visual.kind not in {"face", "vertex"}:
        yield piece
        return
    colors, color_ids = np.unique(np.asarray(mesh.visual.face_colors)[:, :3], axis=0, return_inverse=True)
    if len(colors) > MOST_COLORS:
        yield replace(piece, base_color=_triple(linear_from_srgb(colors / 255).mean(axis=0)))
        return
    for number, color in enumerate(colors):
        triangles = piece.triangles[color_ids.reshape(-1) == number]
        shape_id = piece.shape_id + number * len(mesh.faces) * 1000
        yield replace(piece, triangles=triangles, base_color=_triple(linear_from_srgb(color / 255)), shape_id=shape_id)


def _all_prefixes(chains: Any) -> set[tuple[str, ...]]:
    return {chain[: depth + 1] for chain in chains for depth in range(len(chain))}


def _chain(scene: Any, name: str) -> tuple[str, ...]:
    """Return the names from below the root to a node, without those made up by the reader."""
    parents = scene.graph.transforms.parents
    chain = [_own_name(scene, name)]
    while (name := parents.get(name)) is not None and name != scene.graph.base_frame:
        chain.append(str(name))
    if len(chain) > 1 and chain[0] == chain[1]:
        del chain[0]
    return tuple(reversed(chain))


def _own_name(scene: Any, name: str) -> str:
    parent = str(scene.graph.transforms.parents.get(name, ""))
    return parent if _RANDOM_END.sub("", str(name)) == parent else str(name)


def _piece(mesh: Any, node: Node, shape_id: int, transform: FloatArray, meters_per_unit: float) -> Piece:
    has_normals = "vertex_normals" in mesh._cache  # noqa: SLF001  # the only way to learn whether the file had normals
    mesh = mesh.copy()
    kept_normals = np.asarray(mesh.vertex_normals, float) if has_normals else None
    mesh.apply_transform(transform)
    rotation = np.asarray(transform, float)[:3, :3]
    found = getattr(mesh.visual, "material", None)
    return Piece(
        node=node,
        shape_id=shape_id,
        vertices_m=np.asarray(mesh.vertices, float) * meters_per_unit,
        normals=None if kept_normals is None else kept_normals @ np.linalg.inv(rotation),
        triangles=np.asarray(mesh.faces, np.int64),
        base_color=_base_color(found),
        material_name=str(getattr(found, "name", None) or ""),
    )


def _base_color(found: Any) -> BaseColor | None:
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
    return None


def _triple(values: FloatArray) -> BaseColor:
    red, green, blue = np.clip(values, 0.0, 1.0).round(4).tolist()
    return red, green, blue
