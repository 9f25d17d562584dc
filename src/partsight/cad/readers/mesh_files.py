"""Files of triangles without a unit: STL, OBJ, PLY, OFF, through trimesh. Runs in the worker process only."""

from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import trimesh

from partsight.cad.readers.coloring import rounded, split_by_color
from partsight.cad.readers.companions import find_companions
from partsight.cad.readers.formats import METERS_PER
from partsight.cad.readers.pieces import BaseColor, Node, Piece, ReadFile
from partsight.cad.readers.plain_text import without_mark
from partsight.cad.readers.stl import is_binary_stl, read_binary_stl
from partsight.errors import CadError
from partsight.structures.arrays import FloatArray
from partsight.structures.world.material import linear_from_srgb


def read_triangles(path: Path, unit: str | None) -> ReadFile:
    """Read a file of triangles. Raises CadError."""
    content = path.read_bytes()
    if path.suffix.lower() == ".stl" and is_binary_stl(content):
        return read_binary_stl(path, content, unit)
    scene = _load(path, content)
    renamed = {path.name: path.stem}  # what the reader calls a mesh without a name
    missing = tuple(f"refers to {name}, which is not there" for name in find_companions(path).missing)
    pieces = tuple(_pieces(scene, METERS_PER[unit or "mm"], renamed))
    return ReadFile(pieces, path.suffix.lower().lstrip(".").upper(), unit or "mm (assumed)", remarks=missing)


def _load(path: Path, content: bytes) -> Any:
    kind = path.suffix.lower().lstrip(".")
    try:
        resolver = trimesh.resolvers.FilePathResolver(str(path))
        scene = trimesh.load_scene(BytesIO(without_mark(content)), file_type=kind, process=False, resolver=resolver)
    except (ValueError, KeyError, IndexError, TypeError, NotImplementedError, OSError, AttributeError) as error:
        raise CadError(
            f"{path}: not a {kind.upper()} file that can be read ({type(error).__name__}: {error}). Export it again."
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
    encoded = np.asarray(mesh.visual.face_colors, float) / 255
    yield from split_by_color(piece, np.column_stack([linear_from_srgb(encoded[:, :3]), encoded[:, 3]]))


def _all_prefixes(chains: Any) -> set[tuple[str, ...]]:
    return {chain[: depth + 1] for chain in chains for depth in range(len(chain))}


def _chain(scene: Any, name: str) -> tuple[str, ...]:
    """Return the names from below the root to a node."""
    parents = scene.graph.transforms.parents
    chain = [str(name)]
    while (name := parents.get(name)) is not None and name != scene.graph.base_frame:
        chain.append(str(name))
    if len(chain) > 1 and chain[0] == chain[1]:
        del chain[0]
    return tuple(reversed(chain))


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
        opacity=_opacity(found),
    )


def _base_color(found: Any) -> BaseColor | None:
    factor = getattr(found, "baseColorFactor", None)
    picture = getattr(found, "baseColorTexture", None) or getattr(found, "image", None)
    if picture is not None:
        texture = linear_from_srgb(np.asarray(picture.convert("RGB"), float) / 255).mean(axis=(0, 1))
        return rounded(texture * (1.0 if factor is None else np.asarray(factor[:3], float) / 255))
    if factor is not None:
        return rounded(np.asarray(factor[:3], float) / 255)
    diffuse = getattr(found, "diffuse", None)
    if diffuse is not None:
        return rounded(linear_from_srgb(np.asarray(diffuse[:3], float) / 255))
    return None


def _opacity(found: Any) -> float:
    """Return the opacity of a material of an MTL file: `d`, or one minus `Tr`."""
    stated = {str(key).lower(): value for key, value in (getattr(found, "kwargs", None) or {}).items()}
    for key, from_value in (("d", float), ("tr", lambda value: 1 - float(value))):
        if key in stated:
            return float(np.clip(from_value(np.ravel(stated[key])[0]), 0.0, 1.0))
    return 1.0
