"""The dataset stage: renders and photos → one dataset in YOLO layout, with the splits that evaluation needs."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.config.recipe import Recipe
from partsight.dataset.listing import Shares, list_mixed, list_with_replay
from partsight.dataset.mixing import draw_photos, draw_renders, mix
from partsight.dataset.photos import read_photos
from partsight.dataset.splits import check_disjoint, is_background, split_photos, split_renders
from partsight.errors import DatasetError, first_of
from partsight.files import hash_file
from partsight.labels.formats.yolo import write_yolo
from partsight.pipeline.running.stage_key import dataset_key
from partsight.pipeline.running.workspace import Workspace, claimed, read_manifest, write_manifest
from partsight.pipeline.stages.dataset.cropping import cut_photos
from partsight.pipeline.stages.render.stage import RenderOutput
from partsight.progress import Progress
from partsight.randomize.looks.backgrounds import list_photos
from partsight.structures.dataset import Dataset, Splits


@dataclass(frozen=True, slots=True)
class DatasetOutput:
    """The finished dataset."""

    key: str
    data_yaml: Path
    splits: Splits
    times: Mapping[str, int]
    """How often each training picture is listed in an epoch; once when not named."""
    seconds: float

    @property
    def num_listed(self) -> int:
        """How many pictures an epoch passes, crops of photos and repeated ones counted as often as they come."""
        with self.data_yaml.with_name("train.txt").open(encoding="utf-8") as listed:
            return sum(1 for _ in listed)


def make_dataset(recipe: Recipe, renders: RenderOutput, workspace: Workspace, progress: Progress) -> DatasetOutput:
    """Split, draw and mix; write what the detector learns from. Raises DatasetError."""
    key = dataset_key(recipe, renders.key)
    splits = assemble(recipe, renders.dataset)
    times = listed_times(recipe, splits.train)
    return write_dataset(recipe, key, splits, times, workspace=workspace, progress=progress)


def write_dataset(
    recipe: Recipe, key: str, splits: Splits, times: Mapping[str, int], *, workspace: Workspace, progress: Progress
) -> DatasetOutput:
    """Write a dataset under its key, photos cut into crops where the recipe asks for that, or find it written."""
    folder = workspace.stage_dir("dataset", key)
    with claimed(folder):
        manifest = read_manifest(folder)
        if manifest is None:
            manifest = _write(recipe, splits, times, folder, workspace=workspace, progress=progress)
    return DatasetOutput(key, folder / manifest["data_yaml"], splits, times, manifest["seconds"])


def listed_times(recipe: Recipe, train: Dataset) -> Mapping[str, int]:
    """Return how often each training picture is shown in an epoch of the recipe's (last) training."""
    if recipe.train.schedule == "mixed":
        kept = recipe.dataset
        is_capped = kept.background_photos == "all"
        return list_mixed(train, kept.photo_repeat, kept.background_share, seed=recipe.draw_seed, is_capped=is_capped)
    finetune = recipe.train.finetune
    shares = Shares(finetune.pictures, finetune.replay_share, finetune.negative_share)
    return list_with_replay(train, shares, seed=recipe.draw_seed)


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


def assemble(recipe: Recipe, renders: Dataset) -> Splits:
    """Return train, validation and test: photos where the recipe gives sessions for a split, held-out renders elsewhere.

    Where all that a split is given are photos of the folder of backgrounds, it has held-out renders as well.
    """
    photos = _split_photos(recipe)
    kept = recipe.dataset
    validation_share = kept.render_validation_share if _are_backgrounds(photos.validation) else 0.0
    test_share = kept.render_test_share if _are_backgrounds(photos.test) else 0.0
    rendered = split_renders(renders, validation_share, test_share, recipe.render_draw_seed)
    drawn = (draw_renders(rendered.train, kept.renders, recipe.render_draw_seed), _draw_photos(recipe, photos.train))
    splits = Splits(
        train=mix(*drawn),
        validation=mix(photos.validation, rendered.validation),
        test=mix(photos.test, rendered.test),
    )
    _check_filled(splits)
    check_disjoint(splits)
    return splits


def _are_backgrounds(photos: Dataset) -> bool:
    """Return whether none of the photos is of a session: each comes from the folder of backgrounds, or there are none."""
    return all(is_background(sample.session) for sample in photos.samples)


def choosing_photos(recipe: Recipe) -> Dataset:
    """Return the photos that settings may follow: the drawn ones of training, and those of validation.

    Test photos choose nothing, and those of the folder of backgrounds may come from any camera.
    """
    photos = _split_photos(recipe)
    chosen = mix(_draw_photos(recipe, photos.train), photos.validation)
    own = tuple(sample for sample in chosen.samples if not is_background(sample.session))
    return Dataset(chosen.class_names, own)


def with_needed_renders(recipe: Recipe) -> Recipe:
    """Return the recipe with few renders, for the report, where photos alone train, validate and test (`dataset.renders = 0`)."""
    if recipe.dataset.renders != 0:
        return recipe
    photos = _split_photos(recipe)
    if _are_backgrounds(photos.validation) or _are_backgrounds(photos.test):
        return recipe
    count = min(recipe.render.count, max(1, recipe.report.gallery))
    return recipe.at("render.count", count)


def check_backgrounds(recipe: Recipe) -> None:
    """Raise DatasetError when a picture that is drawn behind parts is, byte for byte, one that validates or tests."""
    behind = list_photos(recipe.randomize.background.folder, "randomize.background.folder")
    if not behind:
        return
    photos = _split_photos(recipe)
    kept_apart = {hash_file(sample.image_path) for sample in (*photos.validation.samples, *photos.test.samples)}
    shared = sorted(path.name for path in behind if hash_file(path) in kept_apart)
    if shared:
        raise DatasetError(
            f"{recipe.randomize.background.folder}: {len(shared)} of {len(behind)} pictures validate or test as well: "
            f"{first_of(shared)}. Figures on places that were learned from would flatter; move these pictures out of "
            "randomize.background.folder, or name other sessions in photos.validation and photos.test."
        )


def _split_photos(recipe: Recipe) -> Splits:
    class_names = recipe.class_names
    if recipe.photos.folder is None and recipe.photos.background_folder is None:
        nothing = Dataset(class_names, ())
        return Splits(nothing, nothing, nothing)
    return split_photos(read_photos(recipe.photos, class_names), recipe.photos)


def _draw_photos(recipe: Recipe, photos: Dataset) -> Dataset:
    if recipe.dataset.photos_per_class == "all":
        return photos
    asked, num_all = recipe.dataset.background_photos, sum(not len(sample.class_ids) for sample in photos.samples)
    num_background = num_all if asked == "all" or recipe.train.schedule == "two_stage" else asked
    return draw_photos(photos, recipe.dataset.photos_per_class, num_background, recipe.draw_seed)


def _check_filled(splits: Splits) -> None:
    for name in ("train", "validation", "test"):
        samples = getattr(splits, name).samples
        if not any(len(sample.class_ids) for sample in samples):
            raise DatasetError(
                f"dataset.{name}: {len(samples)} pictures and not one labelled part. Render more pictures (render.count), "
                "raise dataset.render_validation_share or render_test_share, or name photo sessions for this split."
            )


def _write(
    recipe: Recipe,
    splits: Splits,
    times: Mapping[str, int],
    folder: Path,
    *,
    workspace: Workspace,
    progress: Progress,
) -> dict[str, Any]:
    started = time.monotonic()
    check_disjoint(splits)
    total = len(splits.train.samples) + len(splits.validation.samples) + len(splits.test.samples)
    with progress.stage("dataset", total, "pictures") as advance:
        shown = cut_photos(recipe, splits, times, workspace, advance)
        data_yaml = write_yolo(shown.splits, folder, shown.times)
        advance(total, "")
    counts = {name: len(getattr(splits, name).samples) for name in ("train", "validation", "test")}
    return write_manifest(folder, {"data_yaml": data_yaml.name, "counts": counts}, started=started)
