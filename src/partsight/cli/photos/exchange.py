"""`partsight photos import` and `partsight photos export`: labels of other tools, in and out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from partsight.cli.console import open_console

if TYPE_CHECKING:
    from partsight.pipeline.photos.exchange import OpenExport

SHOWN_REMARKS = 10


def import_labels(
    source: Annotated[Path, typer.Argument(help="Export of another tool: a zip, a folder, or a JSON or XML file.")],
    session: Annotated[str, typer.Option("--session", help="Session that the pictures belong to.")] = "",
    session_from: Annotated[
        str | None, typer.Option(help="Regular expression on picture names; its group names the session.")
    ] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="their_class=our_class, or their_class=- to leave it out.")
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help="Folder of the pictures, when the export has none.")] = None,
    photos: Annotated[Path, typer.Option(help="The photos folder.")] = Path("photos"),
    yes: Annotated[bool, typer.Option("--yes", help="Take the classes as shown, without asking.")] = False,
) -> None:
    """Bring in labels from Roboflow, CVAT, Label Studio, COCO, YOLO or Pascal VOC."""
    from partsight.pipeline.photos.exchange import open_export, write_import

    console = open_console()
    with open_export(source, photos, _said(mapping or []), pictures) as export:
        _show(console, export)
        _confirm(export, yes=yes)
        outcome = write_import(export, photos, session or source.stem, session_from)
        remarks = [*export.found.remarks, *outcome.remarks]
    console.print(
        f"{outcome.num_pictures} pictures with {outcome.num_boxes} boxes into {photos}, {outcome.num_null} of them showing nothing; "
        f"{outcome.num_known} were there already. Sessions: {', '.join(outcome.sessions) or 'none new'}",
        soft_wrap=True,
    )
    for remark in remarks[:SHOWN_REMARKS]:
        console.print(f"remark {remark}", soft_wrap=True)
    if len(remarks) > SHOWN_REMARKS:
        console.print(f"… and {len(remarks) - SHOWN_REMARKS} more remarks")


def export_labels(
    to: Annotated[str, typer.Option("--to", help="yolo, coco, voc, cvat or label-studio.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder.")],
    photos: Annotated[Path, typer.Option(help="The photos folder.")] = Path("photos"),
) -> None:
    """Write the labelled photos for another tool."""
    from partsight.pipeline.photos.exchange import export_photos

    dataset = export_photos(photos, to, out)
    boxes = sum(len(sample.class_ids) for sample in dataset.samples)
    open_console().print(f"{len(dataset.samples)} pictures with {boxes} boxes in {out}", soft_wrap=True)


def _said(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise typer.BadParameter(f"--map {wrong[0]}: expected their_class=our_class")
    return {theirs.strip(): ours.strip() for theirs, _, ours in (pair.partition("=") for pair in pairs)}


def _show(console: Console, export: "OpenExport") -> None:
    console.print(f"{export.format}: {len(export.found.pictures)} pictures")
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
