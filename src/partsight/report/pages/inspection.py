"""The health report of CAD files: one self-contained page, and its figures as JSON."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image as Pillow

from partsight.files import write_json, write_text
from partsight.structures.arrays import Image
from partsight.structures.plain import as_plain


@dataclass(frozen=True, slots=True)
class TreeLine:
    """One node of the assembly."""

    depth: int
    name: str
    num_triangles: int


@dataclass(frozen=True, slots=True, eq=False)
class InspectedPart:
    """One part with its drawings."""

    name: str
    rows: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    colors: tuple[tuple[str, float], ...]
    """#rrggbb and share of the area."""
    corner: Image
    nodes: Image
    """The same view, one color for each node."""
    sides: tuple[tuple[str, Image], ...]
    tree: tuple[TreeLine, ...]


@dataclass(frozen=True, slots=True, eq=False)
class InspectedPair:
    """Two parts laid over each other, from where they differ most."""

    first: str
    second: str
    sentence: str
    difference: float
    is_close: bool
    views: tuple[tuple[str, Image], ...]


@dataclass(frozen=True, slots=True)
class InspectionContent:
    """Everything on the page."""

    parts: tuple[InspectedPart, ...]
    pairs: tuple[InspectedPair, ...]
    problems: tuple[tuple[str, str], ...]
    """File and what is wrong with it."""


def write_inspection(content: InspectionContent, path: Path) -> None:
    """Write the page and, beside it with the suffix .json, its figures. Raises StorageError."""
    environment = Environment(
        loader=PackageLoader("partsight.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["uri"] = _uri
    write_json(path.with_suffix(".json"), _figures(content))
    write_text(path, environment.get_template("inspection.html").render(content=content, verdict=_verdict(content)))


def _verdict(content: InspectionContent) -> str:
    good = f"{len(content.parts)} part{'' if len(content.parts) == 1 else 's'} can be used"
    bad = f"; {len(content.problems)} file(s) cannot" if content.problems else ""
    remarked = sum(bool(part.warnings) for part in content.parts)
    remarks = f"; {remarked} with remarks" if remarked else ""
    close = sum(pair.is_close for pair in content.pairs)
    alike = f". {close} pair(s) look alike: expect confusion there." if close else ". No two parts look alike."
    return good + bad + remarks + (alike if len(content.parts) > 1 else ".")


def _figures(content: InspectionContent) -> dict[str, Any]:
    result: dict[str, Any] = as_plain(
        {
            "format": 1,
            "parts": [
                {"name": part.name, **dict(part.rows), "warnings": part.warnings, "colors": part.colors}
                for part in content.parts
            ],
            "pairs": [
                {"first": pair.first, "second": pair.second, "silhouette_difference": pair.difference}
                for pair in content.pairs
            ],
            "problems": dict(content.problems),
        }
    )
    return result


def _uri(picture: Image) -> str:
    """Return a picture as data URI; few colors, so PNG with a palette is small."""
    stream = io.BytesIO()
    Pillow.fromarray(picture).quantize(128).save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
