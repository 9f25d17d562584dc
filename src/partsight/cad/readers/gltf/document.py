"""The JSON of a glTF file and the numbers and pictures that it refers to (glTF 2.0, sections 3.6 and 4.4)."""

import base64
import struct
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from partsight.cad.readers.companions import locate_companion
from partsight.structures.arrays import FloatArray
from partsight.texts import parse_json

_MAGIC = b"glTF"
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_COMPONENTS = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


@dataclass(frozen=True, slots=True, eq=False)
class GltfDocument:
    """An open file."""

    path: Path
    tree: dict[str, Any]
    binary: bytes
    """Of a .glb: the buffer in the file itself."""
    buffers: dict[int, bytes] = field(default_factory=dict)
    """Those read so far."""

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """Return the entries of a top-level list: nodes, meshes, materials …"""
        found: list[dict[str, Any]] = self.tree.get(kind, [])
        return found


def open_document(path: Path) -> GltfDocument:
    """Read a .gltf or .glb file, whatever its suffix. Raises ValueError for what is none, or is of version 1."""
    content = path.read_bytes()
    if content[:4] == _MAGIC:
        chunks = _chunks(content)
        document = GltfDocument(path, parse_json(chunks[_JSON_CHUNK]), chunks.get(_BINARY_CHUNK, b""))
    else:
        document = GltfDocument(path, parse_json(content.decode("utf-8-sig")), b"")
    if not isinstance(document.tree, dict) or "asset" not in document.tree:
        raise ValueError("has no 'asset', which every glTF file has")
    version = str(document.tree["asset"].get("version", "1.0"))
    if not version.startswith("2"):
        raise ValueError(f"is glTF {version}, expected 2.0")
    return document


def read_accessor(document: GltfDocument, index: int) -> FloatArray:
    """Return an accessor's values as (count, width), integers that stand for fractions as fractions."""
    accessor = document.entries("accessors")[index]
    dtype, width = np.dtype(_COMPONENTS[accessor["componentType"]]), _WIDTHS[accessor["type"]]
    values = np.zeros((accessor["count"], width))
    if "bufferView" in accessor:
        values[:] = _strided(document, accessor, dtype, width)
    elif "sparse" not in accessor:
        raise ValueError(f"accessor {index} has no data of its own")
    if "sparse" in accessor:
        _replace_some(document, accessor, values)
    if accessor.get("normalized"):
        values = np.maximum(values / np.iinfo(dtype).max, -1.0)
    return values


def read_picture(document: GltfDocument, index: int) -> FloatArray:
    """Return a picture as (H, W, 4) sRGB values with alpha in 0…1. Raises ValueError for one that cannot be read."""
    from PIL import Image, UnidentifiedImageError

    entry = document.entries("images")[index]
    content = _view(document, entry["bufferView"]) if "bufferView" in entry else _fetched(document, entry["uri"])
    try:
        with Image.open(BytesIO(content)) as picture:
            return np.asarray(picture.convert("RGBA"), float) / 255
    except UnidentifiedImageError as error:
        raise ValueError(
            f"picture {index} ({entry.get('mimeType', entry.get('uri', '?')[:40])}) is of no known kind"
        ) from error


def _chunks(content: bytes) -> dict[int, bytes]:
    if struct.unpack_from("<I", content, 4)[0] < 2:
        raise ValueError("is glTF 1.0, expected 2.0")
    chunks: dict[int, bytes] = {}
    offset = 12
    while offset + 8 <= len(content):
        length, kind = struct.unpack_from("<II", content, offset)
        chunks.setdefault(kind, content[offset + 8 : offset + 8 + length])
        offset += 8 + length
    return chunks


def _strided(document: GltfDocument, accessor: dict[str, Any], dtype: np.dtype[Any], width: int) -> Any:
    view = document.entries("bufferViews")[accessor["bufferView"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    strides = (view.get("byteStride", dtype.itemsize * width), dtype.itemsize)
    return np.ndarray((accessor["count"], width), dtype, _buffer(document, view["buffer"]), start, strides)


def _replace_some(document: GltfDocument, accessor: dict[str, Any], values: FloatArray) -> None:
    """Put the sparse values of an accessor in their places."""
    sparse, width = accessor["sparse"], values.shape[1]
    kinds = _COMPONENTS[sparse["indices"]["componentType"]], _COMPONENTS[accessor["componentType"]]
    wanted = ((sparse["indices"], kinds[0], 1), (sparse["values"], kinds[1], width))
    places, numbers = (
        np.frombuffer(_view(document, part["bufferView"]), kind, sparse["count"] * columns, part.get("byteOffset", 0))
        for part, kind, columns in wanted
    )
    values[places] = numbers.reshape(-1, width)


def _view(document: GltfDocument, index: int) -> bytes:
    view = document.entries("bufferViews")[index]
    start = view.get("byteOffset", 0)
    return _buffer(document, view["buffer"])[start : start + view["byteLength"]]


def _buffer(document: GltfDocument, index: int) -> bytes:
    if index not in document.buffers:
        uri = document.entries("buffers")[index].get("uri")
        document.buffers[index] = document.binary if uri is None else _fetched(document, uri)
    return document.buffers[index]


def _fetched(document: GltfDocument, uri: str) -> bytes:
    """Return what a URI holds: data in itself, or a file beside the document."""
    if uri.startswith("data:"):
        return base64.b64decode(uri.partition(",")[2])
    companion = locate_companion(document.path.parent, unquote(uri))
    if companion is None:
        raise ValueError(f"refers to {unquote(uri)}, which is not there: put it beside the file, or export as .glb")
    return companion.read_bytes()
