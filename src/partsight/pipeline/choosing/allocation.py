"""How a time is divided: the one table, and the arithmetic that fills it (docs/reference/budget.md has the sources)."""

import math
from collections.abc import Callable
from dataclasses import dataclass

LEAST_RENDERS, MOST_RENDERS = 40, 5000
"""Fewer leave classes out; more in a training of the same length brought nothing."""
LEAST_PASSES, MOST_PASSES = 3, 100
SAMPLES = 6
"""Paths per pixel: with 4 and with 12 detectors were the same."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """What suits times up to so many minutes."""

    up_to_min: float
    input_px: int
    render_px: int
    passes: int
    """How often each picture is shown: the time is divided so that drawing and learning keep this proportion."""


ALLOCATIONS = (
    Allocation(10, 256, 320, 8),
    Allocation(45, 320, 384, 12),
    Allocation(150, 416, 512, 20),
    Allocation(math.inf, 640, 640, 30),
)
SMALL_PARTS = 1.5
"""By how much inputs and renders are larger where the preset is for small parts."""

Cost = Callable[[int, int], float]
"""Seconds that are left to spend for so many renders and epochs; it grows with both."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """Renders and epochs; None where the recipe states them."""

    count: int
    epochs: int


def allocation_for(minutes: float) -> Allocation:
    """Return the row of the table."""
    return next(row for row in ALLOCATIONS if minutes <= row.up_to_min)


def fit_cost(measure: Cost) -> Cost:
    """Return a cost that is cheap to ask: with the number of renders and epochs, each part of a run grows evenly."""
    low, high = LEAST_RENDERS, MOST_RENDERS
    corners = {(count, epochs): measure(count, epochs) for count in (low, high) for epochs in (1, 2)}

    def cost(count: int, epochs: int) -> float:
        share = (count - low) / (high - low)
        first, second = ((1 - share) * corners[low, n] + share * corners[high, n] for n in (1, 2))
        return first + (epochs - 1) * (second - first)

    return cost


def divide(seconds: float, cost: Cost, passes: int, *, count: int | None, epochs: int | None) -> Numbers | None:
    """Return the numbers that fill a time, the stated ones as they are; None where not even the fewest fit.

    Renders and epochs grow together in the proportion of `passes`; at the bounds of one, the other takes the rest.
    """
    least = cost(count or LEAST_RENDERS, epochs or LEAST_PASSES)
    if least > seconds and not (count and epochs):
        return None
    found = count or _largest(LEAST_RENDERS, MOST_RENDERS, lambda n: cost(n, epochs or passes) <= seconds)
    return Numbers(found, epochs or _largest(LEAST_PASSES, MOST_PASSES, lambda n: cost(found, n) <= seconds))


def least_seconds(cost: Cost, *, count: int | None, epochs: int | None) -> float:
    """Return the least time that works."""
    return cost(count or LEAST_RENDERS, epochs or LEAST_PASSES)


def _largest(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number that fits, the lowest where none does."""
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low
