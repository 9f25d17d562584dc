"""Pictures of any size → a network's input, and boxes back: scaled, centered, padded.

Scaling is OpenCV's bilinear interpolation in its own fixed-point arithmetic, so that a network sees the same pixels here as
where it was trained (checked against OpenCV by the tests); it samples, it does not average when making pictures smaller.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from partsight.structures.arrays import Float32Array, FloatArray, Image
from partsight.structures.network import NetworkSpec

Weights: TypeAlias = npt.NDArray[np.int32]
Positions: TypeAlias = npt.NDArray[np.intp]

_BITS = 11
"""Bits of the interpolation weights."""
_ONE = 1 << _BITS


@dataclass(frozen=True, slots=True)
class LetterboxPlacement:
    """Where a picture lies in a network's input."""

    picture_wh: tuple[int, int]
    scaled_wh: tuple[int, int]
    offset_xy: tuple[int, int]
    input_wh: tuple[int, int]


def place(picture_wh: tuple[int, int], spec: NetworkSpec) -> LetterboxPlacement:
    """Return where a picture of this size goes: as large as fits, in the middle."""
    ratio = min(spec.image_size / side for side in picture_wh)
    scaled_wh = tuple(max(round(side * ratio), 1) for side in picture_wh)
    paddings = [spec.image_size - side for side in scaled_wh]
    if spec.is_rectangular:
        paddings = [padding % spec.stride for padding in paddings]
    offsets = [round(padding / 2 - 0.1) for padding in paddings]
    inputs = [side + padding for side, padding in zip(scaled_wh, paddings, strict=True)]
    return LetterboxPlacement(
        picture_wh, (scaled_wh[0], scaled_wh[1]), (offsets[0], offsets[1]), (inputs[0], inputs[1])
    )


def place_in(picture_wh: tuple[int, int], input_wh: tuple[int, int]) -> LetterboxPlacement:
    """Return where a picture of this size goes in an input of that size: as large as fits, in the middle."""
    ratio = min(side / own for side, own in zip(input_wh, picture_wh, strict=True))
    scaled_wh = tuple(max(round(side * ratio), 1) for side in picture_wh)
    offsets = [round((side - own) / 2 - 0.1) for side, own in zip(input_wh, scaled_wh, strict=True)]
    return LetterboxPlacement(picture_wh, (scaled_wh[0], scaled_wh[1]), (offsets[0], offsets[1]), input_wh)


def make_input(image: Image, placement: LetterboxPlacement, spec: NetworkSpec) -> Float32Array:
    """Return the (1, 3, height, width) input for an RGB picture."""
    width, height = placement.input_wh
    padded = np.full((height, width, 3), spec.padding_value, np.uint8)
    (left, top), (scaled_width, scaled_height) = placement.offset_xy, placement.scaled_wh
    padded[top : top + scaled_height, left : left + scaled_width] = resize(image, placement.scaled_wh)
    planes = np.ascontiguousarray(padded.transpose(2, 0, 1)).astype(np.float32)
    mean, scale = (np.asarray(values, np.float32)[:, None, None] for values in (spec.pixel_mean, spec.pixel_scale))
    if any(spec.pixel_mean):
        planes -= mean
    planes /= scale
    return planes[None]


def boxes_in_picture(boxes_xyxy: FloatArray, placement: LetterboxPlacement) -> FloatArray:
    """Return boxes of the input in the picture's pixels, cut at its borders."""
    ratios = np.array(placement.scaled_wh) / np.array(placement.picture_wh)
    moved = (boxes_xyxy.reshape(-1, 2, 2) - np.array(placement.offset_xy)) / ratios
    inside: FloatArray = np.clip(moved, 0, np.array(placement.picture_wh, np.float64)).reshape(-1, 4)
    return inside


def resize(image: Image, size_wh: tuple[int, int]) -> Image:
    """Return an RGB picture at another size."""
    width, height = size_wh
    if image.shape[:2] == (height, width):
        return image
    lefts, rights, x_weights = _neighbors(image.shape[1], width)
    uppers, lowers, y_weights = _neighbors(image.shape[0], height)
    pixels = np.ascontiguousarray(image).view("V3")[..., 0]
    columns = lefts, rights, np.repeat(x_weights, 3)
    upper, lower = (_resized_rows(pixels[rows], *columns) for rows in (uppers, lowers))
    upper *= (_ONE - y_weights)[:, None]
    upper >>= 16
    lower *= y_weights[:, None]
    lower >>= 16
    upper += lower
    upper += 2
    upper >>= 2
    return upper.astype(np.uint8).reshape(height, width, 3)


def _resized_rows(pixels: npt.NDArray[np.void], lefts: Positions, rights: Positions, weights: Weights) -> Weights:
    """Return rows interpolated along x, as (rows, 3 * columns) with 7 bits below the point."""
    left = np.take(pixels, lefts, axis=1).view(np.uint8)
    right = np.take(pixels, rights, axis=1).view(np.uint8)
    rows: Weights = np.subtract(right, left, dtype=np.int32)
    rows *= weights
    rows += left.astype(np.int32) << _BITS
    rows >>= 4
    return rows


def _neighbors(num_in: int, num_out: int) -> tuple[Positions, Positions, Weights]:
    """Return the two source positions of each target position and the weight of the second."""
    centers = ((np.arange(num_out) + 0.5) * (num_in / num_out) - 0.5).astype(np.float32)
    first = np.floor(centers).astype(np.intp)
    share = centers - first
    share[(first < 0) | (first >= num_in - 1)] = 0
    first = np.clip(first, 0, num_in - 1)
    return first, np.minimum(first + 1, num_in - 1), np.rint(share * _ONE).astype(np.int32)
