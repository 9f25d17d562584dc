"""What makes a detector miss: recall regressed on facts about each part, such as its size and how much of it is hidden.

Slices look at one fact at a time, and small parts are often hidden, too. Here all facts enter one logistic regression with a ridge
penalty (Hoerl & Kennard, 1970; le Cessie & van Houwelingen, 1992), and each is told by what recall would be at its low and at its high
end with the others as they are (average marginal prediction).
"""

from collections.abc import Mapping

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from partsight.structures.arrays import BoolArray, FloatArray, IntArray
from partsight.structures.evaluation import Cause, Interval

FEWEST_PER_FACT = 5
"""Parts missed, and parts found, that there must be for each fact (Peduzzi et al., 1996, ask for ten)."""
NUM_RESAMPLES = 200
ENDS = (10, 90)
PENALTY = 1.0


def explain_recall(
    is_found: BoolArray, facts: Mapping[str, FloatArray], image_ids: IntArray, rng: np.random.Generator
) -> tuple[Cause, ...]:
    """Return what recall depends on, the strongest first; nothing when too few parts are missed or found to say so.

    `is_found`, each fact and `image_ids` are (N,), one value for each true box. Facts that hardly vary are left out.
    """
    varying = {name: values for name, values in facts.items() if len(values) and np.ptp(_ends(values)) > 0}
    if not varying or min(is_found.sum(), (~is_found).sum()) < FEWEST_PER_FACT * len(varying):
        return ()
    values = np.column_stack(list(varying.values()))
    ends = np.array([_ends(column) for column in values.T])
    recalls = _end_recalls(is_found, values, ends)
    spread = np.array([_end_recalls(is_found[rows], values[rows], ends) for rows in _resample(image_ids, rng)])
    lows, highs = np.percentile(spread[:, :, 1] - spread[:, :, 0], (2.5, 97.5), axis=0)
    causes = [
        Cause(name, len(is_found), low, high, recall_low, recall_high, Interval(least, most))
        for name, (low, high), (recall_low, recall_high), least, most in zip(
            varying, ends.tolist(), recalls.tolist(), lows.tolist(), highs.tolist(), strict=True
        )
    ]
    return tuple(sorted(causes, key=lambda cause: -abs(cause.recall_high - cause.recall_low)))


def _ends(values: FloatArray) -> tuple[float, float]:
    """Return 10th and 90th percentile; of a fact that most parts lack, such as being hidden, nothing and the median of the others."""
    low, middle, high = np.percentile(values, (ENDS[0], 50, ENDS[1])).tolist()
    others = values[values > middle]
    return low, float(np.median(others)) if low == middle and len(others) else high


def _end_recalls(is_found: BoolArray, values: FloatArray, ends: FloatArray) -> FloatArray:
    """Return (F, 2): expected recall with each fact at its low and at its high end, which are (F, 2), too."""
    middle, scale = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-9)
    scaled = (values - middle) / scale
    intercept, *slopes = _fit(is_found, scaled)
    logits = intercept + scaled @ slopes
    scaled_ends = (ends - middle[:, None]) / scale[:, None]
    moved = [
        [expit(logits + slope * (end - column)).mean() for end in ends]
        for slope, column, ends in zip(slopes, scaled.T, scaled_ends, strict=True)
    ]
    return np.array(moved)


def _fit(is_found: BoolArray, scaled: FloatArray) -> FloatArray:
    """Return intercept and slopes of the penalised logistic regression; the intercept is not penalised."""
    design = np.column_stack([np.ones(len(scaled)), scaled])
    sign = np.where(is_found, 1.0, -1.0)
    weights = np.array([0.0, *np.full(scaled.shape[1], PENALTY)])

    def loss(slopes: FloatArray) -> tuple[float, FloatArray]:
        margins = sign * (design @ slopes)
        gradient = -design.T @ (sign * expit(-margins)) + weights * slopes
        return float(np.logaddexp(0, -margins).sum() + weights @ slopes**2 / 2), gradient

    fitted: FloatArray = minimize(loss, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B").x
    return fitted


def _resample(image_ids: IntArray, rng: np.random.Generator) -> list[IntArray]:
    """Return rows of pictures drawn with replacement, all boxes of a picture together."""
    pictures = [np.flatnonzero(image_ids == image_id) for image_id in np.unique(image_ids)]
    draws = rng.integers(len(pictures), size=(NUM_RESAMPLES, len(pictures)))
    return [np.concatenate([pictures[number] for number in draw]) for draw in draws]
