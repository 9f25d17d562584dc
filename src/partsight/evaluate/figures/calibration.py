"""Do scores mean what they say? Right detections against their score (reliability diagram; Guo et al. 2017, arXiv:1706.04599)."""

from collections.abc import Sequence

import numpy as np

from partsight.structures.evaluation import CalibrationBin
from partsight.structures.matched import Matched

EDGES = np.linspace(0.0, 1.0, 11)
LEAST_SCORE = 0.05
"""Weaker detections are left out: there are thousands, and nobody uses them."""


def calibrate(matched: Matched) -> tuple[CalibrationBin, ...]:
    """Return, for each tenth of the scores that holds detections, how many of them are right at IoU 0.50, all classes together."""
    scores, is_true = matched.scores, matched.is_true[0]
    bins = np.minimum(np.digitize(scores, EDGES) - 1, len(EDGES) - 2)
    return tuple(
        CalibrationBin(int(chosen.sum()), float(scores[chosen].mean()), float(is_true[chosen].mean()))
        for number in range(len(EDGES) - 1)
        if (chosen := (bins == number) & (scores >= LEAST_SCORE)).any()
    )


def calibration_error(bins: Sequence[CalibrationBin]) -> float:
    """Return the expected calibration error: mean distance of score and precision over detections; NaN without any."""
    if not bins:
        return float("nan")
    counts = np.array([one.num_detections for one in bins])
    return float(np.average([abs(one.mean_score - one.precision) for one in bins], weights=counts))
