"""What a detector makes of things that are none of its classes: left alone, or taken for a part?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.boxes import FOUND_IOU
from partsight.structures.detections import Detections, Threshold
from partsight.structures.evaluation import UnknownObjects
from partsight.structures.matched import Matched
from partsight.structures.overlaps import gather_overlaps, take_boxes

_SMALLEST_PX = 6
_SURROUNDINGS = 0.9
"""What reaches over this share of the picture's width or height is ground or wall, no thing."""


@dataclass(frozen=True, slots=True, eq=False)
class Scenery:
    """The boxes of things without a class on a labeled picture, and the detections that lie on no labeled part."""

    things_xyxy: FloatArray
    """(T, 4)."""
    strays: Detections
    """Best first."""


def find_strays(matched: Matched, threshold: Threshold) -> tuple[Detections, ...]:
    """Return each picture's detections above the threshold that overlap no labeled part, of whatever class, by `FOUND_IOU`."""
    is_stray = matched.at(threshold).is_kept & ~matched.is_on_part
    return tuple(found[is_stray[matched.detections_of(number)]] for number, found in enumerate(matched.detections))


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


def count_unknown(sceneries: Iterable[Scenery], num_classes: int) -> UnknownObjects:
    """Return how many things were taken for parts, and for which, and how many false detections lie elsewhere.

    A thing is taken for a part by a detection that overlaps it by `FOUND_IOU` and no labeled part as much; the
    best-scored takes first.
    """
    num_things = num_elsewhere = num_pictures = 0
    taken_as = np.zeros(num_classes, np.int64)
    for scenery in sceneries:
        overlaps = gather_overlaps([(scenery.strays.boxes_xyxy, scenery.things_xyxy)])
        (things,) = take_boxes(overlaps, np.zeros(len(scenery.strays.scores), np.int64), (FOUND_IOU,))
        taken_as += np.bincount(scenery.strays.class_ids[things >= 0], minlength=num_classes)
        num_elsewhere += int((things < 0).sum())
        num_things += len(scenery.things_xyxy)
        num_pictures += 1
    return UnknownObjects(num_pictures, num_things, tuple(taken_as.tolist()), num_elsewhere)
