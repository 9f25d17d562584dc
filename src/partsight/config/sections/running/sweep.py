"""Settings of `sweep`: which keys vary, how often each combination is repeated, and what is tuned."""

import math
from typing import Annotated, Self, TypeAlias

from pydantic import Field, model_validator

from partsight.config.section import Section
from partsight.config.values import TextLine

Whole: TypeAlias = Annotated[int, Field(ge=-(10**12), le=10**12)]
Real: TypeAlias = Annotated[float, Field(ge=-1e12, le=1e12)]
Value: TypeAlias = bool | Whole | Real | TextLine | tuple[Real, ...]
"""A value of some key; the key's own type decides about it in turn."""

MOST_CELLS = 100_000
"""Most experiments of one sweep."""


class TuneRange(Section):
    """Where the tuner looks for one key's value: between two bounds, or among choices."""

    low: Real | None = None
    """Lowest value."""
    high: Real | None = None
    """Highest value."""
    log: bool = False
    """Whether to draw from the logarithm: right for rates."""
    integer: bool = False
    """Whether only whole numbers count."""
    choices: tuple[Value, ...] = ()
    """Values to choose among, instead of bounds."""

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        is_range = self.low is not None and self.high is not None
        if is_range == bool(self.choices):
            raise ValueError("give either low and high, or choices")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low must be below high; found {self.low} and {self.high}")
        if self.log and self.low is not None and self.low <= 0:
            raise ValueError(f"a logarithm needs values above 0; found low = {self.low}")
        return self


class SweepSection(Section):
    """A grid over recipe keys, each combination with several seeds; or keys that a tuner chooses by validation pictures."""

    grid: dict[TextLine, Annotated[tuple[Value, ...], Field(min_length=1)]] = Field(default_factory=dict)
    """Values by recipe key, as in "render.count" = [150, 250]; every combination is run."""
    seeds: Annotated[int, Field(ge=1, le=1000)] = 3
    """How many seeds each combination is run with; a seed draws the photos and the training anew, renders stay."""
    tune: dict[TextLine, TuneRange] = Field(default_factory=dict)
    """Keys that `partsight sweep --tune` chooses, with their ranges; judged by validation pictures alone."""
    trials: Annotated[int, Field(ge=1, le=10_000)] = 20
    """How many settings the tuner tries."""

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        cells = math.prod(len(values) for values in self.grid.values()) * self.seeds
        if cells > MOST_CELLS:
            raise ValueError(f"these values and seeds make {cells:,} experiments, more than {MOST_CELLS:,}")
        return self
