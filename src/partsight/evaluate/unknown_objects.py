"""What a detector makes of things that are none of its classes: left alone, or taken for a part?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.boxes import pair_boxes, pairwise_iou
from partsight.structures.detections import Detections, Threshold, above
from partsight.structures.evaluation import UnknownObjects
from partsight.structures.sample import Sample

MIN_IOU = 0.5
_SMALLEST_PX = 6
_SURROUNDINGS = 0.9
"""What reaches over this share of the picture's width or height is ground or wall, no thing."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenery:
    """A labelled picture, the boxes of other things on it, and what was detected."""

    sample: Sample
    things_xyxy: FloatArray
    """(T, 4)."""
    found: Detections


def thing_boxes(mask: IntArray, part_ids: Sequence[int]) -> FloatArray:
    """Return (T, 4) tight boxes of the things in an (H, W) mask of instance numbers that are neither parts nor surroundings."""
    height, width = mask.shape
    boxes = []
    for number in np.setdiff1d(np.unique(mask), [-1, *part_ids]):
        rows, columns = np.nonzero(mask == number)
        box = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)
        sides = box[2:] - box[:2]
        if sides.min() >= _SMALLEST_PX and (sides < _SURROUNDINGS * np.array([width, height])).all():
            boxes.append(box)
    return np.array(boxes).reshape(-1, 4)


def count_unknown(sceneries: Iterable[Scenery], threshold: Threshold, num_classes: int) -> UnknownObjects:
    """Return how many things were taken for parts, and for which, and how many false detections lie elsewhere.

    A thing is taken for a part when a detection above the threshold overlaps it by IoU 0.5 and no labelled part as much.
    """
    num_things = num_elsewhere = num_pictures = 0
    taken_as = np.zeros(num_classes, np.int64)
    for scenery in sceneries:
        false = _false_detections(scenery, threshold)
        pairs = pair_boxes(scenery.things_xyxy, false.boxes_xyxy, MIN_IOU)
        np.add.at(taken_as, false.class_ids[pairs[:, 1]], 1)
        num_elsewhere += len(false.scores) - len(pairs)
        num_things += len(scenery.things_xyxy)
        num_pictures += 1
    return UnknownObjects(num_pictures, num_things, tuple(taken_as.tolist()), num_elsewhere)


def _false_detections(scenery: Scenery, threshold: Threshold) -> Detections:
    """Return the detections above the threshold that overlap no labelled part, of whatever class, by IoU 0.5."""
    kept = above(scenery.found, threshold)
    if not len(scenery.sample.boxes_xyxy) or not len(kept.scores):
        return kept
    is_false = pairwise_iou(kept.boxes_xyxy, scenery.sample.boxes_xyxy).max(axis=1) < MIN_IOU
    return Detections(kept.boxes_xyxy[is_false], kept.scores[is_false], kept.class_ids[is_false])
