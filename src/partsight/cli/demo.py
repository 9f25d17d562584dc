"""`partsight demo`: the main job on bundled sample parts."""

import time
from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import open_console
from partsight.cli.options import SetOption
from partsight.cli.show.progress import TerminalProgress
from partsight.cli.show.summary import print_summary

NUM_SHOWN = 12
"""Pictures of the first sheet: made first, and part of the demo's renders."""


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to make the demo in.")] = Path("partsight-demo"),
    settings: SetOption = None,
) -> None:
    """Run the main job on five bundled sample parts: render, train, evaluate, report."""
    from partsight.config.loading import read_recipe
    from partsight.pipeline.cad_files.init import init_demo
    from partsight.pipeline.experiment import Experiment
    from partsight.pipeline.preview import write_sheet
    from partsight.pipeline.running.workspace import Workspace

    console = open_console()
    started = time.monotonic()
    recipe_path = init_demo(out)
    console.print(f"Five sample magnets and their recipe are in {out}; this takes minutes on two free cores.")
    recipe, workspace, progress = (
        read_recipe(recipe_path, settings or []),
        Workspace(out / "runs"),
        TerminalProgress(console),
    )
    few = recipe.at("render.count", min(NUM_SHOWN, recipe.render.count))
    sheet = write_sheet(Experiment(few, workspace, progress).render().dataset, out / "pictures.png", NUM_SHOWN)
    console.print(f"the first labeled pictures: {sheet}", soft_wrap=True)
    experiment = Experiment(recipe, workspace, progress)
    print_summary(console, experiment.evaluate().evaluation, experiment.report(), time.monotonic() - started)
    console.print(
        "Your own parts, in a folder of their own: partsight init parts/*.step, then partsight run", soft_wrap=True
    )
