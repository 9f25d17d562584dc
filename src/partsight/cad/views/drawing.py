"""Plain shaded drawings of a part, orthographic, by ray casting: fast, the same everywhere, no renderer needed."""

from typing import Literal

import numpy as np
import trimesh

from partsight.cad.views.silhouettes import view_axes
from partsight.structures.arrays import BoolArray, FloatArray, Image, IntArray
from partsight.structures.world.material import srgb_from_linear
from partsight.structures.world.part import Part, diagonal_m, opaque_triangles

SIDES = {
    "front": (0.0, -1.0, 0.0), "right": (1.0, 0.0, 0.0), "back": (0.0, 1.0, 0.0),
    "left": (-1.0, 0.0, 0.0), "above": (0.0, 0.0, 1.0), "below": (0.0, 0.0, -1.0),
}  # fmt: skip
"""From the part to the viewer; z is up, the front looks to −y."""
CORNER = (0.55, -0.7, 0.45)
"""From the front right, above."""
OVERSAMPLING = 2
MOST_LAYERS = 8
"""See-through surfaces that are drawn one behind the other."""
Coloring = Literal["materials", "nodes"]
_NODE_HUES = np.array([
    (0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233), (240, 228, 66), (120, 120, 120),
])  # fmt: skip
"""Okabe & Ito (2008): told apart by color-blind readers too."""


def draw_views(
    part: Part, directions: list[tuple[float, float, float]], size_px: int, coloring: Coloring = "materials"
) -> list[Image]:
    """Return (size, size, 3) drawings on white, one for each direction from the part to the viewer, all at one scale."""
    mesh = trimesh.Trimesh(part.mesh.vertices_m, part.mesh.triangles, process=False)
    caster = trimesh.ray.ray_pyembree.RayMeshIntersector(mesh)
    colors = _node_colors(part) if coloring == "nodes" else _material_colors(part)
    radius = float(np.linalg.norm(part.mesh.vertices_m, axis=1).max())
    unit = [np.asarray(direction) / np.linalg.norm(direction) for direction in directions]
    return [_draw(part, caster, colors, direction, radius=radius, size_px=size_px) for direction in unit]


def draw_difference(first: BoolArray, second: BoolArray, size_px: int) -> Image:
    """Draw two outlines over each other: both gray, only the first blue, only the second orange."""
    picture = np.full((*first.shape, 3), 255, np.uint8)
    picture[first & second] = (205, 208, 210)
    picture[first & ~second] = (0, 114, 178)
    picture[second & ~first] = (213, 94, 0)
    factor = -(-size_px // len(first))
    return picture.repeat(factor, axis=0).repeat(factor, axis=1)


def _draw(
    part: Part, caster: object, colors: FloatArray, direction: FloatArray, *, radius: float, size_px: int
) -> Image:
    resolution = size_px * OVERSAMPLING
    right, up = view_axes(direction)
    steps = ((np.arange(resolution) + 0.5) / resolution * 2 - 1) * radius * 1.02
    columns, rows = np.meshgrid(steps, -steps)
    origins = columns[..., None] * right + rows[..., None] * up + 2.0 * radius * direction
    rays = np.broadcast_to(-direction, (resolution**2, 3))
    layers = _trace_layers(part, caster, origins.reshape(-1, 3), rays)
    shaded = _shade(part, colors, layers, direction)
    return _reduced(shaded.reshape(resolution, resolution, 3))


def _trace_layers(part: Part, caster: object, origins: FloatArray, rays: FloatArray) -> list[IntArray]:
    """Return which triangle each ray meets first, −1 for none; then which next behind those that can be seen through."""
    is_opaque, layers = opaque_triangles(part), list[IntArray]()
    starts, going = origins.copy(), np.arange(len(rays))
    while len(going) and len(layers) < MOST_LAYERS:
        hits = np.full(len(rays), -1, np.int64)
        hits[going] = caster.intersects_first(starts[going], rays[going])  # type: ignore[attr-defined]
        layers.append(hits)
        going = going[hits[going] >= 0]
        going = going[~is_opaque[hits[going]]]
        starts[going] = _behind(part, hits[going], starts[going], rays[going])
    return layers


def _behind(part: Part, triangles: IntArray, origins: FloatArray, rays: FloatArray) -> FloatArray:
    """Return where rays leave the planes of the triangles they met, a little behind."""
    corners = part.mesh.vertices_m[part.mesh.triangles[triangles]]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    along = np.einsum("nd,nd->n", normals, rays)
    distances = np.einsum("nd,nd->n", normals, corners[:, 0] - origins) / np.where(np.abs(along) > 1e-30, along, 1.0)
    behind: FloatArray = origins + (distances + 1e-5 * diagonal_m(part.mesh))[:, None] * rays
    return behind


def _shade(part: Part, colors: FloatArray, layers: list[IntArray], direction: FloatArray) -> FloatArray:
    """Return linear colors: a light beside the viewer, and some from everywhere; white where nothing was met."""
    corners = part.mesh.vertices_m[part.mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
    right, up = view_axes(direction)
    light = direction + 0.45 * up - 0.35 * right
    facing = np.abs(normals @ (light / np.linalg.norm(light)))
    lit = colors * (0.3 + 0.75 * facing)[:, None]
    walls = 1 - np.sqrt(1 - np.array([material.opacity for material in part.materials]))
    shaded = np.ones((len(layers[0]), 3))
    for hits in layers[::-1]:
        met = np.flatnonzero(hits >= 0)
        opacity = walls[part.material_ids[hits[met]]][:, None]
        shaded[met] = opacity * lit[hits[met]] + (1 - opacity) * shaded[met]
    return shaded


def _reduced(linear: FloatArray) -> Image:
    size = len(linear) // OVERSAMPLING
    means = linear.reshape(size, OVERSAMPLING, size, OVERSAMPLING, 3).mean(axis=(1, 3))
    encoded: Image = np.rint(srgb_from_linear(np.minimum(means, 1.0)) * 255).astype(np.uint8)
    return encoded


def _material_colors(part: Part) -> FloatArray:
    """Return (T, 3) linear colors; black parts are lightened so that their shape can be seen."""
    colors: FloatArray = np.maximum(np.array([material.base_color for material in part.materials]), 0.02)
    return colors[part.material_ids]


def _node_colors(part: Part) -> FloatArray:
    from partsight.structures.world.material import linear_from_srgb

    colors: FloatArray = linear_from_srgb(_NODE_HUES[part.node_ids % len(_NODE_HUES)] / 255)
    return colors
