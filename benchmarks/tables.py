"""Figures over seeds, as the tables of the benchmarks show them."""

from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

STUDENT_T_95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}
"""Two-sided 95 % quantiles of Student's t for n values, n − 1 degrees of freedom."""


def mean_of(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    """Return the mean of a figure over rows."""
    return mean(row[name] for row in rows)


def interval(values: Sequence[float]) -> str:
    """Return the mean and the half width of its 95 % interval, the mean alone of a single value."""
    if len(values) not in STUDENT_T_95:
        return f"{mean(values):.3f}"
    half = STUDENT_T_95[len(values)] * stdev(values) / len(values) ** 0.5
    return f"{mean(values):.3f} ± {half:.3f}"
