"""Project folders: a recipe, the user's CAD files where they lie, a CAD report and a contact sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from partsight.cad.facts import PartFacts, describe_part
from partsight.cad.formats import SUFFIXES
from partsight.config.loading import read_recipe
from partsight.errors import CadError, StorageError
from partsight.files import write_bytes, write_text
from partsight.pipeline.executors import num_cores
from partsight.pipeline.parts import load_parts, make_parts
from partsight.pipeline.portraits import draw_portraits
from partsight.pipeline.progress import Progress
from partsight.pipeline.workspace import Workspace
from partsight.report.contact_sheet import write_contact_sheet

RECIPE_TEMPLATE = """# One experiment. Every key and its meaning: docs/recipe.md. What is not written here has its default.
name = "{name}"
seed = 0

# Classes, in the order of their numbers. Several files are variants of one class.
{parts}
[render]
count = 1000            # pictures; more can be added later, those that exist are kept
width = 640
height = 640
samples_per_pixel = 16

# [photos]              # real photographs, when there are some: see docs/dataset.md
# folder = "photos"     # with images/, labels/ and classes.txt (YOLO)
# test = ["*"]          # sessions that only report

[train]
weights = "scratch"     # a weights file is far better: weights = "yolov8n.pt"
image_size = 416
epochs = 30
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A new project folder and what its CAD files hold."""

    recipe_path: Path
    contact_sheet: Path
    facts: dict[str, tuple[PartFacts, ...]]


def init_project(folder: Path, cad_files: Sequence[Path], progress: Progress) -> Project:
    """Make a project for CAD files, one class for each. Raises CadError, StorageError (never overwrites a recipe)."""
    recipe_path = folder / "recipe.toml"
    if recipe_path.exists():
        raise StorageError(f"{recipe_path}: stands already. Choose another folder with --out, or edit that recipe.")
    tables = "\n".join(_part_table(name, path, folder) for name, path in _class_names(cad_files).items())
    write_text(recipe_path, RECIPE_TEMPLATE.format(name=folder.resolve().name, parts=tables))
    try:
        return _describe_project(recipe_path, progress)
    except CadError:
        recipe_path.unlink()
        raise


def init_demo(folder: Path) -> Path:
    """Copy the sample parts and their recipe into a folder, keeping what is there; return the recipe's path."""
    with as_file(files("partsight") / "samples") as samples:
        for source in sorted(samples.iterdir()):
            target = folder / ("recipe.toml" if source.name == "demo.toml" else source.name)
            if not target.exists():
                write_bytes(target, source.read_bytes())
    return folder / "recipe.toml"


def _describe_project(recipe_path: Path, progress: Progress) -> Project:
    recipe = read_recipe(recipe_path)
    output = make_parts(recipe, Workspace(recipe_path.parent / "runs"), progress)
    parts = load_parts(output.folder, output.files)
    variants = [part for group in parts.values() for part in group]
    pictures = draw_portraits(variants, 320, recipe.render, num_cores())
    sheet = recipe_path.parent / "parts.png"
    write_contact_sheet(pictures, [part.name for part in variants], sheet)
    return Project(recipe_path, sheet, {name: tuple(map(describe_part, group)) for name, group in parts.items()})


def _class_names(given: Sequence[Path]) -> dict[str, Path]:
    """Name each class after its file; a folder stands for the CAD files in it."""
    named: dict[str, Path] = {}
    for path in (file for place in given for file in _files_at(place)):
        if path.stem in named:
            raise CadError(
                f"{path} and {named[path.stem]} would both name the class '{path.stem}'. Rename one of them."
            )
        named[path.stem] = path
    return named


def _files_at(place: Path) -> list[Path]:
    if not place.is_dir():
        return [place]
    found = sorted(path for path in place.iterdir() if path.suffix.lower() in SUFFIXES)
    if not found:
        raise CadError(f"{place}: no CAD file in this folder. Known suffixes: {', '.join(sorted(SUFFIXES))}")
    return found


def _part_table(name: str, path: Path, folder: Path) -> str:
    absolute = path.resolve()
    shown = absolute.relative_to(folder.resolve()) if absolute.is_relative_to(folder.resolve()) else absolute
    return f'[parts."{_quoted(name)}"]\nfiles = ["{_quoted(shown.as_posix())}"]\n'


def _quoted(text: str) -> str:
    """Escape text for a basic TOML string."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
