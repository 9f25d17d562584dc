"""The evaluate stage: checkpoint + test pictures → figures; validation chooses input size and threshold, test only reports."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from partsight.config.recipe import Recipe
from partsight.detector.detector import Checkpoint
from partsight.detector.verifier import open_verifiers
from partsight.evaluate.breakdown.false_detections import explain_false, try_thresholds
from partsight.evaluate.breakdown.slices import slice_recall
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.figures.thresholds import Limits, choose_limits
from partsight.evaluate.masks import evaluate_masks
from partsight.evaluate.matching import match
from partsight.evaluate.second_opinion import judge_change
from partsight.evaluate.summary import evaluation_as_json, evaluation_from_json
from partsight.files import read_json, write_json
from partsight.labels.formats.run_lengths import packed_mask, unpacked_mask
from partsight.pipeline.running.keys import hash_content, section_content
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Manifest
from partsight.pipeline.stages.dataset.assembling import judging_content, render_shares
from partsight.pipeline.stages.dataset.photo_splits import count_places
from partsight.pipeline.stages.dataset.stage import DatasetStage
from partsight.pipeline.stages.evaluate.input_size import SizedDetections, choose_look, first_size, look_at
from partsight.pipeline.stages.evaluate.render_facts import find_causes, find_unknown
from partsight.pipeline.stages.evaluate.tested import write_tested
from partsight.pipeline.stages.train.stage import TrainOutput
from partsight.pipeline.stages.verify.stage import VerifyStage
from partsight.progress import Progress
from partsight.structures.dataset import Splits
from partsight.structures.detections import Detections
from partsight.structures.evaluation import Evaluation, SecondOpinion

PICTURES = "pictures.json"
"""The pictures that were judged, in their order: name and hash of each."""
NO_OPINION = (
    "There is no second opinion (verify.enabled): the weights that it starts from are not installed. "
    f"Install them: {open_verifiers().how_to_install()}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateManifest(Manifest):
    """The figure that sums it up."""

    map50: float | None


@dataclass(frozen=True, slots=True)
class EvaluateOutput:
    """The figures, and the detections they rest on."""

    key: str
    evaluation: Evaluation
    detections: tuple[Detections, ...]
    """One for each test picture, in the order of the dataset."""
    seconds: float


@dataclass(frozen=True)
class EvaluateStage(Stage[EvaluateManifest, EvaluateOutput]):
    """A detector measured on the test pictures."""

    recipe: Recipe
    dataset: DatasetStage
    trained: Stage[Any, TrainOutput]
    verified: VerifyStage | None = None
    """Who looks once more at what the detector finds; None: nobody does."""

    name, version, manifest_type, unit = "evaluate", 7, EvaluateManifest, "picture"

    def inputs(self) -> Mapping[str, Any]:
        """Return the detector, the pictures that choose and report, and how they are looked at."""
        return {
            "train": self.trained.key,
            "verify": self.verified.key if self.verified else None,
            "pictures": judging_content(self.recipe, self.dataset.renders.key, self.dataset.photos),
            "evaluate": section_content(self.recipe.evaluate),
            "seed": self.recipe.seed,
        }

    @property
    def upstream(self) -> tuple[Stage[Any, Any], ...]:
        """The dataset, the detector, and its verifier."""
        return (self.dataset, self.trained, *([self.verified] if self.verified else []))

    @property
    def lacks_verifier(self) -> bool:
        """Whether the recipe wants a second opinion, and what it starts from is not installed."""
        return self.recipe.verify.enabled and self.verified is None

    @property
    def num_units(self) -> int:
        """Test pictures."""
        shares = render_shares(self.recipe, self.dataset.photos)
        return len(self.dataset.photos.test.samples) + round(self.recipe.render.count * shares.test)

    @property
    def speed_kind(self) -> str:
        """That of the training."""
        return self.trained.speed_kind

    def make(self, run: Resolver, folder: Path) -> EvaluateManifest:
        """Detect and measure."""
        splits, trained = run.resolve(self.dataset).splits, run.resolve(self.trained)
        checkpoint = run.resolve(self.verified).checkpoint if self.verified else trained.checkpoint
        if self.lacks_verifier:
            run.progress.say(NO_OPINION)
        return _evaluate(self.recipe, splits, checkpoint, folder, run.progress)

    def load(self, run: Resolver, folder: Path, manifest: EvaluateManifest) -> EvaluateOutput:
        """Return figures and detections."""
        del run
        return read_evaluated(folder, manifest.seconds)


def read_evaluated(folder: Path, seconds: float = 0.0) -> EvaluateOutput:
    """Return figures and detections of a finished evaluation. Raises StorageError."""
    detections = tuple(_read_detections(entry) for entry in read_json(folder / "detections.json"))
    evaluation = evaluation_from_json(read_json(folder / "evaluation.json"))
    return EvaluateOutput(folder.name, evaluation, detections, seconds)


def _evaluate(
    recipe: Recipe, splits: Splits, checkpoint: Checkpoint, folder: Path, progress: Progress
) -> EvaluateManifest:
    chosen = (
        None if recipe.evaluate.protocol == "baseline" else choose_look(recipe, splits.validation, checkpoint, progress)
    )
    size = first_size(recipe) if chosen is None else chosen.image_size
    look = look_at(recipe, splits.test, checkpoint, size, progress)
    test = match(splits.test, look.detections)
    judged = [test] if chosen is None else [test, match(splits.validation, chosen.detections)]
    num_places = count_places(splits)
    limits = choose_limits(judged[-1], recipe.evaluate, num_places=num_places)
    evaluation = evaluate(
        test,
        recipe.evaluate,
        threshold=limits.threshold,
        threshold_source="test" if chosen is None else "validation",
        seed=recipe.seed,
        class_thresholds=limits.class_thresholds,
    )
    slices = slice_recall(test, evaluation.limits, np.random.default_rng(recipe.seed))
    causes = find_causes(judged, evaluation.limits, np.random.default_rng(recipe.seed))
    unknown = find_unknown(judged, evaluation.limits, len(evaluation.class_names))
    evaluation = replace(
        evaluation,
        slices=slices,
        causes=causes,
        unknown=unknown,
        best_f1_threshold=limits.best_f1_threshold,
        image_size=size,
        choice=limits.choice,
        false_detections=explain_false(test, evaluation.limits),
        other_thresholds=try_thresholds(test, evaluation.limits),
        masks=evaluate_masks(splits.test, look.detections),
        second_opinion=_judge_change(recipe, splits, (look, chosen), limits) if checkpoint.verifier else None,
    )
    write_json(folder / "detections.json", [_describe(found) for found in look.detections])
    write_json(folder / PICTURES, {one.sample_id: hash_content(one.image_path) for one in splits.test.samples})
    write_json(folder / "evaluation.json", evaluation_as_json(evaluation))
    write_tested(splits.test, folder)
    return EvaluateManifest(map50=evaluation.overall.ap50)


def _judge_change(
    recipe: Recipe, splits: Splits, looks: tuple[SizedDetections, SizedDetections | None], limits: Limits
) -> SecondOpinion:
    """Judge the detector alone on the same pictures, at the threshold that it would have been given."""
    look, chosen = looks
    before = match(splits.test, look.proposed)
    judge = before if chosen is None else match(splits.validation, chosen.proposed)
    return judge_change(
        before,
        match(splits.test, look.detections),
        limits_before=choose_limits(judge, recipe.evaluate, num_places=count_places(splits)),
        limits_after=limits,
    )


def _describe(found: Detections) -> dict[str, Any]:
    told = {"boxes": found.boxes_xyxy.tolist(), "scores": found.scores.tolist(), "classes": found.class_ids.tolist()}
    return told if found.masks is None else {**told, "masks": [packed_mask(mask) for mask in found.masks]}


def _read_detections(entry: dict[str, Any]) -> Detections:
    masks = tuple(map(unpacked_mask, entry["masks"])) if "masks" in entry else None
    return Detections(entry["boxes"], entry["scores"], entry["classes"], masks)
