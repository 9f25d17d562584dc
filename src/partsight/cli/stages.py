"""`partsight run`, and the stages one by one."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from partsight.cli.console import open_console
from partsight.cli.options import BackgroundOption, OutOption, RecipeOption, SetOption
from partsight.cli.show.plan import print_plan
from partsight.cli.show.progress import TerminalProgress
from partsight.cli.show.summary import print_summary

if TYPE_CHECKING:
    from partsight.pipeline.experiment import Experiment

DEFAULT_RECIPE = Path("recipe.toml")


def run(
    recipe: RecipeOption = DEFAULT_RECIPE,
    settings: SetOption = None,
    out: OutOption = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what is found finished, what is missing, and how long it may take.")
    ] = False,
    background: BackgroundOption = False,
) -> None:
    """Do everything the recipe describes; carries on where it stopped."""
    started = time.monotonic()
    experiment, console = _open(recipe, settings, out, background=background)
    if plan:
        print_plan(console, experiment.plan())
        return
    print_summary(console, experiment.evaluate().evaluation, experiment.report(), time.monotonic() - started)


def render(
    recipe: RecipeOption = DEFAULT_RECIPE,
    settings: SetOption = None,
    out: OutOption = None,
    preview: Annotated[
        int | None, typer.Option("--preview", help="Only draw this many small pictures, and a sheet of them.")
    ] = None,
    background: BackgroundOption = False,
) -> None:
    """Make the labeled pictures, or a quick look at the first few."""
    experiment, console = _open(recipe, settings, out, background=background)
    if preview is not None:
        from partsight.pipeline.preview import make_preview

        sheet = make_preview(experiment.recipe, experiment.workspace, experiment.progress, max(1, preview))
        console.print(f"preview {sheet}", soft_wrap=True)
        return
    renders = experiment.render()
    console.print(f"{len(renders.dataset.samples)} pictures in {renders.folder}")
    console.print(f"labeled parts {sum(len(s.class_ids) for s in renders.dataset.samples)}")
    console.print(f"not labeled: {renders.num_hidden} too hidden or small, {renders.num_unseen} out of view")


def train(
    recipe: RecipeOption = DEFAULT_RECIPE,
    settings: SetOption = None,
    out: OutOption = None,
    background: BackgroundOption = False,
) -> None:
    """Train the detector."""
    experiment, console = _open(recipe, settings, out, background=background)
    trained = experiment.train()
    for output in (*trained.earlier, trained):
        found = "" if output.best_map50 is None else f", validation mAP50 {output.best_map50:.3f}"
        console.print(f"{output.title}: {len(output.history)} epochs{found}")
    console.print(f"checkpoint {trained.checkpoint.path}")


def evaluate(recipe: RecipeOption = DEFAULT_RECIPE, settings: SetOption = None, out: OutOption = None) -> None:
    """Measure the detector on the test pictures."""
    started = time.monotonic()
    experiment, console = _open(recipe, settings, out)
    print_summary(console, experiment.evaluate().evaluation, None, time.monotonic() - started)


def report(recipe: RecipeOption = DEFAULT_RECIPE, settings: SetOption = None, out: OutOption = None) -> None:
    """Write the report page."""
    experiment, console = _open(recipe, settings, out)
    console.print(f"report {experiment.report()}")


def _open(
    recipe_path: Path, settings: list[str] | None, out: Path | None, *, background: bool = False
) -> "tuple[Experiment, Console]":
    from partsight.config.loading import read_recipe
    from partsight.pipeline.experiment import Experiment
    from partsight.pipeline.running.background import step_back
    from partsight.pipeline.running.workspace import Workspace

    if background:
        step_back()
    console = open_console()
    recipe = read_recipe(recipe_path, settings or [])
    workspace = Workspace(out or recipe_path.parent / "runs")
    return Experiment(recipe, workspace, TerminalProgress(console)), console
