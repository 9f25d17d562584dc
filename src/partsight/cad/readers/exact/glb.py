"""Reads the binary glTF that the CAD kernel writes: plain float32 triangles, one primitive for each color of a product.

Own reader, because general ones give the primitives of a node random names, and a part's key must not depend on chance.
Layout: glTF 2.0, sections 3.6 (accessors) and 4.4 (the two chunks).
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from partsight.cad.readers.pieces import BaseColor
from partsight.structures.arrays import FloatArray, IntArray

_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_TRIANGLES = 4
_COMPONENTS = {5121: "<u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """The triangles of one color of a product, in meters, z up, in the product's frame."""

    shape_id: int
    """Unique in the file."""
    vertices_m: FloatArray
    normals: FloatArray | None
    triangles: IntArray
    base_color: BaseColor | None
    opacity: float


def read_kernel_glb(content: bytes) -> dict[str, list[Primitive]]:
    """Return the primitives of the nodes of a file that the kernel wrote with z up, by the nodes' names."""
    tree, binary = _split(content)
    found: dict[str, list[Primitive]] = {}
    for node in tree.get("nodes", []):
        if "mesh" in node:
            found.setdefault(str(node.get("name", "")), []).extend(_primitives(tree, binary, node["mesh"]))
    return found


def _split(content: bytes) -> tuple[dict[str, Any], bytes]:
    chunks, offset = {}, 12
    while offset + 8 <= len(content):
        length, kind = struct.unpack_from("<II", content, offset)
        chunks[kind] = content[offset + 8 : offset + 8 + length]
        offset += 8 + length
    return json.loads(chunks[_JSON_CHUNK]), chunks.get(_BINARY_CHUNK, b"")


def _primitives(tree: dict[str, Any], binary: bytes, mesh: int) -> Iterator[Primitive]:
    for primitive in tree["meshes"][mesh]["primitives"]:
        if primitive.get("mode", _TRIANGLES) != _TRIANGLES:
            continue  # curves and points have no surface
        attributes = primitive["attributes"]
        factor = _color_factor(tree, primitive)
        yield Primitive(
            shape_id=attributes["POSITION"],
            vertices_m=_accessor(tree, binary, attributes["POSITION"]),
            normals=_accessor(tree, binary, attributes["NORMAL"]) if "NORMAL" in attributes else None,
            triangles=_accessor(tree, binary, primitive["indices"]).astype(np.int64).reshape(-1, 3),
            base_color=None if factor is None else (factor[0], factor[1], factor[2]),
            opacity=1.0 if factor is None or len(factor) < 4 else factor[3],
        )


def _accessor(tree: dict[str, Any], binary: bytes, index: int) -> npt.NDArray[np.float64]:
    accessor = tree["accessors"][index]
    view = tree["bufferViews"][accessor["bufferView"]]
    dtype, width = np.dtype(_COMPONENTS[accessor["componentType"]]), _WIDTHS[accessor["type"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    strides = (view.get("byteStride", dtype.itemsize * width), dtype.itemsize)
    return np.ndarray((accessor["count"], width), dtype, binary, start, strides).astype(np.float64)


def _color_factor(tree: dict[str, Any], primitive: dict[str, Any]) -> list[float] | None:
    if "material" not in primitive:
        return None
    factor = tree["materials"][primitive["material"]].get("pbrMetallicRoughness", {}).get("baseColorFactor")
    return None if factor is None else [round(float(value), 4) for value in factor]
