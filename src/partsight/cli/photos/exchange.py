"""`partsight photos import` and `partsight photos export`: labels of other tools, in and out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from partsight.cli.console import open_console
from partsight.cli.flags import with_flags
from partsight.cli.options import PhotosOption, RecipeOption
from partsight.cli.show.progress import TerminalProgress

if TYPE_CHECKING:
    from partsight.labels.importing import Imported
    from partsight.pipeline.photos.exchange import OpenExport

SHOWN_REMARKS = 10
_SHOWN_FAULTS = 5


_EmptyRule = Literal["ask", "nothing", "leave-out"]


def import_labels(
    context: typer.Context,
    source: Annotated[
        Path, typer.Argument(help="Export of another tool: a zip, a folder, or a JSON, XML or CSV file.")
    ],
    *,
    session: Annotated[str, typer.Option("--session", help="Session that the pictures belong to.")] = "",
    session_from: Annotated[
        str | None,
        typer.Option(help="Regular expression on picture names, or paths in the export; its group names the session."),
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="their_class=our_class, or their_class=- to leave it out.")
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help="Folder of the pictures, when the export has none.")] = None,
    photos: PhotosOption = None,
    recipe: RecipeOption = Path("recipe.toml"),
    yes: Annotated[bool, typer.Option("--yes", help="Take the classes as shown, without asking.")] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Cut boxes at the border and leave out what cannot be used.")
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Replace labels of pictures that are there already, and list what changes."),
    ] = False,
    empty: Annotated[
        _EmptyRule,
        typer.Option(help="Pictures on which nothing is drawn: they show nothing, or are not annotated yet."),
    ] = "ask",
) -> None:
    """Bring in labels from Roboflow, CVAT, Label Studio, labelme, CreateML, VIA, COCO, YOLO or Pascal VOC."""
    from partsight.labels.balance import balance_sentences
    from partsight.pipeline.photo_folders import photos_folder
    from partsight.pipeline.photos.exchange import ImportChoices, ImportSource, open_export, write_import

    console = open_console()
    folder = photos_folder(photos, recipe)
    given = ImportSource(source, folder, pictures, _said(mapping or []), _recipe_classes(recipe))
    with open_export(given, TerminalProgress(console)) as export:
        _show(console, export)
        _confirm(export, yes=yes)
        choices = ImportChoices(
            session or source.stem, session_from, skip_bad or _skips_faults(console, export), replace,
            _empty_rule(console, export, empty),
        )  # fmt: skip
        outcome, balance = write_import(export, choices)
    _tell(console, outcome, folder)
    for sentence in balance_sentences(balance):
        console.print(with_flags(sentence, context.command), soft_wrap=True)
    remarks = [with_flags(remark, context.command) for remark in (*export.judged.remarks, *outcome.remarks)]
    _tell_some(console, "changed", list(outcome.changes))
    _tell_some(console, "remark", remarks)


def export_labels(
    to: Annotated[str, typer.Option("--to", help="yolo, coco, voc, cvat or label-studio.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder.")],
    photos: PhotosOption = None,
    recipe: RecipeOption = Path("recipe.toml"),
) -> None:
    """Write the labeled photos for another tool."""
    from partsight.pipeline.photo_folders import photos_folder
    from partsight.pipeline.photos.exchange import export_photos

    dataset = export_photos(photos_folder(photos, recipe), to, out)
    boxes = sum(len(sample.class_ids) for sample in dataset.samples)
    open_console().print(f"{len(dataset.samples)} pictures with {boxes} boxes in {out}", soft_wrap=True)


def _said(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise typer.BadParameter(f"--map {wrong[0]}: expected their_class=our_class")
    return {theirs.strip(): ours.strip() for theirs, _, ours in (pair.partition("=") for pair in pairs)}


def _recipe_classes(recipe: Path) -> tuple[str, ...]:
    """Return the recipe's classes, none without a recipe."""
    from partsight.config.loading import read_recipe

    return read_recipe(recipe, []).class_names if recipe.is_file() else ()


def _show(console: Console, export: "OpenExport") -> None:
    console.print(f"{export.format}: {len(export.judged.pictures)} pictures")
    table = Table("their class", "boxes", "becomes", "", box=SIMPLE_HEAD)
    for entry in export.mapping:
        becomes = "left out" if entry.becomes == "-" else entry.becomes
        table.add_row(entry.found, str(entry.num_boxes), becomes, "" if entry.is_sure else "please confirm")
    console.print(table)


def _confirm(export: "OpenExport", *, yes: bool) -> None:
    from partsight.errors import DatasetError

    if yes or all(entry.is_sure for entry in export.mapping):
        return
    if not sys.stdin.isatty():
        unsure = ", ".join(f"{entry.found} → {entry.becomes}" for entry in export.mapping if not entry.is_sure)
        raise DatasetError(
            f"classes to confirm: {unsure}. Say --yes, or --map their_class=our_class. Nothing was written."
        )
    typer.confirm("Take these classes?", abort=True)


def _skips_faults(console: Console, export: "OpenExport") -> bool:
    """Ask at the terminal whether faults may be left out; elsewhere they refuse the import."""
    faults = export.judged.faults
    if not faults or not sys.stdin.isatty():
        return False
    for fault in faults[:_SHOWN_FAULTS]:
        console.print(fault, highlight=False, soft_wrap=True, markup=False)
    return typer.confirm(f"{len(faults)} faults. Cut boxes at the border and leave out what cannot be used?")


def _empty_rule(console: Console, export: "OpenExport", empty: _EmptyRule) -> _EmptyRule:
    """Ask at the terminal what pictures without boxes are, when most are such."""
    from partsight.labels.selecting import unsaid_pictures

    unsaid = unsaid_pictures(export.judged)
    if empty != "ask" or not unsaid or not sys.stdin.isatty():
        return empty
    console.print(f"On {len(unsaid)} of {len(export.judged.pictures)} pictures nothing is drawn.", highlight=False)
    return "nothing" if typer.confirm("Do they show none of the parts?", default=False) else "leave-out"


def _tell(console: Console, outcome: "Imported", photos: Path) -> None:
    console.print(
        f"{outcome.num_pictures} pictures with {outcome.num_boxes} boxes into {photos}, {outcome.num_null} of them showing nothing; "
        f"{outcome.num_known} were there already. Sessions: {', '.join(outcome.sessions) or 'none new'}",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )


def _tell_some(console: Console, kind: str, sentences: list[str]) -> None:
    for sentence in sentences[:SHOWN_REMARKS]:
        console.print(f"{kind} {sentence}", highlight=False, soft_wrap=True, markup=False)
    if len(sentences) > SHOWN_REMARKS:
        console.print(f"… and {len(sentences) - SHOWN_REMARKS} more", highlight=False)
