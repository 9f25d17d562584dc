"""Where training looks at crops (`train.crop`): photos are cut, and renders are drawn as such crops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np

from partsight.config.recipe import Recipe
from partsight.config.sections.randomize import CameraSection, Choices
from partsight.dataset.crops import Crop, crop_photo, cut, list_crops
from partsight.files import hash_file, write_bytes
from partsight.pictures import jpeg_bytes, read_picture
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Advance
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample

CROPS = "crops"
_JPEG_QUALITY = 95
_STREAM = 7


@dataclass(frozen=True, slots=True)
class ListedPictures:
    """What training is shown of a dataset."""

    splits: Splits
    times: Mapping[str, int]
    """How often each training picture is listed in an epoch; once when not named."""


def cut_photos(
    recipe: Recipe, splits: Splits, times: Mapping[str, int], workspace: Workspace, advance: Advance
) -> ListedPictures:
    """Return the splits with the photos that teach and validate cut into crops, or as they are where nothing is cut.

    A photo's crops are listed about as often, all together, as the photo was; those with parts at least once. Crops are kept by the
    photo's content, for all draws. Raises DatasetError for an unreadable photo.
    """
    if recipe.train.crop == 1:
        return ListedPictures(splits, times)
    num_photos = sum(sample.source == "photo" for part in (splits.train, splits.validation) for sample in part.samples)
    cut_so_far: dict[str, Sequence[Crop]] = {}
    for sample in (*splits.train.samples, *splits.validation.samples):
        if sample.source == "photo":
            cut_so_far[sample.sample_id] = write_crops(recipe, sample, workspace)
            advance(len(cut_so_far), f"{len(cut_so_far)} of {num_photos} photos cut")
    listed = dict(times)
    for place, sample in enumerate(splits.train.samples):
        if sample.source == "photo":
            rng = np.random.default_rng((recipe.draw_seed, _STREAM, place))
            listed |= list_crops(cut_so_far[sample.sample_id], listed.pop(sample.sample_id, 1), rng)
    shown = Splits(_cut(splits.train, cut_so_far), _cut(splits.validation, cut_so_far), splits.test)
    return ListedPictures(shown, listed)


def write_crops(recipe: Recipe, photo: Sample, workspace: Workspace) -> Sequence[Crop]:
    """Write the crops of a photo, or find them written."""
    folder = workspace.root / CROPS / f"{recipe.train.crop}" / hash_file(photo.image_path)[:16]
    crops = crop_photo(photo, recipe.train.crop, recipe.annotate.min_visible_fraction, folder)
    if not all(crop.sample.image_path.is_file() for crop in crops):
        picture = read_picture(photo.image_path)
        for crop in crops:
            pixels = cut(picture, crop.window)
            write_bytes(crop.sample.image_path, jpeg_bytes(pixels, _JPEG_QUALITY, is_color_full=True))
    return crops


def seen_in_crops(camera: CameraSection, crop: float) -> CameraSection:
    """Return a camera whose pictures are crops of those of the given one: all is larger, and the angle of view smaller.

    Ranges that follow photos stay as they are.
    """
    low, high = camera.distortion
    size = camera.object_size
    return camera.but(
        object_size=Choices(choices=_divided(size.choices, crop))
        if isinstance(size, Choices)
        else _divided(size, crop),
        focal=_divided(camera.focal, crop),
        distortion=(low * crop**2, high * crop**2),  # it grows with the square of the distance from the middle
    )


def _cut(dataset: Dataset, crops: Mapping[str, Sequence[Crop]]) -> Dataset:
    samples: list[Sample] = []
    for sample in dataset.samples:
        samples += [crop.sample for crop in crops[sample.sample_id]] if sample.sample_id in crops else [sample]
    return Dataset(dataset.class_names, tuple(samples))


@overload
def _divided(values: tuple[float, ...], divisor: float) -> tuple[float, ...]: ...
@overload
def _divided(
    values: tuple[float, ...] | Literal["photos"], divisor: float
) -> tuple[float, ...] | Literal["photos"]: ...
def _divided(values: tuple[float, ...] | Literal["photos"], divisor: float) -> tuple[float, ...] | Literal["photos"]:
    return "photos" if values == "photos" else tuple(round(value / divisor, 4) for value in values)
