"""Settings of `randomize.orbit`: the grid of directions of the published baseline."""

import math
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from partsight.config.section import Section
from partsight.config.values import Degrees, Elevation, Step

MOST_VIEWS = 1_000_000
"""Most directions of the grid around a part."""


def _check_grid(grid: tuple[float, float, float]) -> tuple[float, float, float]:
    low, high, step = grid
    if low > high or step <= 0:
        raise ValueError(f"a grid is written [low, high, step]; found {list(grid)}")
    return grid


class OrbitSection(Section):
    """One part on white, seen from a grid of directions: the published baseline."""

    azimuth_step_deg: Step = 15.0
    """Step around the vertical axis, 0…360°."""
    elevation_deg: Annotated[tuple[Elevation, Elevation, Step], AfterValidator(_check_grid)] = (-30.0, 40.0, 10.0)
    """Camera elevations: lowest, highest and step."""
    roll_deg: Annotated[tuple[Degrees, Degrees, Step], AfterValidator(_check_grid)] = (-20.0, 20.0, 10.0)
    """Rolls of the camera: smallest, largest and step."""
    fill: Annotated[float, Field(ge=0.01, le=1)] = 0.7
    """Share of the picture's shorter side that the part's bounding sphere covers."""
    gray: bool = True
    """Whether all parts are drawn in one light gray, as STL files are."""

    @model_validator(mode="after")
    def _check_views(self) -> Self:
        grids = (self.elevation_deg, self.roll_deg, (0.0, 360.0, self.azimuth_step_deg))
        views = math.prod(int((high - low) / step) + 1 for low, high, step in grids)
        if views > MOST_VIEWS:
            raise ValueError(f"these steps make {views:,} directions, more than {MOST_VIEWS:,}. Make them larger.")
        return self
