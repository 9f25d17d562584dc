"""The evaluate stage: checkpoint + test pictures → figures; validation chooses input size and threshold, test only reports."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from partsight.config.recipe import Recipe
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.slices import slice_recall
from partsight.evaluate.summary import evaluation_as_json, evaluation_from_json
from partsight.evaluate.thresholds import choose_limits
from partsight.files import read_json, write_json
from partsight.pipeline.running.stage_key import evaluate_key
from partsight.pipeline.running.workspace import Workspace, claimed, read_manifest, write_manifest
from partsight.pipeline.stages.dataset.stage import DatasetOutput
from partsight.pipeline.stages.evaluate.input_size import choose_look, first_size, look_at
from partsight.pipeline.stages.evaluate.render_facts import find_causes, find_unknown
from partsight.pipeline.stages.train.stage import TrainOutput
from partsight.progress import Progress
from partsight.structures.dataset import Splits
from partsight.structures.detections import Detections
from partsight.structures.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class EvaluateOutput:
    """The figures, and the detections they rest on."""

    key: str
    evaluation: Evaluation
    detections: tuple[Detections, ...]
    """One for each test picture, in the order of the dataset."""
    seconds: float


def make_evaluation(
    recipe: Recipe, dataset: DatasetOutput, trained: TrainOutput, *, workspace: Workspace, progress: Progress
) -> EvaluateOutput:
    """Evaluate, or find the evaluation done."""
    key = evaluate_key(recipe, trained.key)
    folder = workspace.stage_dir("evaluate", key)
    with claimed(folder):
        manifest = read_manifest(folder)
        if manifest is None:
            manifest = _evaluate(recipe, dataset.splits, trained, folder, progress)
    detections = tuple(_read_detections(entry) for entry in read_json(folder / "detections.json"))
    evaluation = evaluation_from_json(read_json(folder / "evaluation.json"))
    return EvaluateOutput(key, evaluation, detections, manifest["seconds"])


def _evaluate(recipe: Recipe, splits: Splits, trained: TrainOutput, folder: Path, progress: Progress) -> dict[str, Any]:
    started = time.monotonic()
    chosen = (
        None if recipe.evaluate.protocol == "baseline" else choose_look(recipe, splits.validation, trained, progress)
    )
    size = first_size(recipe) if chosen is None else chosen.image_size
    detections = look_at(recipe, splits.test, trained, size, progress).detections
    judged = list(zip(splits.test.samples, detections, strict=True))
    if chosen is None:
        chosen_on, source = (splits.test, detections), "test"
    else:
        chosen_on, source = (splits.validation, chosen.detections), "validation"
        judged += zip(splits.validation.samples, chosen.detections, strict=True)
    limits = choose_limits(*chosen_on, recipe.evaluate)
    evaluation = evaluate(
        splits.test,
        detections,
        recipe.evaluate,
        threshold=limits.threshold,
        threshold_source=source,
        seed=recipe.seed,
        class_thresholds=limits.class_thresholds,
    )
    slices = slice_recall(splits.test, detections, evaluation.limits, np.random.default_rng(recipe.seed))
    causes = find_causes(judged, evaluation.limits, np.random.default_rng(recipe.seed))
    unknown = find_unknown(judged, evaluation.limits, len(evaluation.class_names))
    evaluation = replace(
        evaluation,
        slices=slices,
        causes=causes,
        unknown=unknown,
        best_f1_threshold=limits.best_f1_threshold,
        image_size=size,
    )
    write_json(folder / "detections.json", [_describe(found) for found in detections])
    write_json(folder / "evaluation.json", evaluation_as_json(evaluation))
    return write_manifest(folder, {"map50": evaluation.overall.ap50}, started=started)


def _describe(found: Detections) -> dict[str, Any]:
    return {"boxes": found.boxes_xyxy.tolist(), "scores": found.scores.tolist(), "classes": found.class_ids.tolist()}


def _read_detections(entry: dict[str, Any]) -> Detections:
    return Detections(entry["boxes"], entry["scores"], entry["classes"])
