"""One class of CAD files as a page shows it: figures, a drawing, and a mesh that turns."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.cad.exporting import export_part
from partsight.cad.facts import PartFacts
from partsight.cad.reading import try_parts
from partsight.cad.views.drawing import CORNER, draw_views
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError
from partsight.pipeline.portraits import encode_png
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.cad.stage import CACHE

_PICTURE_PX = 240


@dataclass(frozen=True, slots=True)
class ShownPart:
    """The first variant of a class."""

    mark: str
    """Tells one state of the mesh from another."""
    facts: dict[str, Any]
    picture_png: bytes
    mesh: Path
    """GLB: meters, y up, a node for each sub-part and color."""


def show_part(name: str, section: PartSection, cad: CadSection, places: tuple[Workspace, Path]) -> ShownPart:
    """Read the files of a class, as a run would, and write the mesh of the first below the second place. Raises CadError."""
    workspace, meshes = places
    read, failed = try_parts({name: section}, cad, workspace.root / CACHE, lambda _done, _remark: None)
    variants = read.get(name, ())
    if not variants:
        raise CadError("\n".join(str(error) for error in failed.values()) or f"{name}: nothing to read")
    first = variants[0]
    (picture,) = draw_views(first.part, [CORNER], _PICTURE_PX)
    mesh = meshes / f"{first.part.key}.glb"
    if not mesh.is_file():
        export_part(first.part, mesh)
    warnings = [warning for variant in variants for warning in variant.facts.warnings]
    problems = [str(error) for error in failed.values()]
    facts = {**_figures(first.facts), "warnings": [*warnings, *problems], "num_variants": len(variants)}
    return ShownPart(first.part.key, facts, encode_png(picture), mesh)


def _figures(facts: PartFacts) -> dict[str, Any]:
    return {
        "format": facts.format,
        "stated_unit": facts.unit,
        "size_mm": [round(side * 1000, 3) for side in facts.size_m],
        "num_triangles": facts.num_triangles,
        "colors": [color for color, _ in facts.colors],
        "tree": [{"name": node.name, "depth": node.depth, "size": node.num_triangles} for node in facts.tree],
    }
