"""Reads the binary glTF that the CAD kernel writes: plain float32 triangles, one primitive for each color of a node.

Own reader, because general ones give the primitives of a node random names, and a part's key must not depend on chance.
Layout: glTF 2.0, sections 3.6 (accessors) and 4.4 (the two chunks).
"""

import json
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from partsight.cad.readers.pieces import BaseColor, Node, Piece
from partsight.structures.arrays import FloatArray

_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_TRIANGLES = 4
_COMPONENTS = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}
_UNNAMED = ("Open CASCADE STEP translator", "=>[", "COMPOUND", "SOLID", "SHELL", "FACE")
"""How the kernel calls what its author left without a name."""


def read_kernel_glb(content: bytes, root_name: str) -> list[Piece]:
    """Return the pieces of a file that the kernel wrote with z up; nodes without a name get that of their parent."""
    tree, binary = _split(content)
    pieces: list[Piece] = []
    roots = tree["scenes"][tree.get("scene", 0)].get("nodes", []) if tree.get("scenes") else []
    stack = [(root, np.eye(4), Node((), ())) for root in reversed(roots)]
    while stack:
        index, world_from_parent, parent = stack.pop()
        entry = tree["nodes"][index]
        world_from_node = world_from_parent @ _matrix(entry)
        name = _name(entry) or (parent.names[-1] if parent.names else root_name)
        node = Node((*parent.names, name), (*parent.ids, index), _product(tree, entry))
        pieces.extend(_pieces_of(tree, binary, entry, world_from_node, node))
        stack.extend((child, world_from_node, node) for child in reversed(entry.get("children", [])))
    return pieces


def _split(content: bytes) -> tuple[dict[str, Any], bytes]:
    chunks, offset = {}, 12
    while offset + 8 <= len(content):
        length, kind = struct.unpack_from("<II", content, offset)
        chunks[kind] = content[offset + 8 : offset + 8 + length]
        offset += 8 + length
    return json.loads(chunks[_JSON_CHUNK]), chunks.get(_BINARY_CHUNK, b"")


def _matrix(entry: dict[str, Any]) -> FloatArray:
    if "matrix" in entry:
        return np.array(entry["matrix"], float).reshape(4, 4).T
    matrix = np.eye(4)
    x, y, z, w = entry.get("rotation", (0.0, 0.0, 0.0, 1.0))
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, :3] *= entry.get("scale", (1.0, 1.0, 1.0))
    matrix[:3, 3] = entry.get("translation", (0.0, 0.0, 0.0))
    return matrix


def _name(entry: dict[str, Any]) -> str:
    name = str(entry.get("name", "")).strip()
    return "" if name.startswith(_UNNAMED) else name


def _product(tree: dict[str, Any], entry: dict[str, Any]) -> str:
    return _name(tree["meshes"][entry["mesh"]]) if "mesh" in entry else ""


def _pieces_of(
    tree: dict[str, Any], binary: bytes, entry: dict[str, Any], world_from_node: FloatArray, node: Node
) -> Iterator[Piece]:
    primitives = tree["meshes"][entry["mesh"]]["primitives"] if "mesh" in entry else []
    rotation = world_from_node[:3, :3]
    for primitive in primitives:
        if primitive.get("mode", _TRIANGLES) != _TRIANGLES:
            continue  # curves and points have no surface
        attributes = primitive["attributes"]
        vertices = _accessor(tree, binary, attributes["POSITION"])
        normals = _accessor(tree, binary, attributes["NORMAL"]) if "NORMAL" in attributes else None
        yield Piece(
            node=node,
            shape_id=attributes["POSITION"],
            vertices_m=vertices @ rotation.T + world_from_node[:3, 3],
            normals=None if normals is None else normals @ np.linalg.inv(rotation),
            triangles=_indices(tree, binary, primitive, mirrored=np.linalg.det(rotation) < 0),
            base_color=_base_color(tree, primitive),
            opacity=_opacity(tree, primitive),
        )


def _indices(tree: dict[str, Any], binary: bytes, primitive: dict[str, Any], *, mirrored: bool) -> Any:
    triangles = _accessor(tree, binary, primitive["indices"]).astype(np.int64).reshape(-1, 3)
    return triangles[:, ::-1] if mirrored else triangles


def _accessor(tree: dict[str, Any], binary: bytes, index: int) -> npt.NDArray[np.float64]:
    accessor = tree["accessors"][index]
    view = tree["bufferViews"][accessor["bufferView"]]
    dtype, width = np.dtype(_COMPONENTS[accessor["componentType"]]), _WIDTHS[accessor["type"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    strides = (view.get("byteStride", dtype.itemsize * width), dtype.itemsize)
    return np.ndarray((accessor["count"], width), dtype, binary, start, strides).astype(np.float64)


def _base_color(tree: dict[str, Any], primitive: dict[str, Any]) -> BaseColor | None:
    factor = _color_factor(tree, primitive)
    if factor is None:
        return None
    red, green, blue = (round(float(value), 4) for value in factor[:3])
    return red, green, blue


def _opacity(tree: dict[str, Any], primitive: dict[str, Any]) -> float:
    factor = _color_factor(tree, primitive)
    return 1.0 if factor is None or len(factor) < 4 else round(float(factor[3]), 4)


def _color_factor(tree: dict[str, Any], primitive: dict[str, Any]) -> list[float] | None:
    if "material" not in primitive:
        return None
    look = tree["materials"][primitive["material"]].get("pbrMetallicRoughness", {})
    factor: list[float] | None = look.get("baseColorFactor")
    return factor
