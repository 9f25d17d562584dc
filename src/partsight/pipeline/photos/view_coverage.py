"""From where photos show a part, and how far that estimate can be believed: it is tried on renders, whose poses are known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partsight.cad.views.matching import (
    ALL_ROLLS_DEG,
    UPRIGHT_ROLLS_DEG,
    ViewGallery,
    angle_errors_deg,
    draw_gallery,
    match_views,
)
from partsight.cad.views.silhouettes import name_direction
from partsight.config.recipe import Recipe
from partsight.files import read_json
from partsight.labels.formats.rendered import label_path
from partsight.pictures import read_picture
from partsight.pipeline.stages.render.stage import RenderOutput
from partsight.structures.arrays import BoolArray, FloatArray, Image, IntArray
from partsight.structures.sample import Sample
from partsight.structures.world.part import Part
from partsight.structures.world.transform import inverse

WITHIN_DEG = 30.0
"""Estimates off by less count as right; photos cover the views within this angle."""
MIN_SIDE_PX = 24
MIN_VISIBLE, MAX_TRUNCATED = 0.8, 0.02
MOST_TRIED = 300
"""Renders looked through for each part."""
_MIN_TRIED = 20
_NUM_SHUFFLES = 200
_MAX_BY_CHANCE = 0.01
_EXPECTED_DEG = 20.0
"""Views this close to one that renders show are expected of photos."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well view directions were found on renders."""

    num_boxes: int
    median_deg: float
    chance_deg: float
    """The same with the estimates shuffled between the boxes."""
    within: float
    """Share of the boxes off by less than 30°."""
    chance_within: float
    is_better_than_chance: bool


@dataclass(frozen=True, slots=True, eq=False)
class ViewCoverage:
    """Views of one part; the sphere is only filled when the estimate is better than chance."""

    directions: FloatArray
    """(D, 3) from the part to the viewer."""
    counts: IntArray
    """(D,) photos' boxes matched to each."""
    is_expected: BoolArray
    """(D,) do renders show it?"""
    is_covered: BoolArray
    """(D,) is a photo near it, or near a view that looks the same?"""
    reliability: Reliability
    num_judged: int
    """Boxes of photos that were whole and large enough."""


def cover_views(
    recipe: Recipe, part: Part, class_id: int, *, renders: RenderOutput, photos: Sequence[Sample]
) -> ViewCoverage:
    """Match the part's boxes in the photos with drawings of it, after trying that on its renders."""
    gallery = draw_gallery(part, _rolls_deg(recipe))
    crops, true_directions = _posed_crops(renders, class_id)
    reliability = try_matching(gallery, crops, true_directions, seed=recipe.seed)
    shown = [crop for sample in photos for crop in _whole_crops(sample, class_id)]
    view_ids = match_views(gallery, shown)
    near = gallery.directions @ gallery.directions.T >= np.cos(np.radians(WITHIN_DEG))
    is_covered = near[gallery.is_alike[view_ids].any(axis=0)].any(axis=0)
    expected = gallery.directions @ true_directions.T >= np.cos(np.radians(_EXPECTED_DEG))
    counts = np.bincount(view_ids, minlength=len(gallery.directions))
    return ViewCoverage(gallery.directions, counts, expected.any(axis=1), is_covered, reliability, len(shown))


def try_matching(
    gallery: ViewGallery, crops: Sequence[Image], true_directions: FloatArray, *, seed: int
) -> Reliability:
    """Return how well directions are found, and how well by chance; fewer than 20 boxes prove nothing."""
    if len(crops) < _MIN_TRIED:
        return Reliability(len(crops), np.nan, np.nan, np.nan, np.nan, is_better_than_chance=False)
    view_ids = match_views(gallery, crops)
    generator = np.random.default_rng(seed)
    errors = angle_errors_deg(gallery, view_ids, true_directions)
    shuffled = np.stack(
        [angle_errors_deg(gallery, generator.permutation(view_ids), true_directions) for _ in range(_NUM_SHUFFLES)]
    )
    within, by_chance = float((errors < WITHIN_DEG).mean()), (shuffled < WITHIN_DEG).mean(axis=1)
    is_better = float((by_chance >= within).mean()) < _MAX_BY_CHANCE
    medians = float(np.median(errors)), float(np.median(shuffled))
    return Reliability(len(crops), *medians, within, float(by_chance.mean()), is_better_than_chance=is_better)


def missing_views(coverage: ViewCoverage) -> dict[str, FloatArray]:
    """Return the sides that renders show and photos do not, by name, the largest first, each with a (3,) direction to the viewer.

    There are none where the estimate is no better than chance.
    """
    if not coverage.reliability.is_better_than_chance:
        return {}
    names = [name_direction(direction) for direction in coverage.directions.tolist()]
    sides: dict[str, list[FloatArray]] = {}
    for index in np.flatnonzero(coverage.is_expected & ~coverage.is_covered):
        sides.setdefault(names[index], []).append(coverage.directions[index])
    largest = sorted(sides, key=lambda name: -len(sides[name]))
    return {name: np.mean(sides[name], axis=0) for name in largest}


def _rolls_deg(recipe: Recipe) -> tuple[float, ...]:
    """Return the rolls to try: parts that stand are seen upright, scattered ones lie and hover at any angle."""
    stands = recipe.randomize.placement == "stand" and recipe.randomize.stand.up == "z"
    return UPRIGHT_ROLLS_DEG if stands or recipe.randomize.placement == "orbit" else ALL_ROLLS_DEG


def _posed_crops(renders: RenderOutput, class_id: int) -> tuple[list[Image], FloatArray]:
    """Return the boxes of a class in renders with the true directions to the viewer, in the part's frame."""
    crops: list[Image] = []
    directions = [np.zeros((0, 3))]
    for index, sample in enumerate(renders.dataset.samples[:MOST_TRIED]):
        labels = read_json(label_path(renders.folder, index))["objects"]
        boxes = [label for label in labels if label["class_id"] == class_id and _is_whole(label)]
        if boxes:
            picture = read_picture(sample.image_path)
            crops += [_crop(picture, label["box_xyxy"]) for label in boxes]
            directions += [_direction(label) for label in boxes]
    return crops, np.concatenate(directions)


def _is_whole(label: dict[str, Any]) -> bool:
    left, top, right, bottom = label["box_xyxy"]
    is_large = min(right - left, bottom - top) >= MIN_SIDE_PX
    return bool(is_large and label["visible_fraction"] >= MIN_VISIBLE and label["truncated_fraction"] <= MAX_TRUNCATED)


def _direction(label: dict[str, Any]) -> FloatArray:
    viewer_m = inverse(np.array(label["camera_from_part"]))[:3, 3]
    return (viewer_m / np.linalg.norm(viewer_m))[None]


def _whole_crops(sample: Sample, class_id: int, read: Callable[[Path], Image] = read_picture) -> list[Image]:
    """Return a photo's boxes of a class that are large enough and do not touch the border."""
    width, height = sample.size_wh
    boxes = sample.boxes_xyxy[sample.class_ids == class_id]
    sides = boxes[:, 2:] - boxes[:, :2]
    is_inside = (boxes[:, :2] > 1).all(axis=1) & (boxes[:, 2] < width - 1) & (boxes[:, 3] < height - 1)
    kept = boxes[is_inside & (sides.min(axis=1, initial=np.inf) >= MIN_SIDE_PX)]
    picture = read(sample.image_path) if len(kept) else None
    return [] if picture is None else [_crop(picture, box) for box in kept.tolist()]


def _crop(picture: Image, box_xyxy: Sequence[float]) -> Image:
    left, top, right, bottom = (round(edge) for edge in box_xyxy)
    return picture[top:bottom, left:right]
