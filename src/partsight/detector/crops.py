"""Boxes → the squares that a verifier looks at: the same pixels in training, in evaluation and at work, without torch."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow

from partsight.structures.arrays import Float32Array, FloatArray, Image
from partsight.structures.verifier_spec import VerifierSpec

Crops = npt.NDArray[np.uint8]
"""(N, size, size, 3) RGB squares."""


def cut_crops(image: Image, boxes_xyxy: FloatArray, spec: VerifierSpec) -> Crops:
    """Return the square around each box of an RGB picture, from its full resolution, gray where it leaves the picture."""
    crops = [_cut(image, _square(box_xyxy, spec.margin), spec) for box_xyxy in boxes_xyxy]
    return np.array(crops, np.uint8).reshape(-1, spec.size_px, spec.size_px, 3)


def as_input(crops: Crops, spec: VerifierSpec) -> Float32Array:
    """Return squares as the (N, 3, size, size) input of a network."""
    planes = np.ascontiguousarray(crops.transpose(0, 3, 1, 2)).astype(np.float32)
    planes -= np.float32(spec.pixel_mean)
    planes /= np.float32(spec.pixel_scale)
    return planes


def _square(box_xyxy: FloatArray, margin: float) -> tuple[float, float, float]:
    """Return the left and upper edge and the side of the square around a box, in pixels; never smaller than a pixel."""
    left, top, right, bottom = box_xyxy.tolist()
    side = max(right - left, bottom - top, 1.0) * (1 + 2 * margin)
    return (left + right - side) / 2, (top + bottom - side) / 2, side


def _cut(image: Image, square: Sequence[float], spec: VerifierSpec) -> Image:
    """Average when making smaller: small print and edges would flicker otherwise from box to box."""
    left, top, side = square
    x0, y0, x1, y1 = (int(np.floor(left)), int(np.floor(top)), int(np.ceil(left + side)), int(np.ceil(top + side)))
    height, width = image.shape[:2]
    canvas = np.full((y1 - y0, x1 - x0, 3), spec.padding_value, np.uint8)
    u0, v0, u1, v1 = max(x0, 0), max(y0, 0), min(x1, width), min(y1, height)
    if u1 > u0 and v1 > v0:
        canvas[v0 - y0 : v1 - y0, u0 - x0 : u1 - x0] = image[v0:v1, u0:u1]
    inner = (left - x0, top - y0, left - x0 + side, top - y0 + side)
    resized = Pillow.fromarray(canvas).resize(
        (spec.size_px, spec.size_px), Pillow.Resampling.BILINEAR, box=inner, reducing_gap=3.0
    )
    return np.asarray(resized)
