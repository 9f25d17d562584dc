"""One CAD file as a part, without a recipe."""

from pathlib import Path

from partsight.cad.reading import read_parts
from partsight.config.sections.cad import CadSection
from partsight.pipeline.cad_files.check import part_sections
from partsight.structures.world.part import Part


def read_part(path: str | Path, *, unit: str | None = None) -> Part:
    """Read a CAD file as a part of its name; `unit` (m, cm, mm, inch) is that of a file that states none.

    Raises CadError for a file that cannot be used, RecipeError for an unknown unit.
    """
    file = Path(path)
    found = read_parts(part_sections({file.stem: file}, unit), CadSection())
    return found[file.stem][0].part
