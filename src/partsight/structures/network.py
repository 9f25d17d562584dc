"""What an exported network expects of a picture and how its answer is to be read, independent of the library it comes from."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

OutputKind: TypeAlias = Literal["candidates", "detections", "mask candidates"]
"""candidates: (1, 4 + C, N), boxes as center and size, then a score for each class; overlapping boxes are still to be dropped.
detections: (1, N, 6), corners, score, class, best first; nothing is left to drop.
mask candidates: as candidates, followed by K rows of coefficients, and a second answer (1, K, h, w), prototypes that cover the input:
a candidate's mask is where its mixture of them is above 0, inside of its box."""


@dataclass(frozen=True, slots=True)
class NetworkSpec:
    """How pictures go into a network and boxes come out of it; boxes are in pixels of the input."""

    image_size: int
    """Longer side of the input, in pixels."""
    stride: int
    """Both sides of the input are multiples of this."""
    is_rectangular: bool
    """Whether the shorter side is padded to the next multiple only, not to a square."""
    padding_value: int
    """Gray value around the picture, 0…255."""
    pixel_mean: tuple[float, float, float]
    pixel_scale: tuple[float, float, float]
    """The input is (pixel - pixel_mean) / pixel_scale, red, green, blue, as (1, 3, height, width) float32."""
    output: OutputKind
    nms_iou: float
    """Overlap above which the weaker of two boxes of a class is dropped; not used by 'detections'."""
