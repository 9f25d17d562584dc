"""`partsight run`, and the stages one by one."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from partsight.cli.console import open_console
from partsight.cli.options import BackgroundOption, MinutesOption, OutOption, RecipeOption, SetOption, YesOption
from partsight.cli.show.plan import print_plan
from partsight.cli.show.progress import TerminalProgress
from partsight.cli.show.summary import print_summary

if TYPE_CHECKING:
    from partsight.config.recipe import Recipe
    from partsight.pipeline.experiment import Experiment

DEFAULT_RECIPE = Path("recipe.toml")


def run(
    recipe: RecipeOption = DEFAULT_RECIPE,
    settings: SetOption = None,
    out: OutOption = None,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only say what is found finished, what is missing, and how long it may take.")
    ] = False,
    yes: YesOption = False,
    minutes: MinutesOption = None,
    background: BackgroundOption = False,
) -> None:
    """Do everything the recipe describes; carries on where it stopped."""
    started = time.monotonic()
    _give_way(background)
    timed = [*(settings or []), *([] if minutes is None else [f"budget.minutes={minutes}"])]
    experiment, console = _open(recipe, timed, out, yes=None if plan else yes)
    if plan:
        print_plan(console, experiment.plan())
        _tell_choices(console, experiment.given, experiment.expect())
        return
    _tell_waiting(console, experiment.recipe, recipe)
    print_summary(console, experiment.evaluate().evaluation, experiment.report(), time.monotonic() - started)


def _tell_waiting(console: Console, recipe: "Recipe", path: Path) -> None:
    """Print what is not labeled yet, and what is labeled and teaches nothing."""
    from partsight.pipeline.photo_folders import PHOTOS
    from partsight.pipeline.waiting_photos import find_waiting

    waiting = find_waiting(recipe, path.parent / PHOTOS)
    for sentence in waiting.sentences:
        console.print(sentence, soft_wrap=True)
    if waiting.unused:
        console.print("'partsight photos check' adds labeled sessions to train", soft_wrap=True)


def render(
    recipe: RecipeOption = DEFAULT_RECIPE,
    settings: SetOption = None,
    out: OutOption = None,
    preview: Annotated[
        int | None, typer.Option("--preview", help="Only draw this many small pictures, and a sheet of them.")
    ] = None,
    write: Annotated[
        list[str] | None,
        typer.Option(
            "--write", help="Also write masks, sub-parts, depth, normals, poses. Several by commas, or repeated."
        ),
    ] = None,
    background: BackgroundOption = False,
) -> None:
    """Make the labeled pictures, or a quick look at the first few."""
    _give_way(background)
    experiment, console = _open(recipe, settings, out)
    if preview is not None:
        from partsight.pipeline.preview import make_preview

        sheet = make_preview(experiment.recipe, experiment.workspace, experiment.progress, max(1, preview))
        console.print(f"preview {sheet}", soft_wrap=True)
        return
    renders = experiment.render()
    console.print(f"{len(renders.dataset.samples)} pictures in {renders.folder}")
    console.print(f"labeled parts {sum(len(s.class_ids) for s in renders.dataset.samples)}")
    console.print(f"not labeled: {renders.num_hidden} too hidden or small, {renders.num_unseen} out of view")
    if write:
        layers = [name.strip().lower() for given in write for name in given.split(",")]
        console.print(f"layers {experiment.write_layers(*layers).folder}", soft_wrap=True)


def train(
    recipe: RecipeOption = DEFAULT_RECIPE,
    settings: SetOption = None,
    out: OutOption = None,
    yes: YesOption = False,
    background: BackgroundOption = False,
) -> None:
    """Train the detector."""
    _give_way(background)
    experiment, console = _open(recipe, settings, out, yes=yes)
    trained = experiment.train()
    for output in (*trained.earlier, trained):
        found = "" if output.best_map50 is None else f", validation mAP50 {output.best_map50:.3f}"
        console.print(f"{output.title}: {len(output.history)} epochs{found}")
    console.print(f"checkpoint {trained.checkpoint.path}")


def evaluate(
    recipe: RecipeOption = DEFAULT_RECIPE, settings: SetOption = None, out: OutOption = None, yes: YesOption = False
) -> None:
    """Measure the detector on the test pictures."""
    started = time.monotonic()
    experiment, console = _open(recipe, settings, out, yes=yes)
    print_summary(console, experiment.evaluate().evaluation, None, time.monotonic() - started)


def report(
    recipe: RecipeOption = DEFAULT_RECIPE, settings: SetOption = None, out: OutOption = None, yes: YesOption = False
) -> None:
    """Write the report page."""
    experiment, console = _open(recipe, settings, out, yes=yes)
    console.print(f"report {experiment.report()}")


def _give_way(background: bool) -> None:
    from partsight.pipeline.running.background import step_back

    if background:
        step_back()


def _tell_choices(console: Console, given: "Recipe", recipe: "Recipe") -> None:
    """Tell what the machine chooses where the recipe leaves it open."""
    from partsight.detector.starts import describe_start
    from partsight.pipeline.choosing.budget import NOT_KEPT, describe_budget, is_kept_to

    train = recipe.train
    if recipe.budget.minutes is not None:
        console.print(f"{describe_budget(recipe)}, by what is known so far", soft_wrap=True)
        if not is_kept_to(given):
            console.print(NOT_KEPT, soft_wrap=True)
    start = describe_start(train.weights)
    console.print(f"training: {train.network} of the family '{train.family}' begins with {start}", soft_wrap=True)


def _open(
    recipe_path: Path, settings: list[str] | None, out: Path | None, *, yes: bool | None = None
) -> "tuple[Experiment, Console]":
    """Return the experiment, weights offered before (`yes`: without a question), but not where nothing is to be trained (None)."""
    from partsight.cli.weights import offer_weights
    from partsight.config.loading import read_recipe
    from partsight.pipeline.experiment import Experiment
    from partsight.pipeline.running.workspace import Workspace

    console = open_console()
    recipe = read_recipe(recipe_path, settings or [])
    workspace = Workspace(out or recipe_path.parent / "runs")
    if yes is not None:
        offer_weights(recipe, workspace, console, is_agreed=yes)
    return Experiment(recipe, workspace, TerminalProgress(console)), console
