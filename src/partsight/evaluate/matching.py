"""Dataset + detections → Matched, by the rules of COCO: within picture and class the best-scored detection chooses first."""

from collections.abc import Callable, Sequence

import numpy as np

from partsight.evaluate.checking import check_comparable
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.boxes import pairwise_iou
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.matched import IOU_THRESHOLDS, Matched
from partsight.structures.overlaps import gather_ious, take_boxes
from partsight.structures.sample import Sample


def box_overlap(found: Detections, sample: Sample) -> FloatArray:
    """Return the (N, M) IoU of detections with the boxes of a picture."""
    return pairwise_iou(found.boxes_xyxy, sample.boxes_xyxy)


def match(
    dataset: Dataset,
    detections: Sequence[Detections],
    *,
    max_detections: int | None = None,
    overlap: Callable[[Detections, Sample], FloatArray] = box_overlap,
) -> Matched:
    """Return which detections found which true boxes, one `Detections` per sample in order. Raises EvaluationError.

    With `max_detections` only so many per picture and class take part, the best-scored, as in COCO. `overlap` gives the (N, M) IoU
    of a picture's detections with what is there.
    """
    check_comparable(dataset, detections)
    kept = tuple(_best_first(found, max_detections) for found in detections)
    image_ids, class_ids = _joined([found.class_ids for found in kept])
    truth_image_ids, truth_class_ids = _joined([sample.class_ids for sample in dataset.samples])
    pictures = zip(dataset.samples, kept, strict=True)
    overlaps = gather_ious(overlap(found, sample) for sample, found in pictures)
    of_class = overlaps.only(class_ids[overlaps.detection_ids] == truth_class_ids[overlaps.truth_ids])
    taken = take_boxes(of_class, image_ids * len(dataset.class_names) + class_ids, IOU_THRESHOLDS)
    return Matched(
        dataset=dataset,
        detections=kept,
        max_detections=max_detections,
        overlaps=overlaps,
        truth_ids=taken[0],
        is_true=taken >= 0,
        image_ids=image_ids,
        class_ids=class_ids,
        scores=np.concatenate([found.scores for found in kept]),
        truth_image_ids=truth_image_ids,
        truth_class_ids=truth_class_ids,
    )


def _joined(class_ids: Sequence[IntArray]) -> tuple[IntArray, IntArray]:
    """Return the picture and the class of each box of all pictures."""
    return np.repeat(np.arange(len(class_ids)), [len(one) for one in class_ids]), np.concatenate(class_ids)


def _best_first(found: Detections, max_detections: int | None) -> Detections:
    order = np.argsort(-found.scores, kind="stable")
    if max_detections is not None:
        ordered = found.class_ids[order]
        best = [np.flatnonzero(ordered == class_id)[:max_detections] for class_id in np.unique(ordered)]
        order = order[np.sort(np.concatenate([np.zeros(0, np.int64), *best]))]
    return found[order]
