"""Shapes on disk: one .npz without pickles, checked on reading as what came from elsewhere."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from partsight.errors import ModelError
from partsight.files import write_bytes
from partsight.pose.shapes.shape import PartShape, shape_of
from partsight.structures.plain import as_plain
from partsight.structures.world.symmetry import Symmetry, SymmetryAxis
from partsight.unpacking import check_announced

_ARRAYS = ("vertices_m", "triangles", "node_ids", "names")
_MOST_BYTES = 256_000_000
"""Unpacked; a part of a million triangles has 40 million."""
_MOST_TRIANGLES = 1_000_000
_LARGEST_M = 1e4
_MOST_ROTATIONS = 1000


def write_shape(shape: PartShape, path: Path) -> None:
    """Write a shape atomically. Raises StorageError."""
    names = {"node_names": shape.node_names, "symmetry": as_plain(shape.symmetry)}
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        vertices_m=shape.vertices_m.astype(np.float32),
        triangles=shape.triangles.astype(np.int32),
        node_ids=shape.node_ids.astype(np.int32),
        names=np.frombuffer(json.dumps(names).encode(), np.uint8),
    )
    write_bytes(path, buffer.getvalue())


def read_shape(path: Path) -> PartShape:
    """Read a shape. Raises ModelError where it is none, or larger than any that is written."""
    try:
        content = path.read_bytes()
        _check_size(content)
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            vertices, triangles, nodes, names = (arrays[name] for name in _ARRAYS)
        return _shape(vertices.astype(float), triangles.astype(np.int64), nodes.astype(np.int64), names)
    except (OSError, ValueError, LookupError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path}: not a shape that Partsight wrote ({error}). Export the model again.") from error


def _check_size(content: bytes) -> None:
    """Raise ValueError for a file that would unpack to more than a shape has."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        check_announced(packed, len(content), largest_bytes=_MOST_BYTES)


def _shape(vertices: Any, triangles: Any, node_ids: Any, names: Any) -> PartShape:
    """Return the shape, every number of it checked. Raises ValueError, LookupError, TypeError."""
    stated = json.loads(names.tobytes())
    node_names = tuple(str(name) for name in stated["node_names"])
    if vertices.ndim != 2 or vertices.shape[1] != 3 or triangles.ndim != 2 or triangles.shape[1] != 3:
        raise ValueError("expected (V, 3) vertices and (T, 3) triangles")
    if not 0 < len(triangles) <= _MOST_TRIANGLES or node_ids.shape != (len(triangles),):
        raise ValueError(f"expected up to {_MOST_TRIANGLES} triangles, each with its sub-part")
    if not (np.abs(vertices) <= _LARGEST_M).all() or np.ptp(vertices) <= 0:
        raise ValueError(f"expected coordinates of up to {_LARGEST_M:.0f} m that are not all one")
    if not _are_within(triangles, len(vertices)) or not _are_within(node_ids, len(node_names)):
        raise ValueError("a number of a vertex or sub-part is none of those there are")
    return shape_of(
        vertices, triangles, node_ids=node_ids, node_names=node_names, symmetry=_symmetry(stated["symmetry"])
    )


def _are_within(numbers: Any, count: int) -> bool:
    return bool(numbers.min() >= 0 and numbers.max() < count)


def _symmetry(stated: Any) -> Symmetry:
    """Return what is stated, if it is made of rotations. Raises ValueError, LookupError, TypeError."""
    axes = tuple(SymmetryAxis(np.array(one["direction"]), np.array(one["offset_m"])) for one in stated["continuous"])
    discrete = np.array(stated["discrete"], float).reshape(-1, 4, 4)
    main = None if stated["main_axis"] is None else np.array(stated["main_axis"], float)
    turns = discrete[:, :3, :3]
    units = [axis.direction @ axis.direction for axis in axes]
    if len(discrete) > _MOST_ROTATIONS or len(axes) > 3 or not np.isfinite(discrete).all() or not np.allclose(units, 1):
        raise ValueError("expected symmetries with axes of unit length")
    if not np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(3), atol=1e-3):
        raise ValueError("a symmetry is no rotation")
    return Symmetry(discrete, axes, int(stated["order"]), float(stated["tolerance_m"]), main)
