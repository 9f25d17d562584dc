"""How a verifier looks at boxes and how its answer changes scores; kept beside the network, so that all who use it do alike."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VerifierSpec:
    """What is proposed, the square that is cut around it, and what the answer counts for."""

    size_px: int = 128
    """Side of the network's input, in pixels."""
    margin: float = 0.2
    """What is seen around the box on each side, as a share of the box's longer side."""
    padding_value: int = 127
    """Gray value, 0…255, where the square leaves the picture."""
    pixel_mean: float = 127.0
    pixel_scale: float = 128.0
    """The input is (pixel - pixel_mean) / pixel_scale, red, green, blue, as (N, 3, size, size) float32."""
    least_proposed: float = 0.01
    """Score of the detector below which a box is not looked at, and is dropped."""
    same_place_iou: float = 0.6
    """Overlap above which two boxes, of whatever class, are one place: the better one is looked at."""
    exponent: float = 1.0
    """A score is the detector's times the probability to this power."""
