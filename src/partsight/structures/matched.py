"""Detections against ground truth: one record, made once, from which all figures are read.

A threshold is applied afterwards. Within a class better scores choose first, so cutting the record off at a score gives exactly the
matches of the detections above it. What is left, detections and boxes, is then paired across classes by the same rule: a part taken
for another. What still stays alone is a false detection or a missed part.
"""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, IntArray, locked
from partsight.structures.boxes import FOUND_IOU
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections, Threshold, is_above
from partsight.structures.overlaps import Overlaps, take_boxes

IOU_THRESHOLDS: FloatArray = np.linspace(FOUND_IOU, 0.95, 10)


@dataclass(frozen=True, slots=True, eq=False)
class RankedDetections:
    """Detections of all pictures, best score first, of one class or of all taken for one, and which of them are right."""

    scores: FloatArray
    """(N,)"""
    image_ids: IntArray
    """(N,) index into the dataset's samples."""
    is_true: BoolArray
    """(10, N): did the detection take a box of its own, at each of `IOU_THRESHOLDS`?"""
    num_boxes: IntArray
    """(I,) ground-truth boxes in each picture."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", locked(self.scores, np.float64, (None,)))
        object.__setattr__(self, "image_ids", locked(self.image_ids, np.int64, (len(self.scores),)))
        object.__setattr__(self, "is_true", locked(self.is_true, np.bool_, (len(IOU_THRESHOLDS), len(self.scores))))
        object.__setattr__(self, "num_boxes", locked(self.num_boxes, np.int64, (None,)))


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """What became, at one score threshold, of every detection and of every true box of a `Matched`."""

    is_kept: BoolArray
    """(N,) above the threshold."""
    truth_ids: IntArray
    """(N,) the box that a kept detection took, of its own class or of another; −1: none, or not kept."""
    is_right: BoolArray
    """(N,) the box is of the detection's class."""
    detection_ids: IntArray
    """(M,) the detection that took the box; −1: missed."""
    is_found: BoolArray
    """(M,) by a detection of its own class."""


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Which of N detections found which of M true boxes; detections are numbered picture by picture, best first."""

    dataset: Dataset
    detections: tuple[Detections, ...]
    """Those that take part, one for each sample, best first."""
    max_detections: int | None
    """Most that take part per picture and class; None: all."""
    overlaps: Overlaps
    """Between detections and boxes of any class."""
    truth_ids: IntArray
    """(N,) the box of its own class that the detection took at `FOUND_IOU`; −1 for none."""
    is_true: BoolArray
    """(10, N): did the detection take a box of its own class, at each of `IOU_THRESHOLDS`?"""
    image_ids: IntArray
    """(N,)"""
    class_ids: IntArray
    """(N,)"""
    scores: FloatArray
    """(N,)"""
    truth_image_ids: IntArray
    """(M,)"""
    truth_class_ids: IntArray
    """(M,)"""

    def __post_init__(self) -> None:
        num_detections, num_boxes = (self.overlaps.num_detections,), (self.overlaps.num_boxes,)
        for name in ("truth_ids", "image_ids", "class_ids"):
            object.__setattr__(self, name, locked(getattr(self, name), np.int64, num_detections))
        for name in ("truth_image_ids", "truth_class_ids"):
            object.__setattr__(self, name, locked(getattr(self, name), np.int64, num_boxes))
        object.__setattr__(self, "scores", locked(self.scores, np.float64, num_detections))
        object.__setattr__(self, "is_true", locked(self.is_true, np.bool_, (len(IOU_THRESHOLDS), *num_detections)))

    @property
    def per_class(self) -> tuple[RankedDetections, ...]:
        """Return the detections of each class."""
        own = [np.flatnonzero(self.class_ids == class_id) for class_id in range(len(self.dataset.class_names))]
        boxes = [self.truth_image_ids[self.truth_class_ids == class_id] for class_id in range(len(own))]
        return tuple(self._rank(rows, self.is_true[:, rows], at) for rows, at in zip(own, boxes, strict=True))

    @property
    def any_class(self) -> RankedDetections:
        """Return all detections, taken for one class; right are those that take a box of whatever class."""
        is_true = take_boxes(self.overlaps, self.image_ids, IOU_THRESHOLDS) >= 0
        places = np.arange(len(self.scores)) - np.searchsorted(self.image_ids, self.image_ids)
        rows = np.flatnonzero(places < (len(self.scores) if self.max_detections is None else self.max_detections))
        return self._rank(rows, is_true[:, rows], self.truth_image_ids)

    @property
    def is_on_part(self) -> BoolArray:
        """Return (N,): whether the detection overlaps a part of any class by `FOUND_IOU`, taken or not."""
        is_on_part = np.zeros(len(self.scores), dtype=bool)
        is_on_part[self.overlaps.detection_ids] = True
        return is_on_part

    def detections_of(self, image_id: int) -> slice:
        """Return where a picture's detections stand among all N."""
        return slice(*np.searchsorted(self.image_ids, (image_id, image_id + 1)).tolist())

    def boxes_of(self, image_id: int) -> slice:
        """Return where a picture's true boxes stand among all M."""
        return slice(*np.searchsorted(self.truth_image_ids, (image_id, image_id + 1)).tolist())

    def at(self, threshold: Threshold) -> Pairing:
        """Return what became of detections and boxes when scores of at least the threshold count, or that of their class."""
        is_kept = is_above(self.scores, self.class_ids, threshold)
        is_right = is_kept & (self.truth_ids >= 0)
        is_found = np.zeros(len(self.truth_class_ids), dtype=bool)
        is_found[self.truth_ids[is_right]] = True
        is_open = (is_kept & ~is_right)[self.overlaps.detection_ids] & ~is_found[self.overlaps.truth_ids]
        (confused,) = take_boxes(self.overlaps.only(is_open), self.image_ids, (FOUND_IOU,))
        truth_ids = np.where(is_right, self.truth_ids, confused)
        detection_ids = np.full(len(is_found), -1)
        takers = np.flatnonzero(truth_ids >= 0)
        detection_ids[truth_ids[takers]] = takers
        return Pairing(is_kept, truth_ids, is_right, detection_ids, is_found)

    def _rank(self, rows: IntArray, is_true: BoolArray, truth_image_ids: IntArray) -> RankedDetections:
        """Return those of the detections; of equal scores the earlier picture's come first, as in COCO."""
        best_first = np.argsort(-self.scores[rows], kind="stable")
        return RankedDetections(
            scores=self.scores[rows][best_first],
            image_ids=self.image_ids[rows][best_first],
            is_true=is_true[:, best_first],
            num_boxes=np.bincount(truth_image_ids, minlength=len(self.dataset.samples)),
        )
