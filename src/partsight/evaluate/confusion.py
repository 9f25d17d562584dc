"""What is taken for what: the confusion matrix with background, and false alarms on empty pictures."""

from collections.abc import Sequence

import numpy as np

from partsight.structures.arrays import IntArray
from partsight.structures.boxes import pair_boxes
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections, Threshold, above
from partsight.structures.sample import Sample

MIN_IOU = 0.5


def confusion_matrix(dataset: Dataset, detections: Sequence[Detections], threshold: Threshold) -> IntArray:
    """Return (C + 1, C + 1) counts, rows truth, columns detection, background last.

    Boxes are paired whatever their class, best overlap first, from IoU 0.50; what stays alone meets the background.
    """
    background = len(dataset.class_names)
    counts = np.zeros((background + 1, background + 1), dtype=np.int64)
    for sample, found in zip(dataset.samples, detections, strict=True):
        np.add.at(counts, _truth_and_detection(sample, above(found, threshold), background), 1)
    return counts


def false_positives_per_empty_image(dataset: Dataset, detections: Sequence[Detections], threshold: Threshold) -> float:
    """Return detections above the threshold per picture without parts; NaN when there is no such picture."""
    counts = [
        len(above(found, threshold).scores)
        for sample, found in zip(dataset.samples, detections, strict=True)
        if len(sample.boxes_xyxy) == 0
    ]
    return float(np.mean(counts)) if counts else float("nan")


def _truth_and_detection(sample: Sample, found: Detections, background: int) -> tuple[IntArray, IntArray]:
    """Return the true and the detected class of each pair, each missed box and each false detection."""
    truth_ids, found_ids = pair_boxes(sample.boxes_xyxy, found.boxes_xyxy, MIN_IOU).T
    missed = np.delete(sample.class_ids, truth_ids)
    false = np.delete(found.class_ids, found_ids)
    truth = np.concatenate([sample.class_ids[truth_ids], missed, np.full(len(false), background)])
    detected = np.concatenate([found.class_ids[found_ids], np.full(len(missed), background), false])
    return truth, detected
