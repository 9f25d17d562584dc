"""`partsight compare`: two recipes on the same test pictures."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from partsight.cli.console import open_console
from partsight.cli.options import SetOption
from partsight.cli.show.plan import print_plan
from partsight.cli.show.progress import TerminalProgress

if TYPE_CHECKING:
    from partsight.pipeline.experiment import Experiment


def compare(
    first: Annotated[Path, typer.Argument(help="A recipe.")],
    second: Annotated[Path, typer.Argument(help="Another recipe with the same test pictures.")],
    settings: SetOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of both; by default 'runs' beside each recipe.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Train what is not trained yet, without asking.")] = False,
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
    for path, experiment in ((first, one), (second, two)):
        _confirm(console, path, experiment, yes=yes)
    console.print(describe_comparison(compare_experiments(one, two)))


def _confirm(console: Console, path: Path, experiment: "Experiment", *, yes: bool) -> None:
    """Ask before a recipe is trained for the sake of a comparison; where nobody can answer, refuse."""
    from partsight.errors import EvaluationError
    from partsight.pipeline.study.compare import lacks_training

    if yes or not lacks_training(experiment):
        return
    if not sys.stdin.isatty():
        raise EvaluationError(
            f"{path}: is not trained yet, so there is nothing to compare. {experiment.plan().sentence} Train it with "
            f"'partsight run --recipe {path}', or say --yes."
        )
    print_plan(console, experiment.plan())
    typer.confirm(f"{path} is not trained yet. Train it now?", abort=True)
