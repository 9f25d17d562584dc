"""Ranges of the camera that follow the user's photos: how large objects are, and how long the lens was."""

from collections.abc import Callable

import numpy as np

from partsight.config.recipe import Recipe
from partsight.config.sections.randomize import CameraSection, Choices
from partsight.errors import DatasetError
from partsight.photos.appearance import measure_sizes
from partsight.pictures import read_camera_facts
from partsight.pipeline.stages.dataset.cropping import seen_in_crops
from partsight.pipeline.stages.dataset.photo_splits import choosing_photos
from partsight.structures.dataset import Dataset, Splits

FEWEST_BOXES = 10
NUM_SIZES = 33
"""Quantiles that stand for the sizes; a few labels' worth of detail, and a short key."""
FILM_DIAGONAL_MM = 43.27
"""Diagonal of the picture for which EXIF states equivalent focal lengths: 36 mm × 24 mm (CIPA DCG-001)."""


def for_rendering(recipe: Recipe, find_photos: Callable[[], Splits]) -> Recipe:
    """Return the recipe with the camera that renders: with the ranges that its photos give, and seeing crops where training does.

    It comes back as it is where it follows no photos and sees whole pictures; photos are asked for only where it follows them.
    Raises DatasetError.
    """
    followed = _follow_photos(recipe, find_photos)
    if recipe.train.crop == 1:
        return followed
    return _with_camera(followed, seen_in_crops(followed.randomize.camera, recipe.train.crop))


def _follow_photos(recipe: Recipe, find_photos: Callable[[], Splits]) -> Recipe:
    camera = recipe.randomize.camera
    if "photos" not in (camera.object_size, camera.focal):
        return recipe
    photos = choosing_photos(recipe, find_photos())
    if camera.object_size == "photos":
        camera = camera.but(object_size=Choices(choices=object_sizes(photos)))
    if camera.focal == "photos":
        low, high = focal_range(photos)
        in_widths = max(recipe.render.width, recipe.render.height) / recipe.render.width
        camera = camera.but(focal=(round(low * in_widths, 4), round(high * in_widths, 4)))
    return _with_camera(recipe, camera)


def _with_camera(recipe: Recipe, camera: CameraSection) -> Recipe:
    return recipe.at("randomize.camera", camera)


def object_sizes(photos: Dataset) -> tuple[float, ...]:
    """Return evenly spaced quantiles of the boxes' longer sides as shares of the picture's longer side."""
    sizes = measure_sizes(photos.samples)
    if len(sizes) < FEWEST_BOXES:
        raise DatasetError(
            f'randomize.camera.object_size = "photos": {len(sizes)} labeled boxes in the photos of training and validation, expected '
            f"at least {FEWEST_BOXES}. Label more photos, name sessions in photos.validation, or set object_size = [low, high]."
        )
    quantiles = np.quantile(sizes, np.linspace(0, 1, NUM_SIZES))
    return tuple(round(float(size), 4) for size in np.maximum(quantiles, 0.001))


def focal_range(photos: Dataset) -> tuple[float, float]:
    """Return the shortest and the longest focal length that the photos' EXIF data state, as shares of the longer side."""
    facts = [(sample.size_wh, read_camera_facts(sample.image_path)) for sample in photos.samples]
    stated = [
        one.focal_35mm / FILM_DIAGONAL_MM * float(np.hypot(*size_wh)) / max(size_wh)
        for size_wh, one in facts
        if one.focal_35mm
    ]
    if not stated:
        raise DatasetError(
            f'randomize.camera.focal = "photos": none of the {len(photos.samples)} photos of training and validation states a '
            "focal length in its EXIF data (frames of videos never do). Set randomize.camera.focal = [low, high]."
        )
    return min(stated), max(stated)
