"""`partsight photos add`: frames worth labeling, from videos, folders and zips."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from partsight.cli.console import headed, open_console
from partsight.cli.options import PhotosOption, RecipeOption
from partsight.cli.show.progress import TerminalProgress

if TYPE_CHECKING:
    from partsight.photos.duplicates import DuplicatePair
    from partsight.photos.picking import Picking
    from partsight.pipeline.photos.add import Intake


def add_photos(
    sources: Annotated[list[Path], typer.Argument(help="Videos, pictures, folders or zips of them.")],
    session: Annotated[
        str,
        typer.Option(
            "--session", help="Session they belong to: one place on one day; else photos- or places- and the date."
        ),
    ] = "",
    part: Annotated[str | None, typer.Option("--part", help="Class of the part that they show, if one only.")] = None,
    photos: PhotosOption = None,
    recipe: RecipeOption = Path("recipe.toml"),
    places: Annotated[
        bool,
        typer.Option(
            "--places", help="They show places without parts: no labels, into the folder of the recipe's places."
        ),
    ] = False,
    max_frames: Annotated[
        int, typer.Option("--max-frames", min=1, help="Most frames of each video and of each set of pictures.")
    ] = 40,
    step: Annotated[
        float | None,
        typer.Option(
            "--step",
            min=0.03,
            help="A frame every so many seconds, whatever it shows: the labeling page carries boxes from one to the next.",
        ),
    ] = None,
) -> None:
    """Pick sharp frames that differ, and put them into the photos folder for labeling; exit code 1 when a file is bad."""
    from partsight.pipeline import photo_folders
    from partsight.pipeline.photos import add as photo_intake

    console = open_console()
    folder = photo_folders.places_folder(photos, recipe) if places else photo_folders.photos_folder(photos, recipe)
    name = session or _today("places" if places else "photos")
    job = photo_intake.IntakeJob(folder, name, part, max_frames, step, is_places=places)
    intake = photo_intake.add_photos(sources, job, TerminalProgress(console))
    _show(console, intake)
    for problem in intake.problems:
        console.print(headed("error", "bold red", problem), soft_wrap=True)
    place = folder if places else folder / "to_label" / job.session
    console.print(f"{intake.num_added} pictures added to {place}", soft_wrap=True)
    if places and intake.num_added and photo_folders.name_in_recipe(recipe, folder):
        console.print(f"{recipe} reads them from now on (photos.places)", soft_wrap=True)
    if intake.problems:
        raise typer.Exit(1)


def _today(kind: str) -> str:
    return f"{kind}-{datetime.now().astimezone():%Y-%m-%d}"


def _show(console: Console, intake: "Intake") -> None:
    lines = [*intake.passed_over]
    for clip in intake.clips:
        lines += [*clip.findings, *([_counts(clip.name, clip.picking)] if clip.picking else [])]
    for line in lines:
        console.print(line, soft_wrap=True)
    by_sessions: dict[frozenset[str], list[DuplicatePair]] = {}
    for pair in intake.duplicates:
        by_sessions.setdefault(frozenset({pair.first.session, pair.second.session}), []).append(pair)
    for pairs in by_sessions.values():
        console.print(_warning(pairs), soft_wrap=True)


def _counts(name: str, picking: "Picking") -> str:
    dropped = f"{picking.num_blurred} blurred, {picking.num_alike} alike, {picking.num_surplus} beyond --max-frames"
    dropped += f", {picking.num_between} between the steps" if picking.num_between else ""
    return f"{name}: {len(picking.picked)} of {picking.num_seen} frames; left out {dropped}"


def _warning(pairs: "Sequence[DuplicatePair]") -> str:
    """Return one sentence about the pairs of two sessions."""
    first, second = pairs[0].first, pairs[0].second
    more = f" (and {len(pairs) - 1} more such pairs)" if len(pairs) > 1 else ""
    return (
        f"{first.name} and {second.name} are nearly the same picture{more}: "
        f"keep sessions {first.session} and {second.session} in one split, or delete one picture of each pair"
    )
