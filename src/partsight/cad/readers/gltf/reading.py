"""glTF → pieces: the nodes of the scene, each primitive in the colors of its material and its corners."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.readers.coloring import split_by_color
from partsight.cad.readers.gltf.document import GltfDocument, open_document, read_accessor
from partsight.cad.readers.gltf.extensions import check_extensions, packed_remarks
from partsight.cad.readers.gltf.looks import is_blended, read_look
from partsight.cad.readers.pieces import Node, Piece, ReadFile
from partsight.errors import CadError
from partsight.structures.arrays import FloatArray, IntArray

_Z_UP_FROM_Y_UP = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_INSTANCING = "EXT_mesh_gpu_instancing"
_DEEPEST = 200


def read_gltf(path: Path) -> ReadFile:
    """Read the scene of a .gltf or .glb file. Raises CadError for what is none, needs what is not read, or has no triangles."""
    kind = path.suffix.lower().lstrip(".").upper()
    try:
        document = open_document(path)
        check_extensions(path, document.tree)
        pieces = tuple(_Walk(document).pieces())
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OSError, struct.error) as error:
        raise CadError(
            f"{path}: not a {kind} file that can be read ({type(error).__name__}: {error}). Export it again as glTF 2.0."
        ) from error
    if not pieces:
        raise CadError(f"{path}: holds no triangles. Export it again as a mesh or solid.")
    return ReadFile(pieces, kind, "m", remarks=(*packed_remarks(document.tree), *_unmoved(document)))


def _unmoved(document: GltfDocument) -> tuple[str, ...]:
    """Tell what is drawn at rest."""
    found = {"skins": "a skeleton", "animations": "animations"}
    return tuple(f"{name}: parts are drawn at rest" for kind, name in found.items() if document.entries(kind))


@dataclass(frozen=True, slots=True, eq=False)
class _Surface:
    """The triangles of a primitive, in the frame of its node."""

    vertices: FloatArray
    normals: FloatArray | None
    triangles: IntArray
    rgba: FloatArray
    """(T, 4); NaN without a color."""
    material_name: str
    number: int


class _Walk:
    """Goes through the scene once; each place of a node gets a number."""

    def __init__(self, document: GltfDocument) -> None:
        self._document = document
        self._numbers = count()
        self._surfaces: dict[int, list[_Surface]] = {}
        self._num_surfaces = count()

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces of the scene, turned so that z is up."""
        for root in _roots(self._document):
            yield from self._node(root, _Z_UP_FROM_Y_UP, Node((), ()))

    def _node(self, index: int, world_from_parent: FloatArray, parent: Node) -> Iterator[Piece]:
        entry = self._document.entries("nodes")[index]
        if entry.get("extensions", {}).get("KHR_node_visibility", {}).get("visible") is False:
            return
        if len(parent.ids) > _DEEPEST:
            raise ValueError(f"node {index} contains itself")
        world = world_from_parent @ _matrix(entry)
        for number, copy in enumerate(_copies(self._document, entry)):
            node = self._named(entry, parent)
            if "mesh" in entry:
                yield from self._mesh(entry["mesh"], world @ copy, node)
            if number == 0:
                for child in entry.get("children", []):
                    yield from self._node(child, world, node)

    def _named(self, entry: dict[str, Any], parent: Node) -> Node:
        """Name a node by itself, its mesh, its parent or the file, the first that has a name."""
        mesh = self._document.entries("meshes")[entry["mesh"]] if "mesh" in entry else {}
        product = str(mesh.get("name") or "").strip()
        fallback = parent.names[-1] if parent.names else self._document.path.stem
        name = str(entry.get("name") or "").strip() or product or fallback
        return Node((*parent.names, name), (*parent.ids, next(self._numbers)), product)

    def _mesh(self, index: int, world: FloatArray, node: Node) -> Iterator[Piece]:
        if index not in self._surfaces:
            primitives = self._document.entries("meshes")[index]["primitives"]
            found = (_surface(self._document, primitive, next(self._num_surfaces)) for primitive in primitives)
            self._surfaces[index] = [surface for surface in found if surface is not None]
        for surface in self._surfaces[index]:
            yield from split_by_color(_placed(surface, world, node), surface.rgba)


def _roots(document: GltfDocument) -> list[int]:
    """Return the nodes of the scene to show; of a file without scenes, all that are nobody's children."""
    scenes = document.entries("scenes")
    if scenes:
        return list(scenes[document.tree.get("scene", 0)].get("nodes", []))
    nodes = document.entries("nodes")
    owned = {child for node in nodes for child in node.get("children", [])}
    return [index for index in range(len(nodes)) if index not in owned]


def _matrix(entry: dict[str, Any]) -> FloatArray:
    if "matrix" in entry:
        return np.array(entry["matrix"], float).reshape(4, 4).T
    translation, rotation, scale = (entry.get(key) for key in ("translation", "rotation", "scale"))
    return _composed(translation or (0, 0, 0), rotation or (0, 0, 0, 1), scale or (1, 1, 1))


def _composed(translation: Any, rotation: Any, scale: Any) -> FloatArray:
    from scipy.spatial.transform import Rotation

    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_quat(np.asarray(rotation, float)).as_matrix() * np.asarray(scale, float)
    matrix[:3, 3] = translation
    return matrix


def _copies(document: GltfDocument, entry: dict[str, Any]) -> list[FloatArray]:
    """Return the places of a node's mesh in the node's frame: one, or those that instancing lists."""
    attributes = entry.get("extensions", {}).get(_INSTANCING, {}).get("attributes", {})
    if not attributes:
        return [np.eye(4)]
    read = {name: read_accessor(document, index) for name, index in attributes.items() if not name.startswith("_")}
    num_copies = len(next(iter(read.values()))) if read else 1
    defaults = {"TRANSLATION": (0, 0, 0), "ROTATION": (0, 0, 0, 1), "SCALE": (1, 1, 1)}
    columns = [read.get(name, np.tile(default, (num_copies, 1))) for name, default in defaults.items()]
    return [_composed(*row) for row in zip(*columns, strict=True)]


def _surface(document: GltfDocument, primitive: dict[str, Any], number: int) -> _Surface | None:
    """Read a primitive; None for points and lines, which have no surface."""
    triangles = _triangles(document, primitive)
    if triangles is None:
        return None
    attributes = primitive["attributes"]
    rgba, name = read_look(document, primitive.get("material"))
    colors = np.full((len(triangles), 4), np.nan) if rgba is None else np.tile(rgba, (len(triangles), 1))
    if "COLOR_0" in attributes:
        corners = read_accessor(document, attributes["COLOR_0"])
        alphas = corners[:, 3] if corners.shape[1] > 3 and is_blended(document, primitive.get("material")) else 1.0
        corners = np.column_stack([corners[:, :3], np.broadcast_to(alphas, len(corners))])
        colors = np.where(np.isnan(colors), 1.0, colors) * corners[triangles].mean(axis=1)
    return _Surface(
        vertices=read_accessor(document, attributes["POSITION"]),
        normals=read_accessor(document, attributes["NORMAL"]) if "NORMAL" in attributes else None,
        triangles=triangles,
        rgba=colors,
        material_name=name,
        number=number,
    )


def _triangles(document: GltfDocument, primitive: dict[str, Any]) -> IntArray | None:
    mode = primitive.get("mode", _TRIANGLES)
    if mode not in {_TRIANGLES, _STRIP, _FAN}:
        return None
    if "indices" in primitive:
        corners = read_accessor(document, primitive["indices"]).astype(np.int64).ravel()
    else:
        corners = np.arange(document.entries("accessors")[primitive["attributes"]["POSITION"]]["count"])
    if mode == _TRIANGLES:
        return corners[: len(corners) // 3 * 3].reshape(-1, 3)
    if mode == _FAN:
        return np.column_stack([np.full(len(corners) - 2, corners[0]), corners[1:-1], corners[2:]])
    strip = np.column_stack([corners[:-2], corners[1:-1], corners[2:]])
    strip[1::2, :2] = strip[1::2, 1::-1]
    return strip


def _placed(surface: _Surface, world: FloatArray, node: Node) -> Piece:
    linear = world[:3, :3]
    is_mirrored = np.linalg.det(linear) < 0
    return Piece(
        node=node,
        shape_id=surface.number,
        vertices_m=surface.vertices @ linear.T + world[:3, 3],
        normals=None if surface.normals is None else surface.normals @ np.linalg.pinv(linear),
        triangles=surface.triangles[:, ::-1] if is_mirrored else surface.triangles,
        base_color=None,
        material_name=surface.material_name,
    )
