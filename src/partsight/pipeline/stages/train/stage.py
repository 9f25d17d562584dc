"""The train stage: dataset → checkpoint."""

import functools
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from partsight.config.recipe import Recipe
from partsight.detector.detector import Checkpoint
from partsight.files import read_json
from partsight.pipeline.running.stage_key import train_key
from partsight.pipeline.running.workspace import Workspace, claimed, read_manifest, write_manifest
from partsight.pipeline.stages.dataset.stage import DatasetOutput
from partsight.progress import Advance, Progress
from partsight.train.experiment_trackers import TrackedRun, open_trackers
from partsight.train.trackers import tell_all
from partsight.train.training import train_detector

TRACKING = "tracking"

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
    name: str = "train"
    earlier: "tuple[TrainOutput, ...]" = ()
    """The trainings that this one went on from, the first one first."""

    @property
    def best_map50(self) -> float | None:
        """The best mAP50 on the validation pictures, None where the family tells none."""
        values = [value for figures in self.history if (value := validation_map50(figures)) is not None]
        return max(values) if values else None


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a schedule."""

    recipe: Recipe
    """Its section `train` holds the very numbers of this training."""
    dataset: DatasetOutput
    name: str = "train"
    start: TrainOutput | None = None
    """The training it goes on from; `train.weights` when there is none."""


def make_checkpoint(training: Training, workspace: Workspace, progress: Progress, watch: Watch = ignore) -> TrainOutput:
    """Train, or find the detector trained; a killed training goes on from its last finished epoch."""
    start = training.start
    key = train_key(training.recipe, training.dataset.key, start.key if start else None)
    folder = workspace.stage_dir("train", key)
    with claimed(folder):
        manifest = read_manifest(folder)
        if manifest is None:
            tracked = TrackedRun(
                f"{training.recipe.name} {training.name}", key, _numbers(training), workspace.root / TRACKING
            )
            with open_trackers(training.recipe.track, tracked, progress.say) as tracker:
                manifest = _train(training, folder, progress, tell_all(watch, tracker))
    checkpoint = Checkpoint(folder / manifest["checkpoint"], manifest["family"], tuple(manifest["class_names"]))
    history = tuple(read_json(folder / "history.json"))
    earlier = (*start.earlier, start) if start else ()
    return TrainOutput(key, checkpoint, history, manifest["seconds"], training.name, earlier)


def _train(training: Training, folder: Path, progress: Progress, watch: Watch) -> dict[str, Any]:
    started = time.monotonic()
    section = training.recipe.train
    if training.start is not None:
        section = section.but(weights=str(training.start.checkpoint.path))
    with progress.stage(training.name, section.epochs, "epochs") as advance:
        checkpoint = train_detector(
            training.dataset.data_yaml,
            training.recipe.class_names,
            section,
            seed=training.recipe.train_seed,
            num_pictures=training.dataset.num_listed,
            output_dir=folder,
            say=progress.say,
            tracker=functools.partial(_tell, advance, watch),
        )
    content = {
        "checkpoint": checkpoint.path.relative_to(folder).as_posix(),
        "family": checkpoint.family,
        "class_names": list(checkpoint.class_names),
        "num_pictures": training.dataset.num_listed,
        "num_epochs": section.epochs,
        "name": training.name,
    }
    return write_manifest(folder, content, started=started)


def _numbers(training: Training) -> dict[str, str | int | float]:
    """Return what a tracker shows beside a run: the numbers of the training, and of what it learned from."""
    section = training.recipe.train.model_dump(mode="json", exclude={"finetune", "schedule", "weights"})
    counts = Counter(sample.source for sample in training.dataset.splits.train.samples)
    shown = {name: value if isinstance(value, (int, float)) else str(value) for name, value in section.items()}
    return {"renders": counts["render"], "photos": counts["photo"], "recipe": training.recipe.name, **shown}


def validation_map50(figures: Mapping[str, float]) -> float | None:
    """Return mAP50 on the validation pictures from an epoch's figures, by whatever name the library gives it."""
    return next((value for name, value in figures.items() if "map50" in name.lower() and "95" not in name), None)


def _tell(advance: Advance, watch: Watch, epoch: int, figures: Mapping[str, float]) -> None:
    map50 = validation_map50(figures)
    advance(epoch, "" if map50 is None else f"validation mAP50 {map50:.3f}")
    watch(epoch, figures)
