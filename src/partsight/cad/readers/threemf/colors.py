"""Property groups of 3MF → one color for each triangle: base materials, color groups, textures, composites, multi-properties.

Colors are sRGB with alpha (core specification 1.3, section 5.1; materials extension 1.2). Colors that run over a triangle count by
the mean of its corners, textures by the mean of their picture.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from lxml import etree

from partsight.cad.readers.threemf.package import ThreeMfModel, ThreeMfPackage
from partsight.structures.arrays import FloatArray
from partsight.structures.world.material import linear_from_srgb

_UNSEEN = (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class PropertyGroup:
    """The entries of one group of properties."""

    rgba: FloatArray
    """(N, 4) linear red, green, blue, and opacity."""
    names: tuple[str, ...] = ()
    """Of base materials."""
    is_textured: bool = False


def read_group(package: ThreeMfPackage, model: ThreeMfModel, group_id: str) -> PropertyGroup | None:
    """Return a group of a model's resources, None for an id that is no group. Raises ValueError for a damaged one."""
    entry = model.resources.get(group_id)
    reader = None if entry is None else _READERS.get(etree.QName(entry).localname)
    return None if reader is None else reader(package, model, entry)


def _base_materials(package: ThreeMfPackage, model: ThreeMfModel, entry: Any) -> PropertyGroup:
    del package, model
    bases = entry.findall("{*}base")
    names = tuple(base.get("name") or "" for base in bases)
    return PropertyGroup(_rgba([base.get("displaycolor") or "#999999" for base in bases]), names)


def _colors(package: ThreeMfPackage, model: ThreeMfModel, entry: Any) -> PropertyGroup:
    del package, model
    return PropertyGroup(_rgba([color.get("color") or "#999999" for color in entry.iterfind("{*}color")]))


def _textures(package: ThreeMfPackage, model: ThreeMfModel, entry: Any) -> PropertyGroup:
    from PIL import Image

    count = len(entry.findall("{*}tex2coord"))
    source = model.resources.get(entry.get("texid"))
    if source is None:
        raise ValueError(f"texture {entry.get('texid')} is not there")
    with Image.open(BytesIO(package.read(source.get("path") or ""))) as picture:
        pixels = np.asarray(picture.convert("RGBA"), float) / 255
    mean = np.append(linear_from_srgb(pixels[..., :3]).mean(axis=(0, 1)), 1.0)
    return PropertyGroup(np.tile(mean, (count, 1)), is_textured=True)


def _composites(package: ThreeMfPackage, model: ThreeMfModel, entry: Any) -> PropertyGroup:
    """Mix the materials in their shares."""
    bases = read_group(package, model, entry.get("matid"))
    chosen = [int(number) for number in (entry.get("matindices") or "").split()]
    if bases is None:
        return PropertyGroup(np.zeros((0, 4)))
    shares = [[float(share) for share in mix.get("values").split()] for mix in entry.iterfind("{*}composite")]
    weights = np.array(shares, float).reshape(-1, len(chosen))
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return PropertyGroup(weights @ bases.rgba[chosen])


def _multi(package: ThreeMfPackage, model: ThreeMfModel, entry: Any) -> PropertyGroup:
    """Lay the groups over each other, first to last: mixed by the upper one's alpha, or multiplied."""
    groups = [read_group(package, model, group_id) for group_id in (entry.get("pids") or "").split()]
    methods = ["mix", *(entry.get("blendmethods") or "").split()]
    methods += ["mix"] * (len(groups) - len(methods))
    rows = []
    for multi in entry.iterfind("{*}multi"):
        numbers = [int(number) for number in (multi.get("pindices") or "").split()]
        color = np.array(_UNSEEN)
        for group, number, method in zip(groups, numbers + [0] * (len(groups) - len(numbers)), methods, strict=False):
            if group is not None and number < len(group.rgba):
                color = _laid_over(color, group.rgba[number], method)
        rows.append(color)
    return PropertyGroup(
        np.array(rows).reshape(-1, 4), is_textured=any(group and group.is_textured for group in groups)
    )


def _laid_over(below: FloatArray, above: FloatArray, method: str) -> FloatArray:
    if not below[3]:
        return above
    if method == "multiply":
        return below * above
    return np.append(above[:3] * above[3] + below[:3] * (1 - above[3]), max(above[3], below[3]))


_READERS: Mapping[str, Callable[[ThreeMfPackage, ThreeMfModel, Any], PropertyGroup]] = {
    "basematerials": _base_materials,
    "colorgroup": _colors,
    "texture2dgroup": _textures,
    "compositematerials": _composites,
    "multiproperties": _multi,
}


def _rgba(codes: list[str]) -> FloatArray:
    """Return #RRGGBB or #RRGGBBAA as linear colors and opacities. Raises ValueError for other text."""
    rows = [bytes.fromhex(code.strip().removeprefix("#").ljust(8, "F")[:8]) for code in codes]
    encoded = np.array([list(row) for row in rows], float).reshape(-1, 4) / 255
    return np.column_stack([linear_from_srgb(encoded[:, :3]), encoded[:, 3]])
