"""Boxes that a verifier learns from: parts as a detector would frame them, and places that show none of the classes."""

import numpy as np

from partsight.structures.arrays import FloatArray
from partsight.structures.boxes import pairwise_iou

ELSEWHERE_IOU = 0.3
"""A box that overlaps every part by less than this shows none of them."""
_SHIFT, _STRETCH = 0.08, 0.15
"""How far detectors' boxes are off: of the centers as a share of the side, and of the sides."""
_TRIES = 20
_PIECE = (0.3, 0.5)
"""Sides of a piece as shares of the part's."""
_SIDES = (0.06, 0.7)
"""Sides of boxes elsewhere as shares of the picture's shorter side."""
_LONGEST = 2.0
"""Ratio of the sides of such boxes, at most."""


def vary_boxes(boxes_xyxy: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return (N, 4) boxes moved and stretched a little, each on its own."""
    centers, sides = (boxes_xyxy[:, :2] + boxes_xyxy[:, 2:]) / 2, boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]
    centers = centers + sides * rng.uniform(-_SHIFT, _SHIFT, centers.shape)
    halves = sides * rng.uniform(1 - _STRETCH, 1 + _STRETCH, sides.shape) / 2
    return np.concatenate([centers - halves, centers + halves], axis=1)


def sample_elsewhere(
    size_wh: tuple[int, int], parts_xyxy: FloatArray, num: int, rng: np.random.Generator
) -> FloatArray:
    """Return up to `num` boxes of any size and place in the picture that show no part."""
    sides = min(size_wh) * np.exp(rng.uniform(np.log(_SIDES[0]), np.log(_SIDES[1]), (num * _TRIES, 1)))
    ratios = np.exp(rng.uniform(-0.5, 0.5, sides.shape) * np.log(_LONGEST))
    both = np.minimum(np.hstack([sides * ratios, sides / ratios]), size_wh)
    corners = rng.uniform(0, 1, both.shape) * (np.array(size_wh) - both)
    boxes: FloatArray = np.concatenate([corners, corners + both], axis=1)
    return only_elsewhere(boxes, parts_xyxy)[:num]


def sample_pieces(parts_xyxy: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return a piece of each part that is too small to be the part, where one is found that is no other part either."""
    sides = parts_xyxy[:, 2:] - parts_xyxy[:, :2]
    smaller = sides * rng.uniform(*_PIECE, sides.shape)
    corners = parts_xyxy[:, :2] + rng.uniform(0, 1, sides.shape) * (sides - smaller)
    return only_elsewhere(np.concatenate([corners, corners + smaller], axis=1), parts_xyxy)


def only_elsewhere(boxes_xyxy: FloatArray, parts_xyxy: FloatArray) -> FloatArray:
    """Return those of the boxes that show no part."""
    overlaps = pairwise_iou(boxes_xyxy, parts_xyxy)
    chosen: FloatArray = boxes_xyxy[overlaps.max(axis=1, initial=0.0) < ELSEWHERE_IOU]
    return chosen
