"""The evaluation before this one, on the same test pictures: a new training is judged by what it changed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from partsight.config.recipe import Recipe
from partsight.evaluate.intervals.comparing import compare
from partsight.files import read_json
from partsight.pipeline.running.contents import find_damage
from partsight.pipeline.running.run import RECIPE
from partsight.pipeline.running.workspace import MANIFEST, Workspace, list_finished
from partsight.pipeline.stages.evaluate.stage import EvaluateManifest, EvaluateOutput, EvaluateStage, read_evaluated
from partsight.pipeline.stages.evaluate.tested import is_tested_on
from partsight.report.content import EarlierEvaluation
from partsight.structures.dataset import Dataset


def find_earlier(
    recipe: Recipe, evaluated: EvaluateOutput, test: Dataset, workspace: Workspace
) -> EarlierEvaluation | None:
    """Return the newest evaluation of the recipe's name that is older and was tested on the same; None where there is none."""
    own = workspace.stage_dir(EvaluateStage.name, evaluated.key)
    others = [
        one for one in _same_tests(recipe, test, workspace) if one != own and _finished_at(one) < _finished_at(own)
    ]
    if not others:
        return None
    before = read_evaluated(max(others, key=_finished_at))
    rng = np.random.default_rng(recipe.seed)
    comparison = compare(test, before.detections, evaluated.detections, recipe.evaluate, rng)
    return EarlierEvaluation(before.evaluation, comparison.interval)


def _same_tests(recipe: Recipe, test: Dataset, workspace: Workspace) -> Iterator[Path]:
    """Yield the folders of undamaged evaluations of the same name on the same pictures."""
    for folder, manifest in list_finished(workspace, EvaluateStage.name, EvaluateManifest):
        if is_tested_on(test, folder) and not find_damage(folder, manifest.contents):
            made_by = read_json(folder / RECIPE)
            if isinstance(made_by, dict) and made_by.get("name") == recipe.name:
                yield folder


def _finished_at(folder: Path) -> int:
    return (folder / MANIFEST).stat().st_mtime_ns
