"""Project folders: a recipe, the user's CAD files where they lie, a CAD report and a contact sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import tomlkit

from partsight.cad.facts import PartFacts
from partsight.config.loading import read_recipe
from partsight.config.sections.cad import CadSection
from partsight.errors import CadError, StorageError
from partsight.files import write_bytes, write_text
from partsight.pipeline.cad_files.check import Inspection, inspect, name_classes, part_sections, publish_inspection
from partsight.pipeline.portraits import draw_portraits
from partsight.pipeline.running.executors import num_cores
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.cad.stage import CACHE
from partsight.progress import Progress
from partsight.report.pages.contact_sheet import write_contact_sheet
from partsight.structures.names import one_line

RECIPE_TEMPLATE = """# What each key means: partsight explain KEY, docs/reference/recipe.md; the rest follows from budget and preset.
name = {name}
preset = "workshop"     # or "table" (many small parts), "bin" (boxes and heaps): docs/reference/recipe.md
[budget]
minutes = 30            # from here to the report, on this machine: more pictures and longer training in a longer time
[parts]                 # classes, in the order of their numbers; several files are variants of one class
{parts}
[photos]                # real photographs, when there are some (docs/reference/dataset.md); places: the place without parts
"""


@dataclass(frozen=True, slots=True)
class NewProject:
    """A new project folder and what its CAD files hold."""

    recipe_path: Path
    contact_sheet: Path
    cad_report: Path
    facts: dict[str, tuple[PartFacts, ...]]
    problems: tuple[str, ...]
    """What is wrong with the files that were left out."""


def init_project(folder: Path, cad_files: Sequence[Path], progress: Progress, *, name: str = "") -> NewProject:
    """Make a project for CAD files, one class for each; files that cannot be used are left out and reported.

    It is named after its folder if no name is given. Raises CadError when none can be used, StorageError (a recipe is never
    overwritten).
    """
    recipe_path = folder / "recipe.toml"
    if recipe_path.exists():
        raise StorageError(f"{recipe_path}: stands already. Choose another folder (`out`), or edit that recipe.")
    workspace = Workspace(folder / "runs")
    named = name_classes(cad_files)
    inspection = inspect(part_sections(named, None), CadSection(), workspace.root / CACHE, progress)
    if not inspection.parts:
        raise CadError("\n".join(["no file can be used:", *(f"  {text}" for text in inspection.problems.values())]))
    publish_inspection(inspection, folder / "cad-check.html", progress)
    parts = "\n".join(_part_table(name, named[name], folder) for name in inspection.parts)
    write_text(recipe_path, _recipe_text(name or folder.resolve().name, parts))
    sheet = _draw_contact_sheet(inspection, recipe_path)
    facts = {name: tuple(variant.facts for variant in found) for name, found in inspection.parts.items()}
    return NewProject(recipe_path, sheet, folder / "cad-check.html", facts, tuple(inspection.problems.values()))


def begin_recipe(path: Path, name: str, file: Path) -> None:
    """Write the recipe of a project with its first class, as `init_project` does for many. Raises CadError, StorageError."""
    write_text(path, _recipe_text(path.parent.resolve().name, _part_table(name, file, path.parent)))


def _recipe_text(name: str, parts: str) -> str:
    return RECIPE_TEMPLATE.format(name=_quoted(one_line(name) or "parts"), parts=parts)


def init_demo(folder: Path) -> Path:
    """Copy the sample parts and their recipe into a folder, keeping what is there; return the recipe's path."""
    with as_file(files("partsight") / "samples") as samples:
        for source in sorted(samples.iterdir()):
            target = folder / ("recipe.toml" if source.name == "demo.toml" else source.name)
            if not target.exists():
                write_bytes(target, source.read_bytes())
    return folder / "recipe.toml"


def _draw_contact_sheet(inspection: Inspection, recipe_path: Path) -> Path:
    variants = [variant.part for group in inspection.parts.values() for variant in group]
    pictures = draw_portraits(variants, 320, read_recipe(recipe_path).render, num_cores())
    sheet = recipe_path.parent / "parts.png"
    write_contact_sheet(pictures, [part.name for part in variants], sheet)
    return sheet


def _part_table(name: str, path: Path, folder: Path) -> str:
    absolute = path.resolve()
    shown = absolute.relative_to(folder.resolve()) if absolute.is_relative_to(folder.resolve()) else absolute
    return f"{_quoted(name)}.files = [{_quoted(shown.as_posix())}]"


def _quoted(text: str) -> str:
    """Return text as a basic TOML string. Raises CadError for a name that is no text."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CadError(f"{text!r}: a name that is not valid UTF-8, which no recipe can hold. Rename it.") from error
    return tomlkit.string(text).as_string()
