"""CAD files → meshes for other programs: the way's first step on its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from partsight.cad.exporting import TARGETS, export_part
from partsight.cad.process.processes import ReaderProcesses
from partsight.cad.readers.formats import METERS_PER
from partsight.cad.reading import ReadPart, read_file
from partsight.config.sections.cad import CadSection
from partsight.errors import CadError, RecipeError
from partsight.pipeline.cad_files.check import name_classes, part_sections
from partsight.progress import Progress


@dataclass(frozen=True, slots=True)
class ConversionPlan:
    """What to write, and where."""

    target: str
    folder: Path | None
    """None: beside each file."""
    tolerance_mm: float | None
    unit: str
    input_unit: str | None
    overwrite: bool


@dataclass(frozen=True, slots=True)
class Converted:
    """Source, target and number of triangles of each file written, and what is wrong with the others."""

    written: tuple[tuple[Path, Path, int], ...]
    problems: tuple[str, ...]


def convert_files(given: Sequence[Path], plan: ConversionPlan, progress: Progress) -> Converted:
    """Convert files one by one. Raises RecipeError for a plan that cannot be followed."""
    _check_plan(plan)
    parts = part_sections(name_classes(given), plan.input_unit)
    written: list[tuple[Path, Path, int]] = []
    problems: list[str] = []
    with progress.stage("convert", len(parts), "files") as advance, ReaderProcesses() as processes:
        for number, (name, section) in enumerate(parts.items(), 1):
            source = section.files[0]
            try:
                target = _target(source, plan)
                written.append((source, target, _convert(name, source, target, plan=plan, processes=processes)))
            except CadError as error:
                problems.append(str(error))
            advance(number, source.name)
    return Converted(tuple(written), tuple(problems))


def _check_plan(plan: ConversionPlan) -> None:
    if plan.target not in TARGETS:
        raise RecipeError(f"{plan.target}: unknown format (`to`). Known: {', '.join(TARGETS)}.")
    if plan.unit not in METERS_PER:
        raise RecipeError(f"{plan.unit}: unknown `unit`. Known: {', '.join(METERS_PER)}.")


def _target(source: Path, plan: ConversionPlan) -> Path:
    target = (plan.folder or source.parent) / f"{source.stem}.{plan.target}"
    if target.exists() and (not plan.overwrite or target.resolve() == source.resolve()):
        raise CadError(f"{target}: stands already. Use `overwrite`, or another folder (`out`).")
    return target


def _convert(name: str, source: Path, target: Path, *, plan: ConversionPlan, processes: ReaderProcesses) -> int:
    section = part_sections({name: source}, plan.input_unit)[name]
    (found,) = read_file(name, source, section, CadSection(remove_hidden=False), (None, processes))
    if plan.tolerance_mm is not None:
        found = _refined(name, source, found, plan=plan, processes=processes)
    export_part(found.part, target, plan.unit)
    return len(found.part.mesh.triangles)


def _refined(name: str, source: Path, found: ReadPart, *, plan: ConversionPlan, processes: ReaderProcesses) -> ReadPart:
    """Read once more with the tolerance asked for, which is a share of the size that is known only now."""
    size_m = sum(side**2 for side in found.facts.size_m) ** 0.5
    share = (plan.tolerance_mm or 0.0) / 1000 / size_m
    section = part_sections({name: source}, plan.input_unit)[name]
    cad = CadSection(remove_hidden=False, linear_tolerance=min(0.1, max(1e-7, share)))
    (refined,) = read_file(name, source, section, cad, (None, processes))
    return refined
