"""Physically based materials in the metallic-roughness model (glTF 2.0, section 3.9.2; Burley 2012)."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from partsight.structures.arrays import FloatArray, Image, locked

_Precision = TypeVar("_Precision", np.float32, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """A tileable picture that is laid over a surface by box mapping; one tile is `size_m` wide."""

    image_rgb: Image
    size_m: float
    metallic_roughness: Image | None = None
    """(H, W, 2) metallic and roughness in 0…255, of the picture's size; replaces the material's. None: everywhere the material's."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "image_rgb", locked(self.image_rgb, np.uint8, (None, None, 3)))
        if self.metallic_roughness is not None:
            values = locked(self.metallic_roughness, np.uint8, (*self.image_rgb.shape[:2], 2))
            object.__setattr__(self, "metallic_roughness", values)


HIDING_OPACITY = 0.7
"""What is more opaque than this hides what lies behind it from labels: less than a third of its contrast is left."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a surface is made of: linear RGB base color in 0…1, metallic and roughness in 0…1.

    A texture multiplies the base color.
    """

    name: str
    base_color: tuple[float, float, float]
    metallic: float = 0.0
    roughness: float = 0.5
    texture: Texture | None = None
    opacity: float = 1.0
    """How much a pane of it hides of what lies behind, 0…1: the alpha of CAD programs and of glTF; light goes straight through."""

    @property
    def is_see_through(self) -> bool:
        """Whether any of what lies behind can be seen."""
        return self.opacity < 1

    @property
    def is_hiding(self) -> bool:
        """Whether labels count what lies behind as hidden."""
        return self.opacity > HIDING_OPACITY


def linear_from_srgb(encoded: FloatArray) -> FloatArray:
    """Decode sRGB values in 0…1 to linear light (IEC 61966-2-1)."""
    linear: FloatArray = np.where(
        encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0.0) + 0.055) / 1.055) ** 2.4
    )
    return linear


def srgb_from_linear(linear: npt.NDArray[_Precision]) -> npt.NDArray[_Precision]:
    """Encode linear light in 0…1 as sRGB values in 0…1 (IEC 61966-2-1), in the precision that it is given in."""
    positive = np.maximum(linear, 0.0)
    encoded: npt.NDArray[_Precision] = np.where(
        positive <= 0.0031308, positive * 12.92, 1.055 * positive ** (1 / 2.4) - 0.055
    )
    return encoded
