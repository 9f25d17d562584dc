"""`partsight photos check`: what may be wrong with the photos, and where renders do not cover them."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from partsight.cli.console import open_console
from partsight.cli.options import OutOption, RecipeOption, SetOption
from partsight.cli.show.progress import TerminalProgress

if TYPE_CHECKING:
    from partsight.config.recipe import Recipe
    from partsight.labels.importing import ImportRecord
    from partsight.photos.appearance import Gap


def check_photos(
    recipe: RecipeOption = Path("recipe.toml"),
    settings: SetOption = None,
    out: OutOption = None,
    gaps: Annotated[
        bool, typer.Option("--gaps", help="Compare training photos with the renders, made if need be.")
    ] = False,
    detector: Annotated[
        bool,
        typer.Option("--detector", help="Name labels that the recipe's detector, trained if need be, contradicts."),
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 when anything was found.")] = False,
) -> None:
    """Check the photos: sessions, classes, boxes, copies; --gaps: what renders do not cover; --detector: likely missed labels."""
    from partsight.config.loading import read_recipe
    from partsight.pipeline.experiment import Experiment
    from partsight.pipeline.photos import check as photo_check
    from partsight.pipeline.running.workspace import Workspace

    console = open_console()
    _offer_waiting(console, read_recipe(recipe, settings or []), recipe)
    workspace = Workspace(out or recipe.parent / "runs")
    experiment = Experiment(read_recipe(recipe, settings or []), workspace, TerminalProgress(console))
    found = photo_check.check_photos(experiment, with_gaps=gaps, with_detector=detector)
    console.print(f"{found.num_photos} photos, {found.num_boxes} boxes")
    sessions = Table("session", "split", "photos", box=SIMPLE_HEAD)
    for session, split, count in found.sessions:
        sessions.add_row(session, split, str(count))
    console.print(sessions)
    _print_imports(console, found.imports)
    for finding in found.findings:
        console.print(f"{finding.kind}: {finding.where}: {finding.message}", soft_wrap=True)
    if not found.findings:
        console.print("nothing found that looks wrong")
    if found.gaps:
        _print_gaps(console, found.gaps)
    if strict and found.findings:
        raise typer.Exit(1)


def _offer_waiting(console: Console, read: "Recipe", path: Path) -> None:
    """Print what waits, and ask at the terminal whether labeled sessions of no split shall teach."""
    from partsight.pipeline.photo_folders import PHOTOS
    from partsight.pipeline.waiting_photos import add_to_training, find_waiting

    waiting = find_waiting(read, path.parent / PHOTOS)
    for sentence in waiting.sentences:
        console.print(sentence, soft_wrap=True)
    chosen = [session for session, count in waiting.unused if _is_wanted(session, count)]
    if chosen:
        keys = add_to_training(path, chosen)
        console.print(
            f"{path}: {', '.join(keys)} changed; 'partsight run' trains with {', '.join(chosen)}", soft_wrap=True
        )


def _is_wanted(session: str, count: int) -> bool:
    return sys.stdin.isatty() and typer.confirm(f"{session}: {count} labeled photos, in no split. Add to train?")


def _print_imports(console: Console, imports: "tuple[ImportRecord, ...]") -> None:
    """Print where labels came from, and what became of all that was found there."""
    from partsight.labels.balance import balance_sentences

    for record in imports:
        console.print(f"imported from {record.source} ({record.format})", highlight=False, soft_wrap=True, markup=False)
        for sentence in balance_sentences(record.balance):
            console.print(f"  {sentence}", highlight=False, soft_wrap=True, markup=False)


def _print_gaps(console: Console, gaps: "tuple[Gap, ...]") -> None:
    """Print the figures, and below them the keys of those that renders cover poorly."""
    table = Table("5 % · median · 95 %", "photos", "renders", "not covered", box=SIMPLE_HEAD)
    for gap in gaps:
        spreads = [" · ".join(f"{value:.3g}" for value in spread) for spread in (gap.photos, gap.renders)]
        style = "bold red" if gap.is_poor else ""
        table.add_row(gap.name, *spreads, Text(f"{100 * gap.uncovered:.0f} %", style))
    console.print(table)
    for gap in gaps:
        if gap.is_poor:
            console.print(gap.in_words, soft_wrap=True)
