"""What is taken for what: the confusion matrix with background, and false alarms on empty pictures."""

import numpy as np

from partsight.structures.arrays import IntArray
from partsight.structures.matched import Matched, Pairing


def confusion_matrix(matched: Matched, pairing: Pairing) -> IntArray:
    """Return (C + 1, C + 1) counts, rows truth, columns detection, background last.

    Rows sum to the ground truth of each class, columns to its detections, and the diagonal counts those that are right: recall and
    precision of a class are its diagonal over its row and over its column.
    """
    background = len(matched.dataset.class_names)
    counts = np.zeros((background + 1, background + 1), dtype=np.int64)
    kept = np.flatnonzero(pairing.is_kept)
    truth = np.append(matched.truth_class_ids, background)[pairing.truth_ids[kept]]
    np.add.at(counts, (truth, matched.class_ids[kept]), 1)
    missed = matched.truth_class_ids[pairing.detection_ids < 0]
    counts[:-1, background] = np.bincount(missed, minlength=background)
    return counts


def false_positives_per_empty_image(matched: Matched, pairing: Pairing) -> float:
    """Return detections above the threshold per picture without parts; NaN when there is no such picture."""
    is_empty = np.bincount(matched.truth_image_ids, minlength=len(matched.dataset.samples)) == 0
    num_false = int((pairing.is_kept & is_empty[matched.image_ids]).sum())
    return num_false / int(is_empty.sum()) if is_empty.any() else float("nan")
