"""Types of a recipe's values: every number is finite and has bounds, every interval is ordered, every text has a form and a length.

What no type here describes gets a type of its own; a test walks over all keys and refuses bare numbers and bare text.
"""

from pathlib import Path
from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import AfterValidator, Field, ValidationInfo

from partsight.config.expressions import check_expression
from partsight.structures.names import is_one_line, name_fault

_Number = TypeVar("_Number", int, float)
LONGEST_PATH = 4096
LEAST_SIZE, MOST_SIZE = 0.001, 20.0
"""Sizes of an object, in pictures; crops of a tenth show a part that fills two photos at the largest."""
LEAST_FOCAL, MOST_FOCAL = 0.1, 100.0
"""Focal lengths, in widths of the picture."""


def check_ordered(bounds: tuple[_Number, _Number]) -> tuple[_Number, _Number]:
    """Return an interval whose bounds are ordered. Raises ValueError."""
    if bounds[0] > bounds[1]:
        raise ValueError(f"an interval is written [low, high]; found [{bounds[0]}, {bounds[1]}]")
    return bounds


def as_range(value: Any, expected: str, *, least: float, most: float) -> tuple[float, float]:
    """Return a pair of ordered numbers within bounds. Raises ValueError, which says what was `expected`."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError(f"expected {expected}")
    if not all(is_within(one, least, most) for one in value) or value[0] > value[1]:
        raise ValueError(f"expected {expected}, low before high and both within {least}…{most}")
    return float(value[0]), float(value[1])


def is_within(value: Any, least: float, most: float) -> bool:
    """Tell whether something is a number within bounds; NaN is not."""
    return isinstance(value, int | float) and least <= value <= most


def _resolve(path: Path, info: ValidationInfo) -> Path:
    """Return the path seen from the recipe's folder."""
    if "\0" in str(path) or len(str(path)) > LONGEST_PATH:
        raise ValueError(f"no path: longer than {LONGEST_PATH} characters, or with a NUL in it")
    folder = (info.context or {}).get("folder")
    return path if folder is None else Path(folder) / path


def _check_name(name: str) -> str:
    fault = name_fault(name)
    if fault is not None:
        raise ValueError(f"the name {name!r} {fault}")
    return name


def _check_line(text: str) -> str:
    if not is_one_line(text):
        raise ValueError("expected one line of text without control characters")
    return text


# ThingRange ------------------------------------------------------------------------------------------------------------------------

Share: TypeAlias = Annotated[float, Field(ge=0.0, le=1.0)]
"""A fraction or probability, 0…1."""
ScoreBound: TypeAlias = Annotated[float, Field(gt=0.0, lt=1.0)]
"""A score of a detection, between 0 and 1."""
Seed: TypeAlias = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""A seed that every library takes."""
Number: TypeAlias = Annotated[int, Field(ge=1, le=10_000_000)]
"""How many pictures, or the like; at least one."""
NumberOrNone: TypeAlias = Annotated[int, Field(ge=0, le=10_000_000)]
"""How many pictures, or the like; 0 is allowed."""
Epochs: TypeAlias = Annotated[int, Field(ge=1, le=100_000)]
"""Passes over a training set."""
Few: TypeAlias = Annotated[int, Field(ge=0, le=10_000)]
"""A number of layers, rounds or the like, of which there are never many."""
Workers: TypeAlias = Annotated[int, Field(ge=0, le=4096)]
"""Processes, threads or devices; 0 leaves the number to the program."""
Crew: TypeAlias = Annotated[int, Field(ge=1, le=4096)]
"""Jobs, nodes or workers; at least one."""
Things: TypeAlias = Annotated[int, Field(ge=0, le=1000)]
"""Things in one picture."""
Factor: TypeAlias = Annotated[float, Field(ge=0.0, le=1000.0)]
"""A multiple of something."""
Multiple: TypeAlias = Annotated[float, Field(ge=0.01, le=1000.0)]
"""A multiple of something that is never nothing."""
Degrees: TypeAlias = Annotated[float, Field(ge=-360.0, le=360.0)]
"""An angle."""
Elevation: TypeAlias = Annotated[float, Field(ge=-90.0, le=90.0)]
"""An angle above the ground."""
Step: TypeAlias = Annotated[float, Field(ge=0.1, le=360.0)]
"""A step between angles, in degrees."""
Meters: TypeAlias = Annotated[float, Field(ge=0.001, le=1000.0)]
"""A height or length, in meters."""
Millimeters: TypeAlias = Annotated[float, Field(ge=-1e6, le=1e6)]
"""A coordinate in a CAD file, in millimeters."""
Pixels: TypeAlias = Annotated[float, Field(ge=0.0, le=8192.0)]
"""A length in pixels."""
Blur: TypeAlias = Annotated[float, Field(ge=0.0, le=200.0)]
"""A length in pixels over which a picture is blurred."""
Stops: TypeAlias = Annotated[float, Field(ge=-10.0, le=10.0)]
"""An exposure, in stops."""
Seconds: TypeAlias = Annotated[float, Field(gt=0.0, le=7 * 86_400.0)]
"""A time, up to a week."""
Weight: TypeAlias = Annotated[float, Field(ge=0.0, le=1e6)]
"""How often one of several is drawn, against the others."""

ObjectSize: TypeAlias = Annotated[float, Field(ge=LEAST_SIZE, le=MOST_SIZE)]
"""Size of an object, in pictures."""
Focal: TypeAlias = Annotated[float, Field(ge=LEAST_FOCAL, le=MOST_FOCAL)]
"""A focal length, in widths of the picture."""
Quality: TypeAlias = Annotated[int, Field(ge=1, le=100)]
"""Of JPEG."""

# Intervals [low, high], both included --------------------------------------------------------------------------------------------

ShareRange: TypeAlias = Annotated[tuple[Share, Share], AfterValidator(check_ordered)]
Factors: TypeAlias = Annotated[tuple[Factor, Factor], AfterValidator(check_ordered)]
Multiples: TypeAlias = Annotated[tuple[Multiple, Multiple], AfterValidator(check_ordered)]
Angles: TypeAlias = Annotated[tuple[Degrees, Degrees], AfterValidator(check_ordered)]
Elevations: TypeAlias = Annotated[tuple[Elevation, Elevation], AfterValidator(check_ordered)]
Heights: TypeAlias = Annotated[tuple[Meters, Meters], AfterValidator(check_ordered)]
Blurs: TypeAlias = Annotated[tuple[Blur, Blur], AfterValidator(check_ordered)]
Exposures: TypeAlias = Annotated[tuple[Stops, Stops], AfterValidator(check_ordered)]
ThingRange: TypeAlias = Annotated[tuple[Things, Things], AfterValidator(check_ordered)]

Qualities: TypeAlias = Annotated[tuple[Quality, Quality], AfterValidator(check_ordered)]

# Text and paths ------------------------------------------------------------------------------------------------------------------

TextLine: TypeAlias = Annotated[str, Field(max_length=1000), AfterValidator(_check_line)]
"""One line of text."""
ClassName: TypeAlias = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_check_name)]
"""The name of a class: one line that is no markup, because names stand one a line in the lists that trainers read."""
PathText: TypeAlias = Annotated[str, Field(max_length=LONGEST_PATH, pattern=r"^[^\x00]*$")]
"""A path, or a word in its place."""
Expression: TypeAlias = Annotated[str, Field(max_length=1000), AfterValidator(check_expression)]
"""A regular expression with a group, without look-around and references to groups."""
FilePath: TypeAlias = Annotated[Path, AfterValidator(_resolve)]
"""A path; relative ones are relative to the recipe's folder."""
