"""False alarms on photos without parts, fed back: the photos as negatives, what was seen on them as distractors in renders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from partsight.config.recipe import Recipe
from partsight.dataset.listing import list_with_replay
from partsight.dataset.pasting import cut_out, paste
from partsight.detector.detector import open_family
from partsight.evaluate.detecting import detect_samples
from partsight.files import read_json, write_bytes, write_json
from partsight.pictures import jpeg_bytes, read_picture
from partsight.pipeline.running.keys import section_content
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Manifest
from partsight.pipeline.stages.dataset.assembling import finetune_shares
from partsight.pipeline.stages.dataset.stage import Composition, DatasetStage, WrittenDataset
from partsight.pipeline.stages.train.stage import TrainStage
from partsight.structures.arrays import FloatArray
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample

ALARMS = "alarms.json"
_JPEG_QUALITY = 92
_MOST_CUTOUTS = 200
_PASTE_STREAM = 5


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    """A photo without parts on which the detector saw some."""

    sample: Sample
    boxes_xyxy: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmManifest(Manifest):
    """On how many photos something was seen."""

    num_photos: int


@dataclass(frozen=True)
class AlarmStage(Stage[AlarmManifest, tuple[FalseAlarm, ...]]):
    """The training photos without parts on which a detector sees one."""

    recipe: Recipe
    dataset: DatasetStage
    trained: TrainStage

    name, version, manifest_type, unit = "alarms", 1, AlarmManifest, "picture"

    def inputs(self) -> Mapping[str, Any]:
        """Return detector, photos and what counts as a detection."""
        return {
            "train": self.trained.key,
            "dataset": self.dataset.key,
            "score": self.recipe.train.hard.score,
            "evaluate": section_content(self.recipe.evaluate),
        }

    @property
    def upstream(self) -> tuple[Stage[Any, Any], ...]:
        """The detector and the dataset."""
        return (self.trained, self.dataset)

    @property
    def num_units(self) -> int:
        """Photos without parts."""
        return sum(not len(one.class_ids) for one in self.dataset.photos.train.samples)

    def make(self, run: Resolver, folder: Path) -> AlarmManifest:
        """Look at the photos."""
        empty = _without_parts(run.resolve(self.dataset).splits.train)
        checkpoint = run.resolve(self.trained).checkpoint
        detector = open_family(checkpoint.family).load(checkpoint, self.recipe.train.threads)
        with run.progress.stage("false alarms", len(empty), "pictures") as advance:
            found = detect_samples(detector, empty, self.recipe.evaluate, lambda done, _total: advance(done, ""))
        least = self.recipe.train.hard.score
        seen = {
            sample.sample_id: detections.boxes_xyxy[detections.scores >= least].round(2).tolist()
            for sample, detections in zip(empty, found, strict=True)
        }
        alarms = {sample_id: boxes for sample_id, boxes in seen.items() if boxes}
        if not alarms:
            run.progress.say("no false alarm on the training photos without parts")
        write_json(folder / ALARMS, alarms)
        return AlarmManifest(num_photos=len(alarms))

    def load(self, run: Resolver, folder: Path, manifest: AlarmManifest) -> tuple[FalseAlarm, ...]:
        """Return the photos with what was seen on them."""
        del manifest
        boxes = read_json(folder / ALARMS)
        empty = _without_parts(run.resolve(self.dataset).splits.train)
        return tuple(
            FalseAlarm(sample, np.array(boxes[sample.sample_id], np.float64))
            for sample in empty
            if sample.sample_id in boxes
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PasteManifest(Manifest):
    """Into which renders something was pasted."""

    sample_ids: tuple[str, ...]
    num_cutouts: int


@dataclass(frozen=True)
class PasteStage(Stage[PasteManifest, Mapping[str, Path]]):
    """Renders into which something is pasted that was a false alarm, as a thing of no class; by sample id."""

    recipe: Recipe
    dataset: DatasetStage
    alarms: AlarmStage
    number: int
    """Of the round."""

    name, version, manifest_type, unit = "pasted", 1, PasteManifest, "picture"

    def inputs(self) -> Mapping[str, Any]:
        """Return the alarms, the renders, and how they are drawn."""
        finetune = self.recipe.train.finetune
        return {
            "alarms": self.alarms.key,
            "dataset": self.dataset.key,
            "share": self.recipe.train.hard.pasted,
            "shown": [finetune.pictures, finetune.replay_share, finetune.negative_share, self.recipe.train.hard.repeat],
            "seed": _seed(self.recipe, self.number),
        }

    @property
    def upstream(self) -> tuple[Stage[Any, Any], ...]:
        """The alarms and the dataset."""
        return (self.alarms, self.dataset)

    @property
    def num_units(self) -> int:
        """Renders that are pasted into, about."""
        finetune = self.recipe.train.finetune
        return round(finetune.pictures * finetune.replay_share * self.recipe.train.hard.pasted)

    def make(self, run: Resolver, folder: Path) -> PasteManifest:
        """Write the renders with cut-outs."""
        alarms = run.resolve(self.alarms)
        cutouts = [one for alarm in alarms for one in cut_out(read_picture(alarm.sample.image_path), alarm.boxes_xyxy)]
        renders = self._drawn(run, alarms) if cutouts else []
        with run.progress.stage("paste", len(renders), "pictures") as advance:
            for place, sample in enumerate(renders):
                rng = np.random.default_rng([int(self.key[:8], 16), place])
                picture = paste(read_picture(sample.image_path), sample.boxes_xyxy, cutouts[:_MOST_CUTOUTS], rng)
                write_bytes(_pasted(folder, sample.sample_id), jpeg_bytes(picture, _JPEG_QUALITY))
                advance(place + 1, "")
        return PasteManifest(sample_ids=tuple(one.sample_id for one in renders), num_cutouts=len(cutouts))

    def load(self, run: Resolver, folder: Path, manifest: PasteManifest) -> Mapping[str, Path]:
        """Return the new pictures by the id of the render."""
        del run
        return {sample_id: _pasted(folder, sample_id) for sample_id in manifest.sample_ids}

    def _drawn(self, run: Resolver, alarms: Sequence[FalseAlarm]) -> list[Sample]:
        train = run.resolve(self.dataset).splits.train
        times = listed_with_alarms(self.recipe, train, alarms, self.number)
        rng = np.random.default_rng((_seed(self.recipe, self.number), _PASTE_STREAM))
        shown = [one for one in train.samples if one.source == "render" and times[one.sample_id]]
        return [one for one in shown if rng.random() < self.recipe.train.hard.pasted]


@dataclass(frozen=True)
class HardDataset(WrittenDataset):
    """What a training after a look for false alarms learns from: photos with false alarms come more often."""

    dataset: DatasetStage
    alarms: AlarmStage
    pasted: PasteStage
    number: int

    def inputs(self) -> Mapping[str, Any]:
        """Return the renders with cut-outs, whose key holds all else."""
        return {"pasted": self.pasted.key}

    @property
    def upstream(self) -> tuple[Stage[Any, Any], ...]:
        """The dataset, the alarms on it, and the renders with cut-outs."""
        return (self.dataset, self.alarms, self.pasted)

    @property
    def num_units(self) -> int:
        """Pictures of an epoch."""
        return self.recipe.train.finetune.pictures

    def compose(self, run: Resolver) -> Composition | None:
        """List photos with false alarms more often; None where there are no false alarms."""
        alarms = run.resolve(self.alarms)
        if not alarms:
            return None
        splits = run.resolve(self.dataset).splits
        times = listed_with_alarms(self.recipe, splits.train, alarms, self.number)
        pasted = run.resolve(self.pasted)
        train = tuple(
            replace(one, image_path=pasted.get(one.sample_id, one.image_path)) for one in splits.train.samples
        )
        return Composition(replace(splits, train=Dataset(splits.train.class_names, train)), times)


def listed_with_alarms(recipe: Recipe, train: Dataset, alarms: Sequence[FalseAlarm], number: int) -> Mapping[str, int]:
    """Return how often each picture is listed in the round of that number."""
    return list_with_replay(
        train,
        finetune_shares(recipe),
        seed=_seed(recipe, number),
        hard_ids={alarm.sample.sample_id for alarm in alarms},
        hard_repeat=recipe.train.hard.repeat,
    )


def _without_parts(train: Dataset) -> list[Sample]:
    return [sample for sample in train.samples if sample.source == "photo" and not len(sample.class_ids)]


def _seed(recipe: Recipe, number: int) -> int:
    return recipe.draw_seed + 1000 * number


def _pasted(folder: Path, sample_id: str) -> Path:
    return folder / "images" / f"{sample_id}.jpg"
