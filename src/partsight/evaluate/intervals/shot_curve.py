"""How a figure grows with the number of photos: a power law for what is still missing.

1 − figure = a (n + 1)^−b, as learning curves of detectors mostly go (Hestness et al. 2017,
arXiv:1712.00409); n + 1, so that no photo at all is on the curve. Fitted by least squares in logarithms.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.errors import EvaluationError
from partsight.structures.arrays import FloatArray
from partsight.structures.evaluation import Interval

NUM_RESAMPLES = 1000
SMALLEST_REST = 0.005
"""What is missing is never taken for less: logarithms of nothing are no numbers."""


@dataclass(frozen=True, slots=True)
class Gain:
    """What more photos are expected to bring."""

    mean: float
    interval: Interval | None
    """95 %; None where no number of photos was tried with two seeds."""


@dataclass(frozen=True, slots=True, eq=False)
class ShotCurve:
    """A fitted law with the laws of its resamples."""

    coefficients: FloatArray
    """(2,) ln a and b."""
    resampled: FloatArray
    """(R, 2), empty where there is nothing to resample."""

    def expected(self, num_photos: float) -> float:
        """Return the figure that the law expects."""
        return float(_expected(self.coefficients[None], num_photos)[0])

    def gain(self, num_photos: float, more: float) -> Gain:
        """Return what so many more photos are expected to bring."""
        mean = self.expected(num_photos + more) - self.expected(num_photos)
        if not len(self.resampled):
            return Gain(mean, None)
        gains = _expected(self.resampled, num_photos + more) - _expected(self.resampled, num_photos)
        low, high = np.percentile(gains, (2.5, 97.5))
        return Gain(mean, Interval(float(low), float(high)))


def fit_shot_curve(num_photos: Sequence[float], figures: Sequence[float], rng: np.random.Generator) -> ShotCurve:
    """Fit the law to one figure in 0…1 for each run; runs of one number of photos are drawn again for the intervals.

    Raises EvaluationError with fewer than three different numbers of photos: two points fit any law.
    """
    counts, values = np.asarray(num_photos, np.float64), np.asarray(figures, np.float64)
    if len(np.unique(counts)) < 3:
        raise EvaluationError(
            f"a curve over photos needs at least three different numbers of them, found {len(np.unique(counts))}"
        )
    groups = [np.flatnonzero(counts == count) for count in np.unique(counts)]
    if max(map(len, groups)) < 2:
        return ShotCurve(_fit(counts, values), np.zeros((0, 2)))
    draws = [np.concatenate([rng.choice(group, len(group)) for group in groups]) for _ in range(NUM_RESAMPLES)]
    return ShotCurve(_fit(counts, values), np.array([_fit(counts[draw], values[draw]) for draw in draws]))


def _fit(counts: FloatArray, values: FloatArray) -> FloatArray:
    design = np.column_stack([np.ones(len(counts)), -np.log(counts + 1)])
    rest = np.log(np.maximum(1 - values, SMALLEST_REST))
    coefficients: FloatArray = np.linalg.lstsq(design, rest, rcond=None)[0]
    return coefficients


def _expected(coefficients: FloatArray, num_photos: float) -> FloatArray:
    figures: FloatArray = 1 - np.exp(coefficients[:, 0] - coefficients[:, 1] * np.log(num_photos + 1))
    return figures
