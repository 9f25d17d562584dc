"""Which stages some recipes use, all cells of their sweeps included."""

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from partsight.config.loading import read_recipe
from partsight.pipeline.choosing.budget import settle_budget
from partsight.pipeline.choosing.start import settle_start
from partsight.pipeline.running.stage import Stage
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.stages.graph import Graph
from partsight.pipeline.stages.layers.stage import all_layers
from partsight.pipeline.stages.render.stage import expect_variant
from partsight.pipeline.study.sweep import Sweep, plan_cells


def reached_stages(recipe_paths: Sequence[Path], workspace: Workspace) -> Iterator[Stage[Any, Any]]:
    """Yield the stages of recipe files, and of the cells of their grids. Raises RecipeError, CadError, DatasetError."""
    expect = functools.partial(expect_variant, workspace=workspace)
    for path in recipe_paths:
        recipe = read_recipe(path, [])
        cells = plan_cells(recipe.sweep) if recipe.sweep.grid else ()
        sweep = Sweep(path, (), workspace)
        for one in (recipe, *(sweep.recipe(cell) for cell in cells)):
            graph = Graph(settle_budget(settle_start(one, workspace), workspace), expect)
            yield graph.renders
            yield from all_layers(graph.renders)
            yield from graph.stages
