"""The question whether weights may be fetched from their makers: asked at a terminal only, and never again after "never"."""

import sys
from typing import TYPE_CHECKING

import typer
from rich.console import Console

if TYPE_CHECKING:
    from partsight.config.recipe import Recipe
    from partsight.pipeline.running.workspace import Workspace

MEGABYTES = {"yolov8n": 6, "yolov8s": 22, "yolo11n": 5, "yolo26n": 5}
"""Sizes of the files that are asked for most."""


def offer_weights(recipe: "Recipe", workspace: "Workspace", console: Console, *, is_agreed: bool) -> None:
    """Fetch its makers' weights where a recipe leaves its start open, they would be better than what is at hand, and the user agrees.

    Raises DetectorError where they cannot be fetched.
    """
    from partsight.pipeline.choosing.start import fetch_start, may_offer

    if is_agreed or (may_offer(recipe, workspace) and _is_wanted(recipe, console)):
        path = fetch_start(recipe, workspace)
        if path is not None:
            console.print(f"fetched {path}", soft_wrap=True)


def _is_wanted(recipe: "Recipe", console: Console) -> bool:
    from partsight.detector.fetching import MAKERS, answer_path, may_ask, never_ask

    if not (may_ask() and sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    model = recipe.train.network
    size = f", {MEGABYTES[model]} MB," if model in MEGABYTES else ""
    console.print(
        f"A network that has seen many photographs learns your parts from far fewer pictures. May Partsight fetch {model}.pt{size} "
        f"from its makers ({MAKERS[recipe.train.family]})? Without it, training begins with what is installed.",
        soft_wrap=True,
    )
    answer = typer.prompt("[y/N/never]", default="N", show_default=False, prompt_suffix=" ").strip().lower()
    if answer == "never":
        never_ask()
        console.print(f"Not asked again; {answer_path()} remembers it.", soft_wrap=True)
    return answer in ("y", "yes")
