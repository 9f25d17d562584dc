"""What an exported network expects of a picture and how its answer is to be read, independent of the library it comes from."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

OutputKind: TypeAlias = Literal["candidates", "detections"]
"""candidates: (1, 4 + C, N), boxes as center and size, then a score for each class; overlapping boxes are still to be dropped.
detections: (1, N, 6), corners, score, class, best first; nothing is left to drop."""


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
