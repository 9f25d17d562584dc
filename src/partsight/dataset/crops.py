"""Photos cut into overlapping crops for training, which so sees small parts as large as detection on whole photos at a larger input.

Cutting for training and detection is known from aerial pictures and SAHI (Akyon et al., ICIP 2022). Here only training cuts: a
convolutional network that learned from crops reads the whole photo at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, Image
from partsight.structures.polygon import clip_polygon
from partsight.structures.sample import Sample

OVERLAP = 0.2
"""Least overlap of neighbors, as a share of their side: what one cuts through is whole in the next, up to that size."""

Window = tuple[int, int, int, int]
"""Left, upper, right and lower edge in the photo's pixels, the last two exclusive."""


@dataclass(frozen=True, slots=True, eq=False)
class Crop:
    """One crop of a photo, labeled."""

    window: Window
    sample: Sample
    """Its picture has still to be written, see `cut`."""


def windows(size_wh: tuple[int, int], share: float) -> list[Window]:
    """Return evenly spread squares that cover a photo, their side so much of its longer side; narrower where the photo is."""
    side = max(1, round(share * max(size_wh)))
    columns, rows = (_spans(length, side) for length in size_wh)
    return [(left, top, right, bottom) for top, bottom in rows for left, right in columns]


def crop_photo(photo: Sample, share: float, min_visible: float, folder: Path) -> list[Crop]:
    """Return the crops of a photo, as pictures of `folder`; a box of which less than `min_visible` is inside is not labeled there."""
    return [_crop(photo, window, min_visible, folder) for window in windows(photo.size_wh, share)]


def cut(picture: Image, window: Window) -> Image:
    """Return the pixels of a window of an (H, W, 3) picture."""
    left, top, right, bottom = window
    return picture[top:bottom, left:right]


def list_crops(crops: Sequence[Crop], times: int, rng: np.random.Generator) -> dict[str, int]:
    """Return how often each crop of one photo is listed so that together they are about as many pictures as the photo `times` over.

    Crops with parts come first, each at least once if the photo comes at all; then at most as many without.
    """
    shuffled = [crops[index].sample for index in rng.permutation(len(crops))]
    positives = [sample for sample in shuffled if len(sample.class_ids)]
    negatives = [sample for sample in shuffled if not len(sample.class_ids)]
    chosen = [*positives, *negatives[: len(positives)]] if positives else negatives
    repeat, rest = divmod(max(times, len(positives)) if times else 0, len(chosen))
    listed = {sample.sample_id: repeat + (place < rest) for place, sample in enumerate(chosen)}
    return {sample.sample_id: listed.get(sample.sample_id, 0) for sample in shuffled}


def _spans(length: int, side: int) -> list[tuple[int, int]]:
    """Return the first and last pixel, exclusive, of windows along one direction."""
    if side >= length:
        return [(0, length)]
    step = (1 - OVERLAP) * side
    count = 1 + int(np.ceil((length - side) / step))
    return [(start, start + side) for start in np.linspace(0, length - side, count).round().astype(int).tolist()]


def _crop(photo: Sample, window: Window, min_visible: float, folder: Path) -> Crop:
    left, top, right, bottom = window
    sample_id = f"{photo.sample_id}@{left}-{top}"
    boxes, is_seen = _inside(photo, window, min_visible)
    cropped = replace(
        photo,
        sample_id=sample_id,
        image_path=folder / f"{sample_id}.jpg",
        size_wh=(right - left, bottom - top),
        boxes_xyxy=boxes,
        class_ids=photo.class_ids[is_seen],
        outlines=tuple(
            _outline_inside(photo.outlines[place], window) for place in np.flatnonzero(is_seen) if photo.outlines
        ),
    )
    return Crop(window, cropped)


def _inside(photo: Sample, window: Window, min_visible: float) -> tuple[FloatArray, BoolArray]:
    """Return what is inside of boxes of which enough is, in the window's pixels, and (N,) which these are."""
    corner, limit = np.array(window[:2], float), np.array(window[2:], float)
    cut_boxes = np.clip(photo.boxes_xyxy.reshape(-1, 2, 2), corner, limit)
    whole_sides = photo.boxes_xyxy[:, 2:] - photo.boxes_xyxy[:, :2]
    visible = np.prod(cut_boxes[:, 1] - cut_boxes[:, 0], axis=1) / np.maximum(np.prod(whole_sides, axis=1), 1e-9)
    is_seen = (visible > 0) & (visible >= min_visible)
    return (cut_boxes[is_seen] - corner).reshape(-1, 4), is_seen


def _outline_inside(outline: FloatArray | None, window: Window) -> FloatArray | None:
    """Return what is inside of an outline, in the window's pixels; None where that is not known."""
    if outline is None:
        return None
    inside = clip_polygon(outline, np.array(window, float)) - np.array(window[:2], float)
    return inside if len(inside) > 2 else None
