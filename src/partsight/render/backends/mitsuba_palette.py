"""Few meshes instead of many: everything plain in a scene becomes one mesh whose materials are texels of a palette.

A circuit board has dozens of colors; one mesh for each would make Mitsuba slow to load and slow to trace: each costs about 8 ms a
picture. Texture coordinates lie on texel centers, where bilinear filtering returns the texel itself. Surfaces that share a textured
material are one mesh, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from partsight.render.surfaces import Surface, wall_opacity
from partsight.structures.arrays import Float32Array, FloatArray, IntArray
from partsight.structures.world.material import Material, linear_from_srgb

_LINEAR_FROM_BYTE = linear_from_srgb(np.arange(256)[:, None] / 255.0)


@dataclass(frozen=True, slots=True, eq=False)
class PaintedMesh:
    """One mesh with pictures of its material's values, linear, (h, w, channels)."""

    vertices_m: FloatArray
    normals: Float32Array
    uvs: Float32Array
    triangles: IntArray
    base_color: Float32Array
    metallic: Float32Array
    roughness: Float32Array
    instance_ids: IntArray
    """(T,) which of `Scene.instances` each triangle belongs to; −1 for none."""
    wall_opacity: float = 1.0
    """How much each of its surfaces hides of what lies behind."""


def paint_meshes(surfaces: Sequence[Surface]) -> list[PaintedMesh]:
    """Join all surfaces that are plain and equally opaque, then those that share a textured material; their order is kept."""
    groups: dict[tuple[Any, ...], list[Surface]] = {}
    for surface in surfaces:
        groups.setdefault(_group(surface.material), []).append(surface)
    return [_painted(groups[key]) for key in sorted(groups, key=len)]


def _group(material: Material) -> tuple[Any, ...]:
    """Return what materials on one mesh have in common: how opaque they are, and all there is where they have a texture."""
    if material.texture is None:
        return () if material.opacity == 1 else (material.opacity,)
    return id(material.texture), material.base_color, material.metallic, material.roughness, material.opacity


def _painted(surfaces: list[Surface]) -> PaintedMesh:
    """Join surfaces that are all plain, or all of one textured material."""
    counts = [len(surface.vertices_m) for surface in surfaces]
    offsets = np.cumsum([0, *counts[:-1]])
    materials = [surface.material for surface in surfaces]
    is_textured = materials[0].texture is not None
    uvs = np.concatenate([surface.uvs for surface in surfaces]) if is_textured else _palette_uvs(counts)
    shown = materials[:1] if is_textured else materials
    return PaintedMesh(
        vertices_m=np.concatenate([surface.vertices_m for surface in surfaces]),
        normals=np.concatenate([surface.normals for surface in surfaces]),
        uvs=uvs,
        triangles=np.concatenate([s.triangles + offset for s, offset in zip(surfaces, offsets, strict=True)]),
        base_color=_base_color(shown),
        metallic=_metallic_roughness(shown)[..., :1],
        roughness=_metallic_roughness(shown)[..., 1:],
        instance_ids=np.repeat([s.instance_index for s in surfaces], [len(s.triangles) for s in surfaces]),
        wall_opacity=wall_opacity(materials[0]),
    )


def _palette_uvs(counts: Sequence[int]) -> Float32Array:
    """Return texture coordinates on the center of each surface's own texel."""
    columns = (np.repeat(np.arange(len(counts)), counts) + 0.5) / len(counts)
    return np.column_stack([columns, np.full(len(columns), 0.5)]).astype(np.float32)


def _base_color(materials: Sequence[Material]) -> Float32Array:
    """Return the texture times its material's color, or a row of colors."""
    texture = materials[0].texture
    if texture is None:
        return np.array([[material.base_color for material in materials]], np.float32)
    return (_LINEAR_FROM_BYTE * materials[0].base_color).astype(np.float32)[texture.image_rgb, np.arange(3)]


def _metallic_roughness(materials: Sequence[Material]) -> Float32Array:
    """Return the texture's own values, or a row of the materials' values."""
    texture = materials[0].texture
    if texture is None or texture.metallic_roughness is None:
        return np.array([[[material.metallic, material.roughness] for material in materials]], np.float32)
    values: Float32Array = texture.metallic_roughness.astype(np.float32) / np.float32(255)
    return values
