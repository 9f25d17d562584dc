"""Settings of `sweep`: which keys vary, how often each combination is repeated, and what is tuned."""

from typing import Annotated, TypeAlias

from pydantic import Field, model_validator

from partsight.config.section import Section

Value: TypeAlias = bool | int | float | str | tuple[float, ...]


class TuneRange(Section):
    """Where the tuner looks for one key's value: between two bounds, or among choices."""

    low: float | None = None
    """Lowest value."""
    high: float | None = None
    """Highest value."""
    log: bool = False
    """Whether to draw from the logarithm: right for rates."""
    integer: bool = False
    """Whether only whole numbers count."""
    choices: tuple[Value, ...] = ()
    """Values to choose among, instead of bounds."""

    @model_validator(mode="after")
    def _check_kind(self) -> "TuneRange":
        is_range = self.low is not None and self.high is not None
        if is_range == bool(self.choices):
            raise ValueError("give either low and high, or choices")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low must be below high; found {self.low} and {self.high}")
        return self


class SweepSection(Section):
    """A grid over recipe keys, each combination with several seeds; or keys that a tuner chooses by validation pictures."""

    grid: dict[str, Annotated[tuple[Value, ...], Field(min_length=1)]] = Field(default_factory=dict)
    """Values by recipe key, as in "render.count" = [150, 250]; every combination is run."""
    seeds: Annotated[int, Field(ge=1)] = 3
    """How many seeds each combination is run with; a seed draws the photos and the training anew, renders stay."""
    tune: dict[str, TuneRange] = Field(default_factory=dict)
    """Keys that `partsight sweep --tune` chooses, with their ranges; judged by validation pictures alone."""
    trials: Annotated[int, Field(ge=1)] = 20
    """How many settings the tuner tries."""
