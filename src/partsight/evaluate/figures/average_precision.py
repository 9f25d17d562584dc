"""Average precision as COCO defines it: the mean of the interpolated precision at 101 recall points."""

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.matched import RankedDetections

RECALL_POINTS: FloatArray = np.linspace(0.0, 1.0, 101)


def average_precisions(ranked: RankedDetections) -> FloatArray:
    """Return (10,) AP at each of `IOU_THRESHOLDS`; NaN without ground truth, 0 without detections."""
    num_boxes, weights = float(ranked.num_boxes.sum()), np.ones(len(ranked.scores))
    return np.array([average_precision(is_true, weights, num_boxes) for is_true in ranked.is_true])


def average_precision(is_true: BoolArray, weights: FloatArray, num_boxes: float) -> float:
    """Return the AP of detections ordered best first, each counted `weights` times, against `num_boxes` boxes."""
    if num_boxes == 0:
        return float("nan")
    if len(is_true) == 0:
        return 0.0
    true = np.cumsum(weights * is_true)
    # The spacing keeps 0 / 0 at 0 and is what pycocotools adds.
    precision = true / (np.cumsum(weights) + np.spacing(1))
    interpolated = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
    return float(interpolated[np.searchsorted(true / num_boxes, RECALL_POINTS, side="left")].mean())
