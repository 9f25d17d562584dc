"""`partsight runs`: what lies in the folder of finished stages, and what a clean-up would free."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from partsight.cli.console import open_console
from partsight.cli.options import OutOption

if TYPE_CHECKING:
    from partsight.pipeline.running.inventory import StageFolder

DEFAULT_RECIPE = Path("recipe.toml")


def runs(
    recipes: Annotated[
        list[Path] | None, typer.Option("--recipe", "-r", help="A recipe whose stages are kept. May be repeated.")
    ] = None,
    out: OutOption = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete the folders that these recipes do not reach, after asking.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every file and tell those that were changed or deleted since.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
) -> None:
    """Show every finished or begun stage: how large it is, which recipe made it, and whether these recipes still use it."""
    from partsight.pipeline.running.inventory import delete_folders, list_folders
    from partsight.pipeline.running.workspace import Workspace
    from partsight.pipeline.study.reached import reached_stages

    console = open_console()
    paths = recipes or [DEFAULT_RECIPE]
    workspace = Workspace(out or paths[0].parent / "runs")
    folders = list_folders(workspace, reached_stages(paths, workspace))
    console.print(_table(folders))
    if verify:
        _verify(console, folders)
    unreached = [one for one in folders if not one.is_reached]
    freed = _size(sum(one.num_bytes for one in unreached))
    console.print(
        f"{workspace.root}: {len(folders)} folders, {_size(sum(one.num_bytes for one in folders))}", soft_wrap=True
    )
    if not unreached:
        console.print("all of them are used by the recipes named")
        return
    named = ", ".join(str(path) for path in paths)
    console.print(f"{len(unreached)} of them are not used by {named}: deleting them frees {freed}", soft_wrap=True)
    if prune and (yes or typer.confirm(f"Delete these {len(unreached)} folders?")):
        delete_folders(unreached)
        console.print(f"deleted, {freed} freed")


def _verify(console: Console, folders: "tuple[StageFolder, ...]") -> None:
    """Tell what is damaged; exit code 1 where something is."""
    from partsight.errors import first_of
    from partsight.pipeline.running.inventory import verify_folder

    damaged = {one.folder: verify_folder(one) for one in folders}
    found = {folder: names for folder, names in damaged.items() if names}
    for folder, names in found.items():
        console.print(f"damaged {folder}: {first_of(list(names))}", soft_wrap=True)
    if found:
        console.print("the next command that needs these stages says so once more, and then makes them anew")
        raise typer.Exit(1)
    console.print(f"{sum(one.is_finished for one in folders)} finished stages: every file is as it was written")


def _table(folders: "tuple[StageFolder, ...]") -> Table:
    table = Table("stage", "folder", "size", "state", "made by recipe", "used", box=SIMPLE_HEAD)
    for one in folders:
        state = "finished" if one.is_finished else "begun"
        table.add_row(
            one.stage, one.key, _size(one.num_bytes), state, one.recipe_name or "–", "yes" if one.is_reached else "no"
        )
    return table


def _size(num_bytes: int) -> str:
    return f"{num_bytes / 1e9:.2f} GB" if num_bytes >= 1e8 else f"{num_bytes / 1e6:.1f} MB"
