"""What pixels see of a surface: its normal, and which sub-part it belongs to."""

import numpy as np

from partsight.annotate.footprints import Rays
from partsight.annotate.see_through import hiding_part
from partsight.annotate.tracing import Hits, trace_hits
from partsight.structures.arrays import BoolArray, Float32Array, FloatArray, IntArray
from partsight.structures.traced.silhouette import SeenSurface, TracedPicture
from partsight.structures.world.camera import Camera
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Instance, Scene
from partsight.structures.world.transform import inverse

_SAME_DEPTH = 1e-5
"""Depths of one surface, found by way of two meshes, differ by less than this share."""
_SHORTEST = 1e-9
"""Interpolated normals shorter than this have no direction: the triangle's own is taken."""


def trace_surface(scene: Scene, traced: TracedPicture) -> SeenSurface:
    """Return normal and sub-part of what each pixel shows: of the surface whose depth the traced picture has.

    Normals are those of the CAD surface, interpolated over the triangle as a renderer shades it, and turned towards the camera.
    """
    mask = traced.annotation.instance_mask
    normals = np.zeros((*mask.shape, 3), np.float32)
    node_ids = np.full(mask.shape, -1, np.int64)
    for instance_id in np.unique(mask[mask >= 0]).tolist():
        seen = mask == instance_id
        normals[seen], node_ids[seen] = _trace_seen(scene.instances[instance_id], scene.camera, seen, traced.depth_m)
    return SeenSurface(normals, node_ids)


def _trace_seen(
    instance: Instance, camera: Camera, seen: BoolArray, depth_m: Float32Array
) -> tuple[Float32Array, IntArray]:
    """Return the normal in camera axes and the sub-part that each pixel sees of an instance."""
    camera_from_part = inverse(camera.world_from_camera) @ instance.world_from_part
    rays = Rays(instance.part, inverse(camera_from_part), camera.intrinsics)
    rows, columns = np.nonzero(seen)
    directions = rays.directions_at(np.stack([columns, rows], axis=1).astype(np.float64) + 0.5)
    normals, node_ids = _met(instance.part, rays.origin_m, directions)[:2]
    hiding = hiding_part(instance)
    if hiding is not instance.part:
        behind_normals, behind_ids, behind_m = _met(hiding, rays.origin_m, directions)
        is_behind = behind_m <= depth_m[seen] * (1 + _SAME_DEPTH)
        normals = np.where(is_behind[:, None], behind_normals, normals)
        node_ids = np.where(is_behind, behind_ids, node_ids)
    return (normals @ camera_from_part[:3, :3].T).astype(np.float32), node_ids


def _met(part: Part, origin_m: FloatArray, directions: Float32Array) -> tuple[FloatArray, IntArray, Float32Array]:
    """Return normals in the part's frame, sub-parts and depths of what the rays meet first."""
    hits = trace_hits(part, origin_m, directions)
    if not len(part.mesh.triangles):
        return np.zeros((len(directions), 3)), hits.triangle_ids, hits.depths_m
    normals = _facing(_normals_at(part, hits), _flat_normals(part, hits), directions)
    return normals, np.where(hits.triangle_ids >= 0, part.node_ids[hits.triangle_ids], -1), hits.depths_m


def _normals_at(part: Part, hits: Hits) -> FloatArray:
    """Return (N, 3) unit shading normals; those without direction are zero."""
    corners = part.mesh.normals[part.mesh.triangles[hits.triangle_ids]]
    blended = np.einsum("nk,nkd->nd", hits.weights, corners)
    length = np.linalg.norm(blended, axis=1, keepdims=True)
    unit: FloatArray = np.where(length > _SHORTEST, blended / np.maximum(length, _SHORTEST), 0.0)
    return unit


def _flat_normals(part: Part, hits: Hits) -> FloatArray:
    corners = part.mesh.vertices_m[part.mesh.triangles[hits.triangle_ids]]
    crosses = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit: FloatArray = crosses / np.linalg.norm(crosses, axis=1, keepdims=True)
    return unit


def _facing(shading: FloatArray, flat: FloatArray, directions: Float32Array) -> FloatArray:
    """Return the shading normals on the camera's side of their triangles; the flat ones where shading leaves that side."""
    flat = flat * np.where((flat * directions).sum(axis=1, keepdims=True) > 0, -1.0, 1.0)
    shading = shading * np.where((shading * flat).sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    is_towards = (shading * directions).sum(axis=1, keepdims=True) < 0
    facing: FloatArray = np.where(is_towards, shading, flat)
    return facing
