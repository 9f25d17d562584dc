"""The base of all sections, and the types that several of them share."""

from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A frozen group of settings, closed to unknown keys; the docstring under a field documents it everywhere."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, validate_default=True)


def _check_ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise ValueError(f"an interval is written [low, high]; found [{bounds[0]}, {bounds[1]}]")
    return bounds


Interval: TypeAlias = Annotated[tuple[float, float], AfterValidator(_check_ordered)]
"""[low, high], both included."""

IntInterval: TypeAlias = Annotated[tuple[int, int], AfterValidator(_check_ordered)]
"""[low, high] in whole numbers, both included."""

Share: TypeAlias = Annotated[float, Field(ge=0.0, le=1.0)]
"""A fraction or probability, 0…1."""

FilePath: TypeAlias = Path
"""A path; relative ones are relative to the recipe's folder."""
