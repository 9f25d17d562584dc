"""A second opinion on labels: a z-buffer in NumPy float64 that shares no code with `annotate`.

Triangles are rasterized in homogeneous coordinates (Olano and Greer, Triangle scan conversion using 2D homogeneous
coordinates, 1997), so those that cross the camera plane need no clipping: a pixel with ray d lies in the triangle of
corners v₁v₂v₃ (camera axes) when d = w₁v₁ + w₂v₂ + w₃v₃ with all w ≥ 0, and its depth is 1 / (w₁ + w₂ + w₃).
"""

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, IntArray
from partsight.structures.scene import Instance, Scene

FLAT = 1e-15
"""Volume in m³ below which a triangle is seen edge-on."""


def rasterize(scene: Scene, beyond_px: int = 0, only: int | None = None) -> IntArray:
    """Return which instance each pixel center sees, −1 for none, for the picture grown by `beyond_px` to each side."""
    rays = _rays(scene, beyond_px)
    nearest = np.full(rays.shape[:2], np.inf)
    mask = np.full(rays.shape[:2], -1)
    for instance_id, instance in enumerate(scene.instances):
        if only is None or only == instance_id:
            for corners in _triangles_in_camera(scene, instance):
                _draw(corners, instance_id, rays, nearest, mask)
    return mask


def box_of(is_seen: BoolArray) -> FloatArray:
    """Return left, top, right, bottom of the True pixels, right and bottom exclusive."""
    rows, columns = np.nonzero(is_seen)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)


def _rays(scene: Scene, beyond_px: int) -> FloatArray:
    intrinsics = scene.camera.intrinsics
    (width, height), (center_x, center_y) = intrinsics.size_wh, intrinsics.principal_point_px
    x, y = np.meshgrid(np.arange(-beyond_px, width + beyond_px) + 0.5, np.arange(-beyond_px, height + beyond_px) + 0.5)
    return np.stack(
        [(x - center_x) / intrinsics.focal_px, (y - center_y) / intrinsics.focal_px, np.ones_like(x)], axis=-1
    )


def _triangles_in_camera(scene: Scene, instance: Instance) -> FloatArray:
    camera_from_part = np.linalg.inv(scene.camera.world_from_camera) @ instance.world_from_part
    vertices = instance.part.mesh.vertices_m @ camera_from_part[:3, :3].T + camera_from_part[:3, 3]
    return vertices[instance.part.mesh.triangles]


def _draw(corners: FloatArray, instance_id: int, rays: FloatArray, nearest: FloatArray, mask: IntArray) -> None:
    if abs(np.linalg.det(corners)) < FLAT or corners[:, 2].max() <= 0:
        return
    rows, columns = _touched(corners, rays)
    weights = rays[rows, columns] @ np.linalg.inv(corners)
    is_inside = (weights >= 0).all(axis=-1)
    depth = np.divide(1.0, weights.sum(axis=-1), where=is_inside, out=np.full(is_inside.shape, np.inf))
    is_nearer = depth < nearest[rows, columns]
    nearest[rows, columns][is_nearer] = depth[is_nearer]
    mask[rows, columns][is_nearer] = instance_id


def _touched(corners: FloatArray, rays: FloatArray) -> tuple[slice, slice]:
    """Return the rows and columns a triangle can touch: all of them when it reaches behind the camera plane."""
    if corners[:, 2].min() <= 1e-9:
        return slice(None), slice(None)
    x, y = (corners[:, :2] / corners[:, 2:]).T
    columns = np.searchsorted(rays[0, :, 0], [x.min(), x.max()])
    rows = np.searchsorted(rays[:, 0, 1], [y.min(), y.max()])
    return slice(max(0, rows[0] - 1), rows[1] + 1), slice(max(0, columns[0] - 1), columns[1] + 1)
