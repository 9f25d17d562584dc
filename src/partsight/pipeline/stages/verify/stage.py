"""The verify stage: the finished detector and the pictures it learned from → a verifier that looks once more at its boxes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from partsight.config.recipe import Recipe
from partsight.detector.detector import Checkpoint
from partsight.detector.rescoring import spec_for
from partsight.detector.verifier import VerifyJob, open_verifiers
from partsight.pipeline.running.keys import hash_content
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Manifest, inside
from partsight.pipeline.stages.dataset.stage import DatasetStage
from partsight.pipeline.stages.train.stage import TrainStage
from partsight.pipeline.stages.verify.lessons import MOST_ALARMS, MOST_ELSEWHERE, MOST_PARTS, NUM_VIEWS, gather_lessons


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyManifest(Manifest):
    """Where the verifier lies, whose it is, and what it learned from."""

    verifier: str
    """Path below the stage's folder."""
    trained: str
    """Key of the training whose detector it looks after."""
    counts: Mapping[str, int]
    """Crops by kind."""


@dataclass(frozen=True, slots=True)
class VerifyOutput:
    """The detector with its second opinion."""

    key: str
    checkpoint: Checkpoint
    counts: Mapping[str, int]
    seconds: float


@dataclass(frozen=True)
class VerifyStage(Stage[VerifyManifest, VerifyOutput]):
    """A verifier of one detector. It is short: a killed one starts again."""

    recipe: Recipe
    dataset: DatasetStage
    trained: TrainStage
    weights: Path
    """The file that training starts from."""

    name, version, manifest_type, unit = "verify", 1, VerifyManifest, "crop and epoch"

    def inputs(self) -> Mapping[str, Any]:
        """Return the detector, the pictures, and where the network comes from."""
        return {
            "train": self.trained.key,
            "dataset": self.dataset.key,
            "weights": hash_content(self.weights),
            "asked for": [self.recipe.evaluate.min_score, self.recipe.evaluate.max_detections],
            "seed": self.recipe.train_seed,
        }

    @property
    def upstream(self) -> tuple[Stage[Any, Any], ...]:
        """The dataset and the detector."""
        return (self.dataset, self.trained)

    @property
    def num_units(self) -> int:
        """Crops shown in all epochs, about."""
        return (MOST_PARTS * NUM_VIEWS + MOST_ELSEWHERE + MOST_ALARMS) * open_verifiers().num_epochs

    def make(self, run: Resolver, folder: Path) -> VerifyManifest:
        """Cut crops and train."""
        trained, samples = run.resolve(self.trained), run.resolve(self.dataset).splits.train.samples
        spec, kind = spec_for(len(self.recipe.class_names)), open_verifiers()
        lessons = gather_lessons(self.recipe, samples, checkpoint=trained.checkpoint, spec=spec, progress=run.progress)
        job = VerifyJob(
            crops=lessons.crops,
            labels=lessons.labels,
            class_names=self.recipe.class_names,
            spec=spec,
            seed=self.recipe.train_seed,
            threads=self.recipe.train.threads,
            output_dir=folder,
        )
        with run.progress.stage(self.name, kind.num_epochs, "epochs") as advance:
            path = kind.train(job, lambda epoch, loss: advance(epoch, f"loss {loss:.3f}"))
        relative = path.relative_to(folder).as_posix()
        return VerifyManifest(verifier=relative, trained=trained.key, counts=lessons.counts)

    def load(self, run: Resolver, folder: Path, manifest: VerifyManifest) -> VerifyOutput:
        """Return the detector's checkpoint, with the verifier beside it."""
        checkpoint = replace(run.resolve(self.trained).checkpoint, verifier=inside(folder, manifest.verifier))
        return VerifyOutput(self.key, checkpoint, manifest.counts, manifest.seconds)
