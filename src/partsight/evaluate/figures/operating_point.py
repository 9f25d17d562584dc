"""Precision, recall and F1 where a score threshold is applied, at IoU 0.50.

A class with ground truth and no detection above the threshold has precision 0; one without ground truth has no figures.
"""

import numpy as np

from partsight.structures.arrays import FloatArray
from partsight.structures.evaluation import Curve
from partsight.structures.matched import RankedDetections

SCORE_GRID: FloatArray = np.linspace(0.0, 1.0, 1001)[1:-1]
"""Thresholds that are tried and drawn: 0.001 … 0.999."""


def precision_recall_f1(num_true: FloatArray, num_found: FloatArray, num_boxes: FloatArray) -> FloatArray:
    """Return (3, …) precision, recall and F1 from counts of one shape; NaN where there are no boxes."""
    undefined = np.where(num_boxes > 0, 0.0, np.nan)
    precision = num_true / np.maximum(num_found, 1) + undefined
    recall = num_true / np.maximum(num_boxes, 1) + undefined
    f1 = 2 * num_true / np.maximum(num_found + num_boxes, 1) + undefined
    return np.stack([precision, recall, f1])


def figures_at(ranked: RankedDetections, thresholds: FloatArray) -> FloatArray:
    """Return (3, K) precision, recall and F1 of one class when only scores of at least each of K thresholds count."""
    num_found = np.searchsorted(-ranked.scores, -thresholds, side="right")
    num_true = np.append(0, np.cumsum(ranked.is_true[0]))[num_found]
    num_boxes = np.full(len(thresholds), float(ranked.num_boxes.sum()))
    return precision_recall_f1(num_true.astype(np.float64), num_found.astype(np.float64), num_boxes)


def curve(class_name: str, ranked: RankedDetections) -> Curve:
    """Return precision and recall of one class over `SCORE_GRID`."""
    precision, recall, _ = figures_at(ranked, SCORE_GRID)
    return Curve(class_name, SCORE_GRID, precision, recall)


def mean_over_classes(figures: FloatArray) -> FloatArray:
    """Return the mean over the last axis of what could be measured; NaN where nothing could."""
    is_known = ~np.isnan(figures)
    num_known = is_known.sum(axis=-1)
    total = np.where(is_known, figures, 0.0).sum(axis=-1)
    mean: FloatArray = np.divide(total, num_known, out=np.full(np.shape(total), np.nan), where=num_known > 0)
    return mean
