"""The train stage: dataset → checkpoint."""

import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from partsight.config.recipe import Recipe
from partsight.detector.detector import Checkpoint
from partsight.files import read_json
from partsight.pipeline.assemble import DatasetOutput
from partsight.pipeline.progress import Advance, Progress
from partsight.pipeline.stage_key import train_key
from partsight.pipeline.workspace import Workspace, claimed, read_manifest, write_manifest
from partsight.train.training import train_detector

Watch: TypeAlias = Callable[[int, Mapping[str, float]], None]
"""Called with an epoch's number and its figures."""


def ignore(epoch: int, figures: Mapping[str, float]) -> None:
    """Watch nothing."""
    del epoch, figures


@dataclass(frozen=True, slots=True)
class TrainOutput:
    """The finished detector and how it learned."""

    key: str
    checkpoint: Checkpoint
    history: tuple[Mapping[str, float], ...]
    seconds: float


def make_checkpoint(
    recipe: Recipe, dataset: DatasetOutput, workspace: Workspace, progress: Progress, watch: Watch = ignore
) -> TrainOutput:
    """Train, or find the detector trained; a killed training goes on from its last finished epoch."""
    key = train_key(recipe, dataset.key)
    folder = workspace.stage_dir("train", key)
    with claimed(folder):
        manifest = read_manifest(folder)
        if manifest is None:
            manifest = _train(recipe, dataset, folder, progress, watch)
    checkpoint = Checkpoint(folder / manifest["checkpoint"], manifest["family"], tuple(manifest["class_names"]))
    return TrainOutput(key, checkpoint, tuple(read_json(folder / "history.json")), manifest["seconds"])


def _train(recipe: Recipe, dataset: DatasetOutput, folder: Path, progress: Progress, watch: Watch) -> dict[str, Any]:
    started = time.monotonic()
    with progress.stage("train", recipe.train.epochs, "epochs") as advance:
        checkpoint = train_detector(
            dataset.data_yaml,
            recipe.class_names,
            recipe.train,
            seed=recipe.train_seed,
            output_dir=folder,
            tracker=functools.partial(_tell, advance, watch),
        )
    content = {
        "checkpoint": checkpoint.path.relative_to(folder).as_posix(),
        "family": checkpoint.family,
        "class_names": list(checkpoint.class_names),
        "num_pictures": num_trained_pictures(recipe, dataset),
    }
    return write_manifest(folder, content, started=started)


def num_trained_pictures(recipe: Recipe, dataset: DatasetOutput) -> int:
    """Return how many pictures an epoch passes, repeated photos counted as often as they come."""
    repeats = {"photo": recipe.dataset.photo_repeat}
    return sum(repeats.get(sample.source, 1) for sample in dataset.splits.train.samples)


def validation_map50(figures: Mapping[str, float]) -> float | None:
    """Return mAP50 on the validation pictures from an epoch's figures, by whatever name the library gives it."""
    return next((value for name, value in figures.items() if "map50" in name.lower() and "95" not in name), None)


def _tell(advance: Advance, watch: Watch, epoch: int, figures: Mapping[str, float]) -> None:
    map50 = validation_map50(figures)
    advance(epoch, "" if map50 is None else f"validation mAP50 {map50:.3f}")
    watch(epoch, figures)
