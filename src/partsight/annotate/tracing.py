"""Rays against one part, by Embree: the only module that knows the library.

Every part is kept in its own frame, once per process, and rays are carried into that frame; so nothing is rebuilt
between pictures, and float32 (all that Embree has) rounds coordinates of a part's size, not of a hall's. The rounding
turns a ray by about 1e-7 rad: less than a thousandth of a pixel for any focal length below 10,000 pixels.
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore import EmbreeDevice
from embreex.rtcore_scene import EmbreeScene

from partsight.structures.arrays import Float32Array, FloatArray, IntArray
from partsight.structures.world.part import Mesh, Part

NOTHING = np.float32(np.inf)
"""Depth of a ray that hits nothing."""

_MAX_KEPT_TRIANGLES = 6_000_000
_NO_HIT = 1e36
"""Embree returns 1e37 for a miss."""

_kept: "OrderedDict[str, tuple[EmbreeScene, int]]" = OrderedDict()


def trace(part: Part, origin_m: FloatArray, directions: npt.NDArray[np.float32]) -> Float32Array:
    """Return for (N, 3) directions from one origin, both in the part's frame, how many directions away the part is.

    The directions need no unit length; the result is `NOTHING` where the part is missed. Both sides of a triangle are
    hit.
    """
    if len(part.mesh.triangles) == 0 or len(directions) == 0:
        return np.full(len(directions), NOTHING, np.float32)
    origins = np.broadcast_to(origin_m.astype(np.float32)[None], directions.shape)
    depths: Float32Array = _kept_scene(part).run(origins, directions, query="DISTANCE")
    depths[depths > _NO_HIT] = NOTHING
    return depths


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Where rays meet a part first."""

    triangle_ids: IntArray
    """(N,) −1 for a miss."""
    weights: FloatArray
    """(N, 3) barycentric weights of the triangle's corners."""
    depths_m: Float32Array
    """(N,) `NOTHING` for a miss."""


def trace_hits(part: Part, origin_m: FloatArray, directions: npt.NDArray[np.float32]) -> Hits:
    """Return which triangles (N, 3) directions from one origin meet first, and where on them; see `trace`."""
    if len(part.mesh.triangles) == 0 or len(directions) == 0:
        nothing = np.full(len(directions), NOTHING, np.float32)
        return Hits(np.full(len(directions), -1, np.int64), np.zeros((len(directions), 3)), nothing)
    origins = np.broadcast_to(origin_m.astype(np.float32)[None], directions.shape)
    found = _kept_scene(part).run(origins, directions, query="INTERSECT", output=True)
    second, third = found["u"].astype(np.float64), found["v"].astype(np.float64)
    depths_m = np.where(found["tfar"] > _NO_HIT, NOTHING, found["tfar"])
    return Hits(found["primID"].astype(np.int64), np.stack([1 - second - third, second, third], axis=1), depths_m)


def _kept_scene(part: Part) -> Any:
    """Return the part's Embree scene, built on first use; the longest unused are forgotten."""
    if part.key not in _kept:
        _kept[part.key] = _build(part.mesh), len(part.mesh.triangles)
    _kept.move_to_end(part.key)
    while len(_kept) > 1 and sum(count for _, count in _kept.values()) > _MAX_KEPT_TRIANGLES:
        _kept.popitem(last=False)
    return _kept[part.key][0]


def _build(mesh: Mesh) -> Any:
    scene = EmbreeScene(_device(), robust=True)  # robust: no ray slips through the edge between two triangles
    TriangleMesh(scene, mesh.vertices_m.astype(np.float32), mesh.triangles.astype(np.int32))
    return scene


@cache
def _device() -> Any:
    return EmbreeDevice()
