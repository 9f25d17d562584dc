"""How long a picture takes in training here: a training of a few of the recipe's pictures, thrown away."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from partsight.config.recipe import Recipe
from partsight.labels.formats.yolo.writing import write_yolo
from partsight.labels.sample_masks import text_for
from partsight.pipeline.stages.dataset.photo_splits import teaching
from partsight.structures.dataset import Dataset, Splits
from partsight.train.training import train_detector

_PICTURES, _BATCH = 48, 8


def time_training(recipe: Recipe, splits: Splits) -> float:
    """Return the seconds that the recipe's training takes for one picture. Raises DetectorError and StorageError."""
    seconds: list[float] = []

    def note(epoch: int, figures: Mapping[str, float]) -> None:
        del epoch
        seconds.append(figures["seconds"])

    section = recipe.train.but(epochs=2, batch=_BATCH, patience=0, augment=recipe.train.augment.but(close_mosaic=0))
    train, validation = teaching(recipe, splits.train), teaching(recipe, splits.validation)
    few = Splits(_first(train, _PICTURES), _first(validation, _BATCH), _first(splits.test, 0))
    with tempfile.TemporaryDirectory(prefix="partsight-trial-") as temporary:
        folder = Path(temporary)
        train_detector(
            write_yolo(few, folder / "yolo", {}, text_for(section.task)), recipe.class_names, section, seed=0, num_pictures=_PICTURES,
            output_dir=folder / "run", tracker=note, say=lambda _text: None,
        )  # fmt: skip
    return min(seconds) / len(few.train.samples)


def _first(dataset: Dataset, count: int) -> Dataset:
    return Dataset(dataset.class_names, tuple(dataset.samples[:count]))
