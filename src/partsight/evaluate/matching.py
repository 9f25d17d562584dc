"""Detections against ground truth, by the rules of COCO.

Per picture and class the best-scored detection chooses first and takes the free box it overlaps most, if by at least
the threshold; of equal overlaps the later box. Because better scores choose first, the same record serves every score
threshold: cutting the list off at a score gives exactly the matches of the detections above it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, IntArray, locked
from partsight.structures.boxes import pairwise_iou
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

IOU_THRESHOLDS: FloatArray = np.linspace(0.5, 0.95, 10)


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """How the detections of one class fared on all pictures, best score first."""

    scores: FloatArray
    """(N,)"""
    image_ids: IntArray
    """(N,) index into the dataset's samples."""
    is_true: BoolArray
    """(10, N): did the detection find a box of its own, at each of `IOU_THRESHOLDS`?"""
    num_boxes: IntArray
    """(I,) ground-truth boxes of this class in each picture."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", locked(self.scores, np.float64, (None,)))
        object.__setattr__(self, "image_ids", locked(self.image_ids, np.int64, (len(self.scores),)))
        object.__setattr__(self, "is_true", locked(self.is_true, np.bool_, (len(IOU_THRESHOLDS), len(self.scores))))
        object.__setattr__(self, "num_boxes", locked(self.num_boxes, np.int64, (None,)))


def match_dataset(dataset: Dataset, detections: Sequence[Detections], max_detections: int) -> tuple[Matches, ...]:
    """Return the matches of each class; at most `max_detections` per picture and class take part, the best-scored."""
    return tuple(
        _match_class(dataset.samples, detections, class_id, max_detections)
        for class_id in range(len(dataset.class_names))
    )


def match_any_class(dataset: Dataset, detections: Sequence[Detections], max_detections: int) -> Matches:
    """Return the matches when every class is taken for one."""
    return _match_class(dataset.samples, detections, None, max_detections)


def _match_class(
    samples: Sequence[Sample], detections: Sequence[Detections], class_id: int | None, max_detections: int
) -> Matches:
    scores, image_ids, is_true, num_boxes = [], [], [], []
    for image_id, (sample, found) in enumerate(zip(samples, detections, strict=True)):
        boxes = sample.boxes_xyxy[_of_class(sample.class_ids, class_id)]
        order = _best_first(found, class_id)[:max_detections]
        scores.append(found.scores[order])
        image_ids.append(np.full(len(order), image_id))
        is_true.append(_match_picture(pairwise_iou(found.boxes_xyxy[order], boxes)))
        num_boxes.append(len(boxes))
    all_scores = np.concatenate(scores)
    order = np.argsort(-all_scores, kind="stable")
    return Matches(
        scores=all_scores[order],
        image_ids=np.concatenate(image_ids)[order],
        is_true=np.concatenate(is_true, axis=1)[:, order],
        num_boxes=np.array(num_boxes),
    )


def _of_class(class_ids: IntArray, class_id: int | None) -> BoolArray:
    return np.ones(len(class_ids), dtype=bool) if class_id is None else class_ids == class_id


def _best_first(found: Detections, class_id: int | None) -> IntArray:
    chosen = np.flatnonzero(_of_class(found.class_ids, class_id))
    return chosen[np.argsort(-found.scores[chosen], kind="stable")]


def _match_picture(overlaps: FloatArray) -> BoolArray:
    """Return (10, N): which of N detections, best first, take one of the M boxes, given their (N, M) overlaps."""
    num_found, num_boxes = overlaps.shape
    is_true = np.zeros((len(IOU_THRESHOLDS), num_found), dtype=bool)
    is_free = np.ones((len(IOU_THRESHOLDS), num_boxes), dtype=bool)
    rows = np.arange(len(IOU_THRESHOLDS))
    hopeful = np.flatnonzero((overlaps >= IOU_THRESHOLDS[0]).any(axis=1)) if num_boxes else ()
    for found_id in hopeful:
        offered = np.where(is_free & (overlaps[found_id] >= IOU_THRESHOLDS[:, None]), overlaps[found_id], -1.0)
        last_best = num_boxes - 1 - np.argmax(offered[:, ::-1], axis=1)
        is_true[:, found_id] = offered[rows, last_best] >= 0
        is_free[rows, last_best] &= ~is_true[:, found_id]
    return is_true
