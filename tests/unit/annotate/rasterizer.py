"""A second opinion on labels: a z-buffer in NumPy float64 that shares no code with `annotate`.

Triangles are rasterized in homogeneous coordinates (Olano and Greer, Triangle scan conversion using 2D homogeneous
coordinates, 1997), so those that cross the camera plane need no clipping: a pixel with ray d lies in the triangle of
corners v₁v₂v₃ (camera axes) when d = w₁v₁ + w₂v₂ + w₃v₃ with all w ≥ 0, and its depth is 1 / (w₁ + w₂ + w₃).
"""

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, IntArray
from partsight.structures.world.lens import Lens
from partsight.structures.world.scene import Instance, Scene

FLAT = 1e-15
"""Volume in m³ below which a triangle is seen edge-on."""


def rasterize(scene: Scene, beyond_px: int = 0, only: int | None = None) -> IntArray:
    """Return which instance each pixel center sees, −1 for none, for the picture grown by `beyond_px` to each side."""
    return rasterize_depth(scene, beyond_px, only)[0]


def rasterize_depth(scene: Scene, beyond_px: int = 0, only: int | None = None) -> tuple[IntArray, FloatArray]:
    """Return which instance each pixel center sees, and its depth in meters, infinite for none."""
    rays = _rays(scene, beyond_px)
    slack = _largest_step(rays)
    nearest = np.full(rays.shape[:2], np.inf)
    mask = np.full(rays.shape[:2], -1)
    for instance_id, instance in enumerate(scene.instances):
        if only is None or only == instance_id:
            for corners in _triangles_in_camera(scene, instance):
                _draw(corners, instance_id, rays, slack, nearest, mask)
    return mask, nearest


def box_of(is_seen: BoolArray) -> FloatArray:
    """Return left, top, right, bottom of the True pixels, right and bottom exclusive."""
    rows, columns = np.nonzero(is_seen)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)


def _rays(scene: Scene, beyond_px: int) -> FloatArray:
    intrinsics = scene.camera.intrinsics
    (width, height), (center_x, center_y) = intrinsics.size_wh, intrinsics.principal_point_px
    x, y = np.meshgrid(np.arange(-beyond_px, width + beyond_px) + 0.5, np.arange(-beyond_px, height + beyond_px) + 0.5)
    x, y = (x - center_x) / intrinsics.focal_px, (y - center_y) / intrinsics.focal_px
    if intrinsics.lens is not None:
        seen = np.hypot(x, y)
        straight = _straight_radius(seen, intrinsics.lens)
        x, y = x * straight / seen, y * straight / seen
    return np.stack([x, y, np.ones_like(x)], axis=-1)


def _straight_radius(seen: FloatArray, lens: Lens) -> FloatArray:
    """Invert the lens by bisection, from its definition: r (1 + k₁ r²) up to the edge, along the tangent beyond."""
    low, high = np.zeros_like(seen), seen * 10
    for _ in range(80):
        middle = (low + high) / 2
        inside = np.minimum(middle, lens.edge)
        image = inside + lens.k1 * inside**3 + (middle - inside) * (1 + 3 * lens.k1 * lens.edge**2)
        low, high = np.where(image < seen, middle, low), np.where(image < seen, high, middle)
    return low


def _triangles_in_camera(scene: Scene, instance: Instance) -> FloatArray:
    camera_from_part = np.linalg.inv(scene.camera.world_from_camera) @ instance.world_from_part
    vertices = instance.part.mesh.vertices_m @ camera_from_part[:3, :3].T + camera_from_part[:3, 3]
    return vertices[instance.part.mesh.triangles]


def _draw(
    corners: FloatArray, instance_id: int, rays: FloatArray, slack: float, nearest: FloatArray, mask: IntArray
) -> None:
    if abs(np.linalg.det(corners)) < FLAT or corners[:, 2].max() <= 0:
        return
    rows, columns = _touched(corners, rays, slack)
    weights = rays[rows, columns] @ np.linalg.inv(corners)
    is_inside = (weights >= 0).all(axis=-1)
    depth = np.divide(1.0, weights.sum(axis=-1), where=is_inside, out=np.full(is_inside.shape, np.inf))
    is_nearer = depth < nearest[rows, columns]
    nearest[rows, columns][is_nearer] = depth[is_nearer]
    mask[rows, columns][is_nearer] = instance_id


def _touched(corners: FloatArray, rays: FloatArray, slack: float) -> tuple[slice, slice]:
    """Return the rows and columns a triangle can touch: all of them when it reaches behind the camera plane."""
    if corners[:, 2].min() <= 1e-9:
        return slice(None), slice(None)
    x, y = (corners[:, :2] / corners[:, 2:]).T
    across, down = rays[..., 0], rays[..., 1]
    can_touch = (across >= x.min() - slack) & (across <= x.max() + slack)
    can_touch &= (down >= y.min() - slack) & (down <= y.max() + slack)
    if not can_touch.any():
        return slice(0), slice(0)
    rows, columns = np.flatnonzero(can_touch.any(axis=1)), np.flatnonzero(can_touch.any(axis=0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _largest_step(rays: FloatArray) -> float:
    """Return the largest distance between neighboring rays, across or down."""
    return float(max(np.abs(np.diff(rays, axis=axis)).max() for axis in (0, 1)))
