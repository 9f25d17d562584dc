"""Binary STL: 80 bytes of anything, the number of triangles, 50 bytes for each. Many files lie about one of these."""

import struct
from pathlib import Path

import numpy as np

from partsight.cad.readers.formats import METERS_PER
from partsight.cad.readers.pieces import Node, Piece, ReadFile
from partsight.errors import CadError

_HEADER_BYTES, _TRIANGLE_BYTES = 84, 50
_TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


def is_binary_stl(content: bytes) -> bool:
    """Return whether an STL file is binary; many of those begin with 'solid' as if they were text."""
    if len(content) < _HEADER_BYTES:
        return False
    start = content[:4000].replace(b"\0", b"").lower()  # UTF-16 has a zero in each letter
    is_text = b"solid" in start[:20] and b"facet" in start
    return _num_stated(content) * _TRIANGLE_BYTES + _HEADER_BYTES == len(content) or not is_text


def read_binary_stl(path: Path, content: bytes, unit: str | None) -> ReadFile:
    """Read the triangles that are there. Raises CadError when some of those stated are not, or none are."""
    num_there, num_extra = divmod(len(content) - _HEADER_BYTES, _TRIANGLE_BYTES)
    num_stated = _num_stated(content)
    if num_stated > num_there:
        raise CadError(
            f"{path}: is cut off, or no STL file: it states {num_stated} triangles and has room for {num_there}. "
            "Export or copy it again."
        )
    num_triangles, num_behind = num_stated, len(content) - _HEADER_BYTES - num_stated * _TRIANGLE_BYTES
    if not num_stated and num_there and not num_extra:
        num_triangles, num_behind = num_there, 0  # written as a stream, without going back to fill in the number
    if not num_triangles:
        raise CadError(f"{path}: holds no triangles. Export it again as a mesh or solid.")
    corners = np.frombuffer(content, _TRIANGLE, num_triangles, _HEADER_BYTES)["corners"].astype(np.float64)
    piece = Piece(
        node=Node((path.stem,), (0,)),
        shape_id=0,
        vertices_m=corners.reshape(-1, 3) * METERS_PER[unit or "mm"],
        normals=None,
        triangles=np.arange(3 * num_triangles).reshape(-1, 3),
        base_color=None,
    )
    told = (f"{num_behind} bytes behind the last triangle, which are ignored",) if num_behind else ()
    return ReadFile((piece,), "STL", unit or "mm (assumed)", remarks=told)


def _num_stated(content: bytes) -> int:
    (count,) = struct.unpack_from("<I", content, 80)
    return int(count)
