"""What surfaces look like in one picture: CAD materials varied, recolored or covered with a random texture."""

from dataclasses import replace

import numpy as np

from partsight.config.sections.cad import METAL_KINDS
from partsight.config.sections.randomize import MaterialSection
from partsight.config.values import FilePath
from partsight.randomize.looks.backgrounds import find_photos, sample_crop
from partsight.randomize.looks.textures import sample_color, sample_texture
from partsight.randomize.solids import PLAIN
from partsight.randomize.streams import chance, log_uniform
from partsight.structures.arrays import Image
from partsight.structures.world.material import Material, Texture, linear_from_srgb
from partsight.structures.world.part import Part, diagonal_m

TEXTURE_PX = 256
STATED = " #"
"""What the names of materials have in them whose color the recipe states (`parts.<name>.color`, `parts.<name>.materials`)."""
TOLD_APART = 0.1
"""Least difference of two colors in a channel, linear 0…1, for CAD to mean two colors: programs write many grays."""


def vary_materials(rng: np.random.Generator, part: Part, section: MaterialSection) -> tuple[Material, ...]:
    """Draw the materials a part of a class wears; what can be seen through stays so, only its tint changes."""
    drawn = _drawn_materials(rng, part, section)
    return tuple(
        replace(own, base_color=new.base_color) if own.is_see_through else new
        for own, new in zip(part.materials, drawn, strict=True)
    )


def _drawn_materials(rng: np.random.Generator, part: Part, section: MaterialSection) -> tuple[Material, ...]:
    if has_colors(part) and chance(rng, section.keep_colors):
        return _tinted(rng, part, section)
    if chance(rng, section.texture_share):
        texture = Texture(
            _random_texture(rng, section.texture_folder), diagonal_m(part.mesh) * log_uniform(rng, 0.2, 1.5)
        )
        return tuple(
            Material("texture", (0.9, 0.9, 0.9), 0.0, float(rng.uniform(0.2, 1)), texture) for _ in part.materials
        )
    if chance(rng, section.recolor_share):
        painted = sample_material(rng)
        return tuple(painted if chance(rng, 0.8) else sample_material(rng) for _ in part.materials)
    return _tinted(rng, part, section)


def has_colors(part: Part) -> bool:
    """Return whether CAD tells several colors of a part apart, or color or metal are stated: a single color is often just gray."""
    colors = np.array([material.base_color for material in part.materials])
    is_told = any(
        material.texture or STATED in material.name or material.name in METAL_KINDS for material in part.materials
    )
    return is_told or bool(np.ptp(colors, axis=0).max() > TOLD_APART)


def _tinted(rng: np.random.Generator, part: Part, section: MaterialSection) -> tuple[Material, ...]:
    """Draw CAD materials as another batch of paint in another state."""
    shade = rng.normal(1.0, section.tint, 3) * rng.normal(1.0, section.tint)
    return tuple(_varied(rng, material, section, shade) for material in part.materials)


def sample_material(rng: np.random.Generator) -> Material:
    """Draw a plain material: paint, plastic, rubber or bare metal."""
    red, green, blue = linear_from_srgb(sample_color(rng)).tolist()
    if chance(rng, 0.3):
        gray = float(rng.uniform(0.4, 0.85))
        return Material("metal", (gray, gray * 0.98, gray * 0.95), 1.0, float(rng.uniform(0.1, 0.55)))
    return Material("paint", (red, green, blue), 0.0, float(rng.uniform(0.1, 1.0)))


def sample_surface(rng: np.random.Generator, size_m: float) -> Material:
    """Draw a textured surface for grounds and walls."""
    texture = Texture(sample_texture(rng, TEXTURE_PX), size_m)
    return Material("surface", (0.85, 0.85, 0.85), 0.0, float(rng.uniform(0.3, 1.0)), texture)


def is_cad(part: Part) -> bool:
    """Return whether a part has materials of its own, unlike the solids of formulas."""
    return part.materials[0] is not PLAIN


def _random_texture(rng: np.random.Generator, folder: FilePath | None) -> Image:
    """Draw a procedural texture, or half the time a crop of one of the user's pictures."""
    if folder is not None and chance(rng, 0.5):
        return sample_crop(rng, find_photos(folder, "materials.texture_folder"), (TEXTURE_PX, TEXTURE_PX))
    return sample_texture(rng, TEXTURE_PX)


def _varied(rng: np.random.Generator, material: Material, section: MaterialSection, shade: np.ndarray) -> Material:
    own = rng.normal(1.0, 0.5 * section.tint, 3)
    red, green, blue = np.clip(np.asarray(material.base_color) * shade * own, 0.005, 0.95).tolist()
    if not section.vary:
        return Material(material.name, (red, green, blue), material.metallic, material.roughness, material.texture)
    roughness = float(np.clip(material.roughness * log_uniform(rng, 0.5, 2.0), 0.06, 1.0))
    is_metal = material.metallic if chance(rng, 0.85) else 1.0 - material.metallic
    return Material(material.name, (red, green, blue), is_metal, roughness, material.texture)
