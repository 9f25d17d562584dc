"""Figures over seeds, as the tables of the benchmarks show them."""

import platform
from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from partsight.pipeline.running.executors import num_cores

STUDENT_T_95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}
"""Two-sided 95 % quantiles of Student's t for n values, n − 1 degrees of freedom."""


def machine() -> str:
    """Return where a table was made."""
    return f"{platform.platform()}, {num_cores()} cores, Python {platform.python_version()}"


def mean_of(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    """Return the mean of a figure over rows."""
    return float(mean(row[name] for row in rows))


def half_width(values: Sequence[float]) -> float:
    """Return the half width of the mean's 95 % interval, 0 where so many values have none in the table."""
    return STUDENT_T_95.get(len(values), 0.0) * (stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0)


def interval(values: Sequence[float]) -> str:
    """Return the mean and the half width of its 95 % interval, the mean alone of a single value."""
    return f"{mean(values):.3f}" + (f" ± {half_width(values):.3f}" if len(values) in STUDENT_T_95 else "")


def head(titles: str) -> tuple[str, str]:
    """Return the first line of a Markdown table, as given, and the one that goes below it."""
    return titles, "|---" * (titles.count("|") - 1) + "|"
