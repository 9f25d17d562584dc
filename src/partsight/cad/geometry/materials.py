"""CAD colors → physically based materials, by name where it says what the part is made of, by color otherwise."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

import numpy as np

from partsight.config.sections.cad import MaterialKind
from partsight.structures.world.material import Material, linear_from_srgb

BY_NAME: tuple[tuple[str, str, float, float], ...] = (
    ("brass", r"brass|messing|bronze", 1.0, 0.35),
    ("copper", r"copper|cuivre|kupfer", 1.0, 0.35),
    ("aluminium", r"alu|titan", 1.0, 0.4),
    ("stainless", r"inox|stainless|chrom|nickel|zinc", 1.0, 0.4),
    ("steel", r"steel|stahl|iron", 1.0, 0.4),
    ("metal", r"metal", 1.0, 0.4),
    ("rubber", r"rubber|gummi|hose|schlauch|cable|seal|o-?ring", 0.0, 0.85),
    ("glass", r"glass|glas|acryl", 0.0, 0.05),
    ("plastic", r"paint|lack|plastic|pvc|nylon|abs\b|pom\b", 0.0, 0.45),
)
"""Kind, pattern, metallic, roughness."""
GRAY_SATURATION = 0.12
"""Colors less saturated than this, and not dark, are taken for bare metal: that is how CAD draws steel and aluminium."""
DARK = 0.12
"""Linear luminance below which a gray is paint, plastic or rubber."""
DEFAULT_COLOR = (0.6, 0.6, 0.6)


METALS: Mapping[MaterialKind, tuple[tuple[float, float, float], float]] = {
    "steel": ((0.47, 0.46, 0.44), 0.4),
    "stainless": ((0.58, 0.56, 0.53), 0.28),
    "iron": ((0.32, 0.31, 0.30), 0.55),
    "aluminium": ((0.91, 0.92, 0.92), 0.35),
    "copper": ((0.93, 0.62, 0.52), 0.3),
    "brass": ((0.89, 0.71, 0.37), 0.3),
    "gold": ((1.0, 0.77, 0.34), 0.2),
    "chrome": ((0.55, 0.56, 0.56), 0.08),
}
"""Linear color of the reflection at right angles, and roughness."""
DIELECTRICS: Mapping[MaterialKind, float] = {"paint": 0.4, "plastic": 0.5, "rubber": 0.85, "glass": 0.05}
"""Roughness."""
GLASS_OPACITY = 0.2
"""Of what is called glass without a stated alpha: a pane with a tint that can be seen."""


STATED: tuple[tuple[MaterialKind, str], ...] = (
    ("plastic", r"glass.?(fib|fill|rein)|fib(er|re).?glass|gfk|\bgrp\b|\bfr-?4\b|carbon|cfk"),
    ("glass", r"glass|glas\b|pmma|acryl|plexi|perspex|ガラス|玻璃"),
    ("brass", r"brass|messing|bronze|laiton|cuzn|cusn|黄銅|真鍮|黄铜"),
    ("copper", r"copper|kupfer|cuivre|rame\b|cobre|\bcu-|銅|铜"),
    ("aluminium", r"alu|\bal ?mg|\bal ?si|\ben ?aw|\b[2-7]0[0-9]{2}\b|アルミ|ｱﾙﾐ|铝"),
    (
        "stainless",
        r"stainless|inox|edelstahl|titan|nickel|zinc|zink|\b1[.]4\d{3}|aisi ?3\d\d|\bx\d+cr|ステンレス|ｽﾃﾝﾚｽ|不锈",
    ),
    ("iron", r"iron|\bguss|grauguss|fonte|\bgj[lsm]|铸铁|鋳鉄"),
    ("steel", r"steel|stahl|acier|acciaio|acero|\bs[23]\d5|\bc45\b|\b1[.][0-37]\d{3}|aisi|42crmo|鋼|钢"),
    ("chrome", r"chrom"),
    ("gold", r"\bgold\b"),
    ("rubber", r"rubber|gummi|caoutchouc|\bnbr\b|epdm|\bfkm\b|viton|silicon|elastom|\btpu\b|neopren|ゴム|橡胶"),
    (
        "plastic",
        r"\babs\b|\bpla\b|petg|\bpet\b|\bpom\b|delrin|nylon|\bpa ?\d*\b|pvc|ptfe|teflon|peek|\bpp\b|\bh?d?pe\b|\bpc\b",
    ),
    ("plastic", r"polycarb|lexan|polyam|polyprop|polyeth|plastic|kunststoff|resin|epoxy|樹脂|塑料"),
    ("paint", r"paint|\black|powder"),
)
"""Kinds of stated materials, by the first pattern that is found in the name; metals before what is only coated with them."""
COLORED: frozenset[MaterialKind] = frozenset(("copper", "brass", "gold"))
"""Metals that have a color of their own: one in the file is no paint."""


def stated_material(name: str, base_color: tuple[float, float, float] | None) -> Material | None:
    """Return the material that a file states by a name in words, None for names that say nothing.

    A gray metal in another color than gray is taken for painted.
    """
    kind = next((kind for kind, pattern in STATED if re.search(pattern, name, re.IGNORECASE)), None)
    if kind is None:
        return None
    is_painted = kind in METALS and kind not in COLORED and base_color is not None and not _is_gray(base_color)
    return material_of("paint" if is_painted else kind, base_color or DEFAULT_COLOR)


def _is_gray(base_color: tuple[float, float, float]) -> bool:
    return max(base_color) - min(base_color) <= GRAY_SATURATION * max(*base_color, 1e-6)


def guess_material(name: str, base_color: tuple[float, float, float]) -> Material:
    """Return the material for a linear RGB color and whatever names come with it; it is named after its kind."""
    for kind, pattern, metallic, roughness in BY_NAME:
        if re.search(pattern, name, re.IGNORECASE):
            return Material(kind, base_color, metallic, roughness)
    if _is_gray(base_color) and float(np.mean(base_color)) > DARK:
        return Material("metal", base_color, 1.0, 0.4)
    return Material("paint", base_color, 0.0, 0.5)


def material_of(kind: MaterialKind, base_color: tuple[float, float, float]) -> Material:
    """Return the material that the recipe names: metals in their own color, others in the file's."""
    if kind in METALS:
        own_color, roughness = METALS[kind]
        return Material(kind, own_color, 1.0, roughness)
    if kind == "glass":
        return see_through(base_color, GLASS_OPACITY)
    return Material(kind, base_color, 0.0, DIELECTRICS[kind])


def wanted_material(wanted: str, base_color: tuple[float, float, float]) -> Material:
    """Return the material of a recipe's entry, a kind with or without a color; the color of the file otherwise."""
    kind, _, color = wanted.partition(" ")
    known: Mapping[str, MaterialKind] = {one: one for one in get_args(MaterialKind)}
    made = material_of(known[kind], base_color)
    return replace(made, name=wanted, base_color=linear_color(color)) if color else made


def linear_color(color: str) -> tuple[float, float, float]:
    """Return the linear RGB of a #rrggbb color."""
    encoded = np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    red, green, blue = linear_from_srgb(encoded).tolist()
    return (red, green, blue)


def see_through(base_color: tuple[float, float, float], opacity: float) -> Material:
    """Return glass or clear plastic of a linear RGB tint."""
    return Material("glass", base_color, 0.0, DIELECTRICS["glass"], opacity=opacity)


def paint(color: str) -> Material:
    """Return the paint of a #rrggbb color."""
    return Material(f"paint {color}", linear_color(color), 0.0, 0.45)
