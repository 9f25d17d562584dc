"""Ranges of the camera's traces as the user's photos have them, and the recipe that takes them over."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from partsight.config.editing import edit_recipe
from partsight.config.recipe import Recipe
from partsight.config.sections.randomize import SensorSection
from partsight.errors import DatasetError
from partsight.photos.camera_fit import FittedRange, fit_ranges
from partsight.pictures import list_pictures, read_picture
from partsight.pipeline.stages.dataset.photo_splits import choosing_photos, read_splits

SECTION = ("randomize", "sensor")
MOST_PHOTOS = 100
"""Photos that are measured; of more, evenly spaced ones."""
FEWEST_PHOTOS = 3
"""Photos that must tell a value."""


@dataclass(frozen=True, slots=True)
class CameraFit:
    """What the photos say."""

    num_photos: int
    ranges: tuple[FittedRange, ...]
    untold: tuple[str, ...]
    """Keys that too few photos tell; the recipe's ranges stay."""
    unreadable: tuple[str, ...] = ()
    """Photos that were passed over, and why."""


def fit_camera(recipe: Recipe, folder: Path | None = None) -> CameraFit:
    """Measure the pictures of a folder, or the recipe's photos of training and validation. Raises DatasetError."""
    unreadable: list[str] = []
    if folder is not None:
        paths = list_pictures(folder)
    else:
        paths = [
            sample.image_path for sample in choosing_photos(recipe, read_splits(recipe, unreadable.append)).samples
        ]
    if not paths:
        raise DatasetError(
            "no photos to measure: name sessions in photos.train or photos.validation, or give a folder of pictures. "
            "Test photos choose nothing."
        )
    chosen = (
        [paths[number * len(paths) // MOST_PHOTOS] for number in range(MOST_PHOTOS)]
        if len(paths) > MOST_PHOTOS
        else paths
    )
    chosen = [path for path in chosen if _can_be_read(path, unreadable)]
    found = fit_ranges(chosen, recipe.render.width, recipe.train.crop)
    told = tuple(one for one in found if one.num_photos >= min(FEWEST_PHOTOS, len(chosen)))
    keys = {"white_balance", "shot_noise", "read_noise", "defocus_px", "jpeg_quality"}
    return CameraFit(len(chosen), told, tuple(sorted(keys - {one.key for one in told})), tuple(unreadable))


def _can_be_read(path: Path, unreadable: list[str]) -> bool:
    try:
        read_picture(path)
    except DatasetError as error:
        unreadable.append(str(error))
        return False
    return True


def as_toml(ranges: Sequence[FittedRange]) -> str:
    """Return the ranges as a section of a recipe."""
    return "\n".join([f"[{'.'.join(SECTION)}]", *(f"{one.key} = {_value(one)!r}" for one in ranges)])


def write_ranges(recipe_path: Path, ranges: Sequence[FittedRange]) -> None:
    """Put the ranges into a recipe, whose comments and order stay. Raises RecipeError, and then leaves the file as it was."""
    edit_recipe(recipe_path, {f"{'.'.join(SECTION)}.{one.key}": list(_value(one)) for one in ranges})


def current_range(section: SensorSection, key: str) -> tuple[float, float]:
    """Return the recipe's range of a key."""
    low, high = getattr(section, key)
    return float(low), float(high)


def _value(one: FittedRange) -> list[float] | list[int]:
    if one.key == "jpeg_quality":
        return [int(one.low), int(one.high)]
    return [one.low, one.high]
