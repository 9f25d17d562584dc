"""glTF materials → one linear color with opacity: factors times the mean of textures (glTF 2.0, section 3.9)."""

from typing import Any

import numpy as np

from partsight.cad.readers.gltf.document import GltfDocument, read_picture
from partsight.structures.arrays import FloatArray
from partsight.structures.world.material import linear_from_srgb

_SPECULAR_GLOSSINESS = "KHR_materials_pbrSpecularGlossiness"
_TRANSMISSION = "KHR_materials_transmission"
_CLEAREST = 0.2
"""Opacity of what lets all light through: a pane can still be seen."""
_METAL = 0.5
"""Specular reflection of more than this, over a dark diffuse color, is a metal's: it is what color the thing has."""
_PICTURE_SOURCES = ("EXT_texture_webp", "EXT_texture_avif", "MSFT_texture_dds")


def read_look(document: GltfDocument, number: int | None) -> tuple[FloatArray | None, str]:
    """Return (red, green, blue, opacity) and the name of a material; no color for no material."""
    if number is None:
        return None, ""
    material = document.entries("materials")[number]
    rgba = _base_color(document, material)
    if not is_blended(document, number):
        rgba[3] = 1.0
    through = material.get("extensions", {}).get(_TRANSMISSION, {}).get("transmissionFactor", 0.0)
    rgba[3] = min(rgba[3], max(_CLEAREST, 1 - through)) if through else rgba[3]
    return rgba, str(material.get("name") or "")


def is_blended(document: GltfDocument, number: int | None) -> bool:
    """Return whether a material's alpha means that one can see through it."""
    return number is not None and document.entries("materials")[number].get("alphaMode") == "BLEND"


def _base_color(document: GltfDocument, material: dict[str, Any]) -> FloatArray:
    older = material.get("extensions", {}).get(_SPECULAR_GLOSSINESS)
    if older is None:
        metallic = material.get("pbrMetallicRoughness", {})
        return _times_picture(document, metallic.get("baseColorFactor"), metallic.get("baseColorTexture"))
    diffuse = _times_picture(document, older.get("diffuseFactor"), older.get("diffuseTexture"))
    specular = np.array(older.get("specularFactor", (1.0, 1.0, 1.0)), float)
    states_specular = "specularFactor" in older and "specularGlossinessTexture" not in older
    if states_specular and specular.max() > _METAL > diffuse[:3].max() + specular.max() / 2:
        diffuse[:3] = specular
    return diffuse


def _times_picture(document: GltfDocument, factor: Any, texture: dict[str, Any] | None) -> FloatArray:
    rgba = np.ones(4) if factor is None else np.array([*factor, 1.0][:4], float)
    source = None if texture is None else _source(document, texture)
    if source is None:
        return rgba
    pixels = read_picture(document, source)
    mean = np.append(linear_from_srgb(pixels[..., :3]).mean(axis=(0, 1)), pixels[..., 3].mean())
    product: FloatArray = rgba * mean
    return product


def _source(document: GltfDocument, texture: dict[str, Any]) -> int | None:
    """Return the number of a texture's picture, None where only a kind that is not read is there."""
    entry = document.entries("textures")[texture["index"]]
    extensions = entry.get("extensions", {})
    found = next(
        (extensions[name]["source"] for name in _PICTURE_SOURCES if "source" in extensions.get(name, {})), None
    )
    source: int | None = entry.get("source", found)
    return source
