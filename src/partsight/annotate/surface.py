"""What pixels see of a surface: its normal, and which sub-part it belongs to."""

import numpy as np

from partsight.annotate.footprints import Rays
from partsight.annotate.tracing import Hits, trace_hits
from partsight.structures.arrays import BoolArray, Float32Array, FloatArray, IntArray
from partsight.structures.traced.silhouette import SeenSurface
from partsight.structures.world.camera import Camera
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Instance, Scene
from partsight.structures.world.transform import inverse

_SHORTEST = 1e-9
"""Interpolated normals shorter than this have no direction: the triangle's own is taken."""


def trace_surface(scene: Scene, instance_mask: IntArray) -> SeenSurface:
    """Return normal and sub-part of what each pixel center sees; `instance_mask` is the annotation's.

    Normals are those of the CAD surface, interpolated over the triangle as a renderer shades it, and turned towards the camera.
    """
    normals = np.zeros((*instance_mask.shape, 3), np.float32)
    node_ids = np.full(instance_mask.shape, -1, np.int64)
    for instance_id in np.unique(instance_mask[instance_mask >= 0]).tolist():
        seen = instance_mask == instance_id
        found, normals_here = _trace_seen(scene.instances[instance_id], scene.camera, seen)
        normals[seen] = normals_here
        node_ids[seen] = np.where(found >= 0, scene.instances[instance_id].part.node_ids[found], -1)
    return SeenSurface(normals, node_ids)


def _trace_seen(instance: Instance, camera: Camera, seen: BoolArray) -> tuple[IntArray, Float32Array]:
    """Return the triangle that each pixel sees of an instance, and the normal there in camera axes."""
    camera_from_part = inverse(camera.world_from_camera) @ instance.world_from_part
    rays = Rays(instance.part, inverse(camera_from_part), camera.intrinsics)
    rows, columns = np.nonzero(seen)
    directions = rays.directions_at(np.stack([columns, rows], axis=1).astype(np.float64) + 0.5)
    hits = trace_hits(instance.part, rays.origin_m, directions)
    normals = _facing(_normals_at(instance.part, hits), _flat_normals(instance.part, hits), directions)
    return hits.triangle_ids, (normals @ camera_from_part[:3, :3].T).astype(np.float32)


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
