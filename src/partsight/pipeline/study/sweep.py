"""A grid of experiments: every combination of values with every seed, no stage made twice, killable at any moment."""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from partsight.config.loading import read_recipe
from partsight.config.recipe import Recipe
from partsight.config.sections.running.sweep import SweepSection, Value
from partsight.errors import PartsightError, RecipeError
from partsight.evaluate.intervals.seeds import MeanOverSeeds, mean_over_seeds
from partsight.files import write_json
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.executors import open_executor
from partsight.pipeline.running.run import Run
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.render.stage import CLUSTER_LOGS, RenderStage
from partsight.progress import Progress, Silence

FIGURES = ("ap50", "ap50_95", "precision", "recall", "f1")
AfterEach: TypeAlias = Callable[[Sequence["CellResult"]], object]
"""Called with the results so far whenever a cell has come to its end."""
Combination: TypeAlias = tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """One experiment of a sweep: values by key, and a seed."""

    values: Combination
    seed: int

    @property
    def settings(self) -> tuple[str, ...]:
        """The cell as settings on top of the recipe; the renders' seed stays, so that seeds share them."""
        varied = [f"{key}={_as_toml(value)}" for key, value in self.values]
        return (*varied, f"dataset.seed={self.seed}", f"train.seed={self.seed}")


@dataclass(frozen=True, slots=True)
class CellResult:
    """What came of a cell: its figures on the test pictures, or why there are none."""

    values: Combination
    seed: int
    figures: Mapping[str, float]
    num_images: int = 0
    num_boxes: int = 0
    train_seconds: float = 0.0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One combination over its seeds."""

    values: Combination
    figures: Mapping[str, MeanOverSeeds]
    num_images: int
    num_boxes: int
    problems: tuple[str, ...]


def plan_cells(section: SweepSection) -> tuple[Cell, ...]:
    """Return all cells of the grid: combinations in the order written, each with its seeds. Raises RecipeError."""
    if not section.grid:
        raise RecipeError(
            'sweep.grid is empty: name keys and values, as in\n  [sweep.grid]\n  "render.count" = [150, 250, 500]'
        )
    combinations = itertools.product(*section.grid.values())
    named = [tuple(zip(section.grid, combination, strict=True)) for combination in combinations]
    return tuple(Cell(values, seed) for values in named for seed in range(section.seeds))


@dataclass(frozen=True, slots=True)
class Sweep:
    """A recipe file with the settings on top of it, and the folder under which everything is made."""

    recipe_path: Path
    settings: tuple[str, ...]
    workspace: Workspace

    def recipe(self, cell: Cell | None = None) -> Recipe:
        """Return the recipe, or that of one cell. Raises RecipeError."""
        return read_recipe(self.recipe_path, self.settings, varied=cell.settings if cell else ())


def run_sweep(
    sweep: Sweep, progress: Progress | None = None, after_each: AfterEach = lambda _results: None
) -> list[CellResult]:
    """Run all cells, or find them finished; a cell that fails is told and the others go on.

    On a cluster, renders are made by all workers together, one recipe after the other; then every cell trains on a worker of its own.
    Results so far are handed to `after_each`. Raises RecipeError before anything is run when a key or value is wrong.
    """
    progress = progress or Silence()
    cells = plan_cells(sweep.recipe().sweep)
    recipes = {cell: sweep.recipe(cell) for cell in cells}
    if sweep.recipe().cluster.kind == "local":
        return _run_here(sweep, recipes, progress, after_each)
    _render_all(sweep, recipes, progress)
    with open_executor(1, sweep.recipe().cluster, sweep.workspace.root / CLUSTER_LOGS) as executor:
        return _run_on(executor, sweep, cells, progress, after_each)


def summarize(results: Sequence[CellResult]) -> tuple[Row, ...]:
    """Return one row for each combination, in the order of the grid."""
    rows = []
    for values in dict.fromkeys(result.values for result in results):
        found = [result for result in results if result.values == values]
        good = [result for result in found if not result.problem]
        figures = {name: mean_over_seeds([result.figures[name] for result in good]) for name in FIGURES}
        problems = tuple(dict.fromkeys(result.problem for result in found if result.problem))
        sizes = (good[0].num_images, good[0].num_boxes) if good else (0, 0)
        rows.append(Row(values, figures, *sizes, problems))
    return tuple(rows)


def write_results(results: Sequence[CellResult], path: Path) -> None:
    """Write every cell's figures as JSON."""
    write_json(path, [{**asdict(result), "values": dict(result.values)} for result in results])


def run_cell(sweep: Sweep, cell: Cell) -> CellResult:
    """Run one cell where this is called, quietly."""
    return _run_one(sweep, sweep.recipe(cell), cell, Silence())


def _run_here(
    sweep: Sweep,
    recipes: Mapping[Cell, Recipe],
    progress: Progress,
    after_each: AfterEach,
) -> list[CellResult]:
    results: list[CellResult] = []
    for number, (cell, recipe) in enumerate(recipes.items(), 1):
        progress.say(f"{number}/{len(recipes)}: {describe(cell.values)}, seed {cell.seed}")
        results.append(_run_one(sweep, recipe, cell, progress))
        after_each(results)
    return results


def _run_on(
    executor: Executor,
    sweep: Sweep,
    cells: Sequence[Cell],
    progress: Progress,
    after_each: AfterEach,
) -> list[CellResult]:
    alone = Sweep(sweep.recipe_path, (*sweep.settings, 'cluster.kind="local"'), sweep.workspace)
    results: dict[Cell, CellResult] = {}
    with progress.stage("sweep", len(cells), "cells") as advance:
        futures = {executor.submit(run_cell, alone, cell): cell for cell in cells}
        for future in as_completed(futures):
            cell = futures[future]
            results[cell] = future.result()
            advance(len(results), f"{describe(cell.values)}, seed {cell.seed}")
            after_each([results[cell] for cell in cells if cell in results])
    return [results[cell] for cell in cells]


def _render_all(sweep: Sweep, recipes: Mapping[Cell, Recipe], progress: Progress) -> None:
    """Make each kind of render once, as many pictures as its largest cell wants."""
    largest: dict[str, tuple[Run, RenderStage]] = {}
    for recipe in recipes.values():
        stage = Experiment(recipe, sweep.workspace, progress).settle().used_renders
        if stage.key not in largest or largest[stage.key][1].extent < stage.extent:
            largest[stage.key] = Run(recipe, sweep.workspace, progress), stage
    for run, stage in largest.values():
        run.resolve(stage)


def _run_one(sweep: Sweep, recipe: Recipe, cell: Cell, progress: Progress) -> CellResult:
    experiment = Experiment(recipe, sweep.workspace, progress)
    try:
        evaluation = experiment.evaluate().evaluation
    except PartsightError as error:
        return CellResult(cell.values, cell.seed, {}, problem=f"{type(error).__name__}: {error}")
    figures = {name: float(getattr(evaluation.overall, name)) for name in FIGURES}
    sizes = (evaluation.num_images, evaluation.overall.num_boxes)
    return CellResult(cell.values, cell.seed, figures, *sizes, train_seconds=experiment.train().seconds)


def describe(values: Combination) -> str:
    """Return a combination in words, as in `render.count 150, dataset.photos_per_class 5`."""
    return ", ".join(f"{key} {value}" for key, value in values)


def _as_toml(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)
