"""CAD colors → physically based materials, by name where it says what the part is made of, by color otherwise."""

import re

import numpy as np

from partsight.structures.material import Material, linear_from_srgb

BY_NAME: tuple[tuple[str, str, float, float], ...] = (
    ("copper", r"copper|cuivre|kupfer|brass|messing|bronze", 1.0, 0.35),
    ("metal", r"alu|steel|stahl|inox|chrom|nickel|zinc|titan|iron|metal", 1.0, 0.4),
    ("rubber", r"rubber|gummi|hose|schlauch|cable|seal|o-?ring", 0.0, 0.85),
    ("glass", r"glass|glas|acryl", 0.0, 0.05),
    ("plastic", r"paint|lack|plastic|pvc|nylon|abs\b|pom\b", 0.0, 0.45),
)
"""Kind, pattern, metallic, roughness."""
GREY_SATURATION = 0.12
"""Colors less saturated than this, and not dark, are taken for bare metal: that is how CAD draws steel and aluminium."""
DARK = 0.12
"""Linear luminance below which a grey is paint, plastic or rubber."""
DEFAULT_COLOR = (0.6, 0.6, 0.6)


def guess_material(name: str, base_color: tuple[float, float, float]) -> Material:
    """Return the material for a linear RGB color and whatever names come with it; it is named after its kind."""
    for kind, pattern, metallic, roughness in BY_NAME:
        if re.search(pattern, name, re.IGNORECASE):
            return Material(kind, base_color, metallic, roughness)
    is_grey = max(base_color) - min(base_color) <= GREY_SATURATION * max(*base_color, 1e-6)
    if is_grey and float(np.mean(base_color)) > DARK:
        return Material("metal", base_color, 1.0, 0.4)
    return Material("paint", base_color, 0.0, 0.5)


def paint(color: str) -> Material:
    """Return the paint of a #rrggbb color."""
    encoded = np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    red, green, blue = linear_from_srgb(encoded).tolist()
    return Material(f"paint {color}", (red, green, blue), 0.0, 0.45)
