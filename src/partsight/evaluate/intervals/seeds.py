"""A figure over several seeds: mean and the interval that so few can support."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats


@dataclass(frozen=True, slots=True)
class MeanOverSeeds:
    """Mean of n seeds with half the width of its 95 % interval; NaN where one seed, or none, says nothing about it."""

    mean: float
    half_width: float
    num_seeds: int

    def __str__(self) -> str:
        if math.isnan(self.mean):
            return "–"
        return f"{self.mean:.3f}" if math.isnan(self.half_width) else f"{self.mean:.3f} ± {self.half_width:.3f}"


def mean_over_seeds(values: Sequence[float]) -> MeanOverSeeds:
    """Return the mean with its interval by Student's t; values that are NaN are left out."""
    known = np.array([value for value in values if not math.isnan(value)], np.float64)
    if not known.size:
        return MeanOverSeeds(math.nan, math.nan, 0)
    if known.size == 1:
        return MeanOverSeeds(float(known[0]), math.nan, 1)
    quantile = float(stats.t.ppf(0.975, known.size - 1))
    return MeanOverSeeds(float(known.mean()), quantile * float(known.std(ddof=1)) / math.sqrt(known.size), known.size)
