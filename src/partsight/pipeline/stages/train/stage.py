"""The train stage: dataset → checkpoint."""

import functools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.config.recipe import Recipe
from partsight.config.sections.train import TrainSection
from partsight.detector.detector import Checkpoint
from partsight.detector.starts import describe_start, start_content
from partsight.files import read_json
from partsight.pipeline.running.contents import CONTENTS
from partsight.pipeline.running.keys import hash_content, section_content
from partsight.pipeline.running.run import Watch, ignore
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Manifest, inside
from partsight.pipeline.stages.dataset.stage import DatasetOutput, WrittenDataset
from partsight.pipeline.stages.train.glimpses import open_glimpses
from partsight.progress import Advance
from partsight.train.experiment_trackers import TrackedRun, open_trackers
from partsight.train.trackers import tell_all
from partsight.train.training import train_detector

TRACKING = "tracking"
_ELSEWHERE = {"threads", "seed", "schedule", "finetune", "hard", "self_training", "crop", "weights"}
"""Keys of the section that a single training does not depend on, or that are in its dataset's key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainManifest(Manifest):
    """Where the checkpoint lies."""

    checkpoint: str
    """Path below the stage's folder; empty where there was nothing new to learn."""
    family: str
    class_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainOutput:
    """The finished detector and how it learned."""

    key: str
    checkpoint: Checkpoint
    history: tuple[Mapping[str, float], ...]
    seconds: float
    title: str = "train"
    earlier: "tuple[TrainOutput, ...]" = ()
    """The trainings that this one went on from, the first one first."""

    @property
    def best_map50(self) -> float | None:
        """The best mAP50 on the validation pictures, None where the family tells none."""
        values = [value for figures in self.history if (value := validation_map50(figures)) is not None]
        return max(values) if values else None


@dataclass(frozen=True)
class TrainStage(Stage[TrainManifest, TrainOutput]):
    """One training; a killed one goes on from its last finished epoch."""

    recipe: Recipe
    """Its section `train` holds the very numbers of this training."""
    dataset: WrittenDataset
    purpose: str = "train"
    start: "TrainStage | None" = None
    """The training it goes on from; `train.weights` when there is none."""
    is_watched: bool = False
    """Whether its epochs are told to who watches the run."""

    name, version, manifest_type, unit = "train", 2, TrainManifest, "picture and epoch"

    def inputs(self) -> Mapping[str, Any]:
        """Return dataset, seed, settings and start; the number of threads does not count."""
        return {
            "dataset": self.dataset.key,
            "seed": self.recipe.train_seed,
            "train": section_content(self.recipe.train, exclude=_ELSEWHERE | _usual(self.recipe.train)),
            "weights": start_content(self.recipe.train.weights, hash_content),
            "start": self.start.key if self.start else None,
        }

    @property
    def upstream(self) -> tuple[Stage[Any, Any], ...]:
        """The training before, then the dataset, which may ask for it."""
        return (self.dataset,) if self.start is None else (self.start, self.dataset)

    @property
    def title(self) -> str:
        """What it is for."""
        return self.purpose

    @property
    def num_units(self) -> int:
        """Pictures shown in all epochs."""
        return self.dataset.num_units * self.recipe.train.epochs

    @property
    def speed_kind(self) -> str:
        """Network and size of its input."""
        train = self.recipe.train
        return f"{train.family} {train.network}, {train.image_size} px"

    def delete_damaged(self, folder: Path, damaged: Sequence[str]) -> None:
        """Delete the damaged files: what training left in its state is taken from there, and checked there."""
        if CONTENTS in damaged:
            super().delete_damaged(folder, damaged)
        for name in damaged:
            inside(folder, name).unlink(missing_ok=True)

    def make(self, run: Resolver, folder: Path) -> TrainManifest:
        """Train, or note that there is nothing new to learn."""
        dataset, family, class_names = run.resolve(self.dataset), self.recipe.train.family, self.recipe.class_names
        if dataset.num_listed == 0:
            return TrainManifest(checkpoint="", family=family, class_names=class_names)
        checkpoint = self._train(run, dataset, folder)
        path = checkpoint.path.relative_to(folder).as_posix()
        return TrainManifest(checkpoint=path, family=checkpoint.family, class_names=checkpoint.class_names)

    def load(self, run: Resolver, folder: Path, manifest: TrainManifest) -> TrainOutput:
        """Return the checkpoint; that of the training before where there was nothing new to learn."""
        start = run.resolve(self.start) if self.start else None
        if not manifest.checkpoint and start is not None:
            return start
        checkpoint = Checkpoint(inside(folder, manifest.checkpoint), manifest.family, manifest.class_names)
        history = tuple(read_json(folder / "history.json"))
        earlier = (*start.earlier, start) if start else ()
        return TrainOutput(self.key, checkpoint, history, manifest.seconds, self.purpose, earlier)

    def _train(self, run: Resolver, dataset: DatasetOutput, folder: Path) -> Checkpoint:
        recipe, section = self.recipe, self._section(run)
        begins = describe_start(section.weights) if self.start is None else f"the detector of '{self.start.purpose}'"
        run.progress.say(f"{self.purpose}: {section.network} ({section.family}) begins with {begins}")
        tracked = TrackedRun(
            f"{recipe.name} {self.purpose}", self.key, _numbers(recipe, dataset), run.workspace.root / TRACKING
        )
        watch = run.watch if self.is_watched else ignore
        with (
            open_trackers(recipe.track, tracked, run.progress.say) as tracker,
            run.progress.stage(self.purpose, section.epochs, "epochs") as advance,
        ):
            return train_detector(
                dataset.data_yaml,
                recipe.class_names,
                section,
                seed=recipe.train_seed,
                num_pictures=dataset.num_listed,
                output_dir=folder,
                say=run.progress.say,
                tracker=functools.partial(_tell, advance, tell_all(watch, tracker)),
                look=open_glimpses(run.workspace, self.key, dataset.splits.validation),
            )

    def _section(self, run: Resolver) -> TrainSection:
        """Return the settings, with the weights of the training before where there is one."""
        if self.start is None:
            return self.recipe.train
        return self.recipe.train.but(weights=str(run.resolve(self.start).checkpoint.path))


def _usual(section: TrainSection) -> set[str]:
    """Return keys that say what was meant before they were there: keys of finished trainings stay."""
    return {"task"} if section.task == "detect" else set()


def _numbers(recipe: Recipe, dataset: DatasetOutput) -> dict[str, str | int | float]:
    """Return what a tracker shows beside a run: the numbers of the training, and of what it learned from."""
    section = recipe.train.model_dump(mode="json", exclude={"finetune", "hard", "self_training", "schedule", "weights"})
    counts = Counter(sample.source for sample in dataset.splits.train.samples)
    shown = {name: value if isinstance(value, (int, float)) else str(value) for name, value in section.items()}
    return {"renders": counts["render"], "photos": counts["photo"], "recipe": recipe.name, **shown}


def validation_map50(figures: Mapping[str, float]) -> float | None:
    """Return mAP50 on the validation pictures from an epoch's figures, by whatever name the library gives it."""
    return next((value for name, value in figures.items() if "map50" in name.lower() and "95" not in name), None)


def _tell(advance: Advance, watch: Watch, epoch: int, figures: Mapping[str, float]) -> None:
    map50 = validation_map50(figures)
    advance(epoch, "" if map50 is None else f"validation mAP50 {map50:.3f}")
    watch(epoch, figures)
