"""`partsight demo`: the main job on bundled sample parts."""

import time
from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import open_console
from partsight.cli.options import SetOption
from partsight.cli.show.progress import TerminalProgress
from partsight.cli.show.summary import print_summary


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder to make the demo in.")] = Path("partsight-demo"),
    settings: SetOption = None,
) -> None:
    """Run the main job on five bundled sample parts: render, train, evaluate, report."""
    from partsight.config.loading import read_recipe
    from partsight.pipeline.cad_files.init import init_demo
    from partsight.pipeline.experiment import Experiment
    from partsight.pipeline.running.workspace import Workspace

    console = open_console()
    started = time.monotonic()
    recipe_path = init_demo(out)
    console.print(f"Five sample magnets and their recipe are in {out}; this takes about ten minutes on two cores.")
    recipe = read_recipe(recipe_path, settings or [])
    experiment = Experiment(recipe, Workspace(out / "runs"), TerminalProgress(console))
    print_summary(console, experiment.evaluate().evaluation, experiment.report(), time.monotonic() - started)
