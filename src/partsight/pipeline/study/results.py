"""Finished evaluations, opened again: as they were judged, or by the labels as they are now."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from partsight.config.recipe import Recipe
from partsight.errors import EvaluationError, StorageError
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.matching import match
from partsight.files import read_json
from partsight.pipeline.running.keys import hash_content
from partsight.pipeline.running.run import RECIPE, Run, find_manifest
from partsight.pipeline.running.workspace import Workspace, read_manifest
from partsight.pipeline.stages.evaluate.stage import PICTURES, EvaluateManifest, EvaluateOutput, EvaluateStage
from partsight.pipeline.stages.graph import Graph
from partsight.pipeline.stages.render.stage import expect_variant
from partsight.pipeline.stages.report.stage import ADVICE
from partsight.progress import Silence
from partsight.structures.dataset import Dataset

_CHANGED = (
    "the pictures or labels of this result were changed since. Evaluate again (Train, Start); the training is found."
)


@dataclass(frozen=True, slots=True)
class Result:
    """A finished evaluation with the pictures that it rests on."""

    output: EvaluateOutput
    test: Dataset
    recipe: Recipe
    is_corrected: bool
    """Whether labels were changed since it was judged; figures follow them, the report does not."""
    advice: tuple[str, ...]
    """What its report says to do next; nothing where it was not written, or labels were changed since."""


def open_result(workspace: Workspace, key: str, project: Path) -> Result:
    """Open a finished evaluation; where labels of test pictures were changed, its detections are judged by the new ones.

    Nothing is trained, drawn or written. Raises EvaluationError where pictures are others than they were.
    """
    folder = workspace.stage_dir("evaluate", key)
    recipe = _recipe_of(folder, project)
    run, graph = Run(recipe, workspace, Silence()), Graph(recipe, partial(expect_variant, workspace=workspace))
    if find_manifest(graph.dataset, workspace.stage_dir("dataset", graph.dataset.key)) is None:
        raise EvaluationError(_CHANGED)
    test = run.resolve(graph.dataset).splits.test
    if graph.evaluation.key == key:
        return Result(
            run.resolve(graph.evaluation), test, recipe, is_corrected=False, advice=_advice_of(workspace, graph)
        )
    return Result(_judged_anew(graph.evaluation, run, key, test), test, recipe, is_corrected=True, advice=())


def _judged_anew(stage: EvaluateStage, run: Run, key: str, test: Dataset) -> EvaluateOutput:
    """Return a result with figures by other labels of its pictures. Raises EvaluationError for other pictures."""
    folder = run.workspace.stage_dir("evaluate", key)
    manifest = read_manifest(folder, EvaluateManifest)
    judged = read_json(folder / PICTURES) if (folder / PICTURES).is_file() else {}
    if manifest is None or any(judged.get(one.sample_id) != hash_content(one.image_path) for one in test.samples):
        raise EvaluationError(_CHANGED)
    output = stage.load(run, folder, manifest)
    found = dict(zip(judged, output.detections, strict=True))
    detections = tuple(found[one.sample_id] for one in test.samples)
    section, before = stage.recipe.evaluate, output.evaluation
    evaluation = evaluate(
        match(test, detections),
        section,
        threshold=before.threshold,
        threshold_source=before.threshold_source,
        seed=stage.recipe.seed,
        class_thresholds=before.class_thresholds,
    )
    return replace(output, key=key, evaluation=evaluation, detections=detections)


def _recipe_of(folder: Path, project: Path) -> Recipe:
    try:
        content = read_json(folder / RECIPE)
    except OSError as error:
        raise EvaluationError(f"{folder.name}: there is no such result") from error
    return Recipe.parse(content, base_dir=project, where=str(folder / RECIPE))


def _advice_of(workspace: Workspace, graph: Graph) -> tuple[str, ...]:
    try:
        return tuple(map(str, read_json(workspace.stage_dir("report", graph.report.key) / ADVICE)))
    except (OSError, StorageError):
        return ()
