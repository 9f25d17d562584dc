"""The page of `partsight photos suggest`: from where photos show each part, and what to take next."""

import base64
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from partsight.files import write_text
from partsight.structures.arrays import BoolArray, FloatArray, IntArray

WIDTH, HEIGHT, MARGIN = 640.0, 260.0, 34.0


@dataclass(frozen=True, slots=True, eq=False)
class PartSphere:
    """What the page says of one part."""

    name: str
    num_boxes: int
    directions: FloatArray
    """(D, 3) from the part to the viewer."""
    counts: IntArray
    is_expected: BoolArray
    is_covered: BoolArray
    is_believed: bool
    """Whether the views were found better than by chance; if not, no sphere is drawn."""
    sentences: tuple[str, ...]
    remark: str
    drawings: tuple[tuple[str, bytes], ...] = ()
    """Side and PNG: the part as it should be photographed."""

    @property
    def drawn(self) -> tuple[tuple[str, str], ...]:
        """Side and data URI."""
        return tuple((side, f"data:image/png;base64,{base64.b64encode(png).decode()}") for side, png in self.drawings)


@dataclass(frozen=True, slots=True, eq=False)
class CoverageContent:
    """Everything on the page."""

    parts: tuple[PartSphere, ...]
    unsure: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """One view on the map."""

    x: float
    y: float
    kind: str
    """covered, missing or unasked."""
    count: int


def write_coverage(content: CoverageContent, path: Path) -> None:
    """Write the page. Raises StorageError."""
    environment = Environment(
        loader=PackageLoader("partsight.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    drawn = [(part, map_dots(part)) for part in content.parts]
    page = environment.get_template("coverage.html").render(
        drawn=drawn, unsure=content.unsure, width=WIDTH, height=HEIGHT, margin=MARGIN
    )
    write_text(path, page)


def map_dots(part: PartSphere) -> tuple[Dot, ...]:
    """Return the views on an equal-area map (Lambert's cylindrical projection), the front in the middle, right to the right."""
    x, y, z = part.directions.T
    across = (np.arctan2(x, -y) / np.pi + 1) / 2 * (WIDTH - 2 * MARGIN) + MARGIN
    down = (1 - z) / 2 * (HEIGHT - 2 * MARGIN) + MARGIN
    kinds = np.where(part.is_covered, "covered", np.where(part.is_expected, "missing", "unasked")).tolist()
    places = zip(across.tolist(), down.tolist(), kinds, part.counts.tolist(), strict=True)
    return tuple(Dot(round(left, 1), round(top, 1), kind, count) for left, top, kind, count in places)
