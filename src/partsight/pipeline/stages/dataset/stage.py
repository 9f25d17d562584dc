"""The dataset stage: renders and photos → what the detector learns from, in YOLO layout, and the pictures that judge it."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.config.recipe import Recipe
from partsight.dataset.splits import check_disjoint
from partsight.labels.formats.yolo import write_yolo
from partsight.labels.sample_masks import text_for
from partsight.pipeline.running.stage import Resolver, Stage
from partsight.pipeline.running.workspace import Manifest
from partsight.pipeline.stages.dataset.assembling import assemble, listed_times, num_listed, training_content
from partsight.pipeline.stages.dataset.cropping import cut_photos
from partsight.pipeline.stages.dataset.decoding import decode_photos
from partsight.pipeline.stages.dataset.photo_splits import teaching, tell_untaught
from partsight.pipeline.stages.layers.stage import LayersStage
from partsight.pipeline.stages.render.stage import RenderStage
from partsight.structures.dataset import Dataset, Splits

YOLO = "yolo"
"""Folder of what the detector reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetManifest(Manifest):
    """How many pictures there are."""

    counts: Mapping[str, int]
    num_listed: int
    """Pictures that an epoch passes, crops of photos and repeated ones counted as often as they come; 0: nothing new to learn."""


@dataclass(frozen=True, slots=True)
class DatasetOutput:
    """The finished dataset."""

    key: str
    data_yaml: Path
    """Lists what teaches and what validates; the test stays out of reach of the training."""
    splits: Splits
    times: Mapping[str, int]
    """How often each training picture is listed in an epoch; once when not named."""
    num_listed: int
    """How many pictures an epoch passes; 0 where there is nothing new to learn."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Composition:
    """What a dataset is made of."""

    splits: Splits
    times: Mapping[str, int]
    remarks: tuple[str, ...] = ()
    """What the user is told when it is written."""


@dataclass(frozen=True)
class WrittenDataset(Stage[DatasetManifest, DatasetOutput]):
    """A dataset of any kind: what it is made of is said by its subclass."""

    recipe: Recipe

    name, version, manifest_type, unit = "dataset", 2, DatasetManifest, "picture"

    @abstractmethod
    def compose(self, run: Resolver) -> Composition | None:
        """Return what it is made of, None where there is nothing new to learn."""

    def make(self, run: Resolver, folder: Path) -> DatasetManifest:
        """Write training and validation pictures, photos cut into crops where the recipe asks for that."""
        composition = self.compose(run)
        if composition is None:
            return DatasetManifest(counts={}, num_listed=0)
        for remark in composition.remarks:
            run.progress.say(remark)
        splits = composition.splits
        check_disjoint(splits)
        decode_photos(
            (*splits.train.samples, *splits.validation.samples, *splits.test.samples), run.workspace, run.progress
        )
        total = len(splits.train.samples) + len(splits.validation.samples)
        with run.progress.stage(self.name, total, "pictures") as advance:
            shown = cut_photos(self.recipe, splits, composition.times, run.workspace, advance)
            to_learn_from, told = _to_learn_from(self.recipe, shown.splits), text_for(self.recipe.train.task)
            data_yaml = write_yolo(to_learn_from, folder / YOLO, shown.times, told)
            advance(total, "")
        counts = {"train": len(splits.train.samples), "validation": len(splits.validation.samples)}
        with data_yaml.with_name("train.txt").open(encoding="utf-8") as listed:
            return DatasetManifest(counts=counts, num_listed=sum(1 for _ in listed))

    def load(self, run: Resolver, folder: Path, manifest: DatasetManifest) -> DatasetOutput:
        """Return the dataset with the pictures that judge."""
        composition = self.compose(run)
        if composition is None:
            nothing = Dataset(self.recipe.class_names, ())
            composition = Composition(Splits(nothing, nothing, nothing), {})
        return DatasetOutput(
            key=self.key,
            data_yaml=folder / YOLO / "data.yaml",
            splits=composition.splits,
            times=composition.times,
            num_listed=manifest.num_listed,
            seconds=manifest.seconds,
        )


@dataclass(frozen=True)
class DatasetStage(WrittenDataset):
    """The recipe's renders and photos, drawn and mixed. Making it raises DatasetError."""

    renders: RenderStage
    photos: Splits
    """All photos of the recipe, by split."""

    def inputs(self) -> Mapping[str, Any]:
        """Return what teaches and what validates: the test does not count."""
        layers = {} if self.layers is None else {"layers": self.layers.key}
        return {**training_content(self.recipe, self.renders.key, self.photos), **layers}

    @property
    def layers(self) -> LayersStage | None:
        """What tells which pixels are a sub-part's; None where boxes are enough, or no class is a sub-part."""
        labels_sub_parts = any(part.labels for part in self.recipe.parts.values())
        is_needed = self.recipe.train.task != "detect" and labels_sub_parts
        return LayersStage(self.renders, ("masks",)) if is_needed else None

    @property
    def upstream(self) -> tuple[Stage[Any, Any], ...]:
        """The renders, and their masks where sub-parts have classes."""
        return (self.renders,) if self.layers is None else (self.renders, self.layers)

    @property
    def num_units(self) -> int:
        """Pictures of an epoch."""
        return num_listed(self.recipe, self.photos)

    def compose(self, run: Resolver) -> Composition:
        """Split, draw and mix."""
        renders = run.resolve(self.renders).dataset if self.layers is None else run.resolve(self.layers).dataset
        splits = assemble(self.recipe, renders, self.photos)
        return Composition(splits, listed_times(self.recipe, splits.train), tell_untaught(self.recipe, self.photos))


def shown_in_training(recipe: Recipe, dataset: DatasetOutput) -> Dataset:
    """Return the training pictures that the recipe's trainings show at all.

    The last of two stages shows again only some of the renders, but the first has shown every one.
    """
    train, first_shows_renders = dataset.splits.train, recipe.train.schedule == "two_stage"
    shown = (
        sample
        for sample in train.samples
        if dataset.times.get(sample.sample_id, 1) or (first_shows_renders and sample.source == "render")
    )
    return Dataset(train.class_names, tuple(shown))


def _to_learn_from(recipe: Recipe, splits: Splits) -> Splits:
    """Return what a training is given: nothing of the test, and of all else what it says of the task."""
    nothing = Dataset(splits.test.class_names, ())
    return Splits(teaching(recipe, splits.train), teaching(recipe, splits.validation), nothing)
