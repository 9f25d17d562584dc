"""`partsight compare`: two recipes on the same test pictures."""

from pathlib import Path
from typing import Annotated

import typer

from partsight.cli.console import open_console
from partsight.cli.options import SetOption
from partsight.cli.show.progress import TerminalProgress


def compare(
    first: Annotated[Path, typer.Argument(help="A recipe.")],
    second: Annotated[Path, typer.Argument(help="Another recipe with the same test pictures.")],
    settings: SetOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of both; by default 'runs' beside each recipe.")
    ] = None,
) -> None:
    """Say which of two detectors is better on the same test pictures, with the interval of the difference."""
    from partsight.config.loading import read_recipe
    from partsight.pipeline.experiment import Experiment
    from partsight.pipeline.running.workspace import Workspace
    from partsight.pipeline.study.compare import compare_experiments, describe_comparison

    console = open_console()
    progress = TerminalProgress(console)
    one, two = (
        Experiment(read_recipe(path, settings or []), Workspace(out or path.parent / "runs"), progress)
        for path in (first, second)
    )
    console.print(describe_comparison(compare_experiments(one, two)))
