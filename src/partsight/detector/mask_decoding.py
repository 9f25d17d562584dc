"""Masks from what networks of the YOLO kind say of them: each is a mixture of a few pictures that all things share.

A network answers with prototypes, pictures of a quarter of the input's size, and for each box with a coefficient for each of them
(YOLACT: Bolya et al. 2019, arXiv:1904.02689). Where their sum is above 0, inside of the box, the thing is seen. Trained and exported
networks share these lines, and each mask is made at the picture's own resolution in its own box only.
"""

import numpy as np
import numpy.typing as npt

from partsight.detector.letterbox import LetterboxPlacement
from partsight.structures.arrays import BoolArray, Float32Array, FloatArray
from partsight.structures.mask import Mask

Places = npt.NDArray[np.intp]


def decode_masks(
    coefficients: Float32Array, prototypes: Float32Array, boxes_xyxy: FloatArray, placement: LetterboxPlacement
) -> tuple[Mask, ...]:
    """Return the mask of each of the (N, 4) boxes in the picture's pixels.

    (N, K) coefficients mix (K, h, w) prototypes, which cover the network's whole input.
    """
    return tuple(
        _decode_one(mixture, prototypes, box, placement) for mixture, box in zip(coefficients, boxes_xyxy, strict=True)
    )


def _decode_one(
    mixture: Float32Array, prototypes: Float32Array, box_xyxy: FloatArray, placement: LetterboxPlacement
) -> Mask:
    first, last = np.ceil(box_xyxy[:2] - 0.5).astype(int), np.ceil(box_xyxy[2:] - 0.5).astype(int)
    if (last <= first).any():
        return Mask.of(np.zeros((0, 0), np.bool_), (0, 0), placement.picture_wh)
    across = _samples(first[0], last[0], 0, (prototypes.shape[2], placement))
    down = _samples(first[1], last[1], 1, (prototypes.shape[1], placement))
    pixels = _mixed(mixture, prototypes, across, down)
    return Mask.of(pixels, (int(first[0]), int(first[1])), placement.picture_wh)


def _samples(
    first: int, last: int, axis: int, source: tuple[int, LetterboxPlacement]
) -> tuple[Places, Places, Float32Array]:
    """Return for the pixels of a row or column the two prototype pixels around each, and the share of the second."""
    count, placement = source
    scale = placement.scaled_wh[axis] / placement.picture_wh[axis]
    in_input = placement.offset_xy[axis] + (np.arange(first, last) + 0.5) * scale
    at = np.clip(in_input * count / placement.input_wh[axis] - 0.5, 0, count - 1)
    lower = np.floor(at).astype(np.intp)
    return lower, np.minimum(lower + 1, count - 1), (at - lower).astype(np.float32)


def _mixed(
    mixture: Float32Array,
    prototypes: Float32Array,
    across: tuple[Places, Places, Float32Array],
    down: tuple[Places, Places, Float32Array],
) -> BoolArray:
    """Return where the mixture, interpolated along both axes, is above 0."""
    (left, right, share_x), (upper, lower, share_y) = across, down
    x0, y0 = int(left[0]), int(upper[0])
    part = prototypes[:, y0 : int(lower[-1]) + 1, x0 : int(right[-1]) + 1]
    mixed = np.tensordot(mixture, part, axes=1)
    rows = mixed[upper - y0] * (1 - share_y)[:, None] + mixed[lower - y0] * share_y[:, None]
    values = rows[:, left - x0] * (1 - share_x) + rows[:, right - x0] * share_x
    above: BoolArray = values > 0
    return above
