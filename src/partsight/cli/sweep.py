"""`partsight sweep`: a grid of experiments, or keys chosen by a tuner."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Column, Table

from partsight.cli.console import headed, open_console
from partsight.cli.options import OutOption, RecipeOption, SetOption
from partsight.cli.show.progress import TerminalProgress

if TYPE_CHECKING:
    from partsight.pipeline.study.sweep import Row, Sweep

DEFAULT_RECIPE = Path("recipe.toml")


def sweep(
    recipe: RecipeOption = DEFAULT_RECIPE,
    settings: SetOption = None,
    out: OutOption = None,
    plan: Annotated[bool, typer.Option("--plan", help="Only say what would be run and how long it may take.")] = False,
    tune: Annotated[
        bool, typer.Option("--tune", help="Choose the keys of `sweep.tune` by validation pictures.")
    ] = False,
) -> None:
    """Run every combination of `sweep.grid` with several seeds; resumes where it stopped. Exit code 1 when a cell failed."""
    from partsight.pipeline.running.workspace import Workspace
    from partsight.pipeline.study.sweep import Sweep

    workspace = Workspace(out or recipe.parent / "runs")
    job = Sweep(recipe.resolve(), tuple(settings or ()), workspace)
    if plan:
        _print_plan(job)
    elif tune:
        _tune(job)
    else:
        _run(job)


def _run(job: "Sweep") -> None:
    from partsight.pipeline.study.estimate import estimate_sweep
    from partsight.pipeline.study.page import publish_sweep
    from partsight.pipeline.study.sweep import run_sweep, summarize

    console = open_console()
    estimate = estimate_sweep(job)
    console.print(estimate.sentence)
    results = run_sweep(job, TerminalProgress(console), lambda so_far: publish_sweep(job, so_far))
    page = publish_sweep(job, results)
    rows = summarize(results)
    console.print(_table(rows))
    problems = list(dict.fromkeys(problem for row in rows for problem in row.problems))
    for problem in problems:
        console.print(headed("failed", "bold red", problem), soft_wrap=True)
    console.print(f"report {page}", soft_wrap=True)
    if problems:
        raise typer.Exit(1)


def _print_plan(job: "Sweep") -> None:
    from partsight.pipeline.study.estimate import estimate_sweep

    console = open_console()
    estimate = estimate_sweep(job)
    table = Table("stage", "runs", "finished", "left", "one takes about", "based on", box=SIMPLE_HEAD)
    for stage in estimate.stages:
        one = "unknown" if stage.seconds_each is None else f"{stage.seconds_each:.3g} s a {stage.unit}"
        table.add_row(
            stage.name, str(stage.num_wanted), str(stage.num_finished), str(stage.num_units_left), one, stage.source
        )
    console.print(table)
    console.print(estimate.sentence)


def _tune(job: "Sweep") -> None:
    from partsight.pipeline.study.tune import tune_recipe

    console = open_console()
    tuned = tune_recipe(job, TerminalProgress(console))
    table = Table("trial", "validation mAP50", "state", "settings", box=SIMPLE_HEAD)
    for trial in tuned.trials:
        value = "–" if trial.value is None else f"{trial.value:.3f}"
        table.add_row(str(trial.number), value, trial.state, trial.settings)
    console.print(table)
    console.print(f"best on validation pictures ({tuned.num_images} pictures): {tuned.best_value:.3f} with")
    for setting in tuned.best_settings:
        console.print(f"  {setting}")


def _table(rows: "tuple[Row, ...]") -> Table:
    keys = [key for key, _ in rows[0].values] if rows else []
    figures = ("seeds", "n", "P", "R", "F1", "mAP50", "mAP50-95")
    table = Table(*(Column(key, overflow="fold") for key in keys), *figures, box=SIMPLE_HEAD)
    for row in rows:
        found = [str(row.figures[name]) for name in ("precision", "recall", "f1", "ap50", "ap50_95")]
        table.add_row(
            *(str(value) for _, value in row.values), str(row.figures["ap50"].num_seeds), str(row.num_boxes), *found
        )
    return table
