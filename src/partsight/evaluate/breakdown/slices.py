"""Where a detector finds parts and where it does not: recall by size, brightness, sharpness and session.

Recall alone, because only true boxes have a size and a place; a false detection belongs to no slice of them.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.photos.appearance import measure_picture
from partsight.pictures import read_picture
from partsight.structures.arrays import BoolArray, FloatArray, IntArray
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Threshold
from partsight.structures.evaluation import Interval, Slice
from partsight.structures.matched import Matched

SIZE_EDGES_PX = (16, 32, 64, 128)
"""Limits of the size classes: square root of a box's area (COCO's are 32 and 96)."""
NUM_RESAMPLES = 1000
PICTURE_FIGURES = {"brightness": "brightness", "sharpness": "sharpness"}
"""Groups of slices by figures of the whole picture, in thirds."""


@dataclass(frozen=True, slots=True, eq=False)
class _Boxes:
    """All true boxes of a dataset: was each found as its class, how large is it, in which picture and session is it?"""

    is_found: BoolArray
    sizes_px: FloatArray
    image_ids: IntArray
    sessions: tuple[str, ...]
    """Of each box."""


def slice_recall(matched: Matched, threshold: Threshold, rng: np.random.Generator) -> tuple[Slice, ...]:
    """Return recall at the threshold in each slice that holds a box; thirds of a figure hold equally many boxes.

    Intervals are 95 %, by bootstrap over sessions, where a slice has boxes of at least two. Raises DatasetError for an unreadable
    picture.
    """
    boxes = _gather(matched, threshold)
    if not len(boxes.is_found):
        return ()
    groups = {**_by_size(boxes), **_by_figures(matched.dataset, boxes), **_by_session(boxes)}
    return tuple(_slice(group, name, chosen, boxes, rng) for (group, name), chosen in groups.items() if chosen.any())


def _gather(matched: Matched, threshold: Threshold) -> _Boxes:
    samples = matched.dataset.samples
    sides = np.concatenate([sample.boxes_xyxy[:, 2:] - sample.boxes_xyxy[:, :2] for sample in samples])
    return _Boxes(
        is_found=matched.at(threshold).is_found,
        sizes_px=np.sqrt(sides.prod(axis=1)),
        image_ids=matched.truth_image_ids,
        sessions=tuple(sample.session for sample in samples for _ in sample.class_ids),
    )


def _by_size(boxes: _Boxes) -> dict[tuple[str, str], BoolArray]:
    edges = (0.0, *SIZE_EDGES_PX, np.inf)
    between = [f"{low}–{high} px" for low, high in itertools.pairwise(SIZE_EDGES_PX)]
    names = [f"below {SIZE_EDGES_PX[0]} px", *between, f"from {SIZE_EDGES_PX[-1]} px"]
    return {
        ("size", name): (boxes.sizes_px >= low) & (boxes.sizes_px < high)
        for name, low, high in zip(names, edges[:-1], edges[1:], strict=True)
    }


def _by_figures(dataset: Dataset, boxes: _Boxes) -> dict[tuple[str, str], BoolArray]:
    """Return thirds of the boxes by their picture's figures; pictures without boxes are not read."""
    shown = np.unique(boxes.image_ids)
    figures = {int(image_id): measure_picture(read_picture(dataset.samples[image_id].image_path)) for image_id in shown}
    slices: dict[tuple[str, str], BoolArray] = {}
    for group, name in PICTURE_FIGURES.items():
        values = np.array([figures[image_id][name] for image_id in boxes.image_ids.tolist()])
        slices |= {(group, third): chosen for third, chosen in _thirds(values)}
    return slices


def _thirds(values: FloatArray) -> Iterator[tuple[str, BoolArray]]:
    low, high = np.percentile(values, (100 / 3, 200 / 3))
    if low < high:
        yield "lowest third", values < low
        yield "middle third", (values >= low) & (values < high)
        yield "highest third", values >= high


def _by_session(boxes: _Boxes) -> Mapping[tuple[str, str], BoolArray]:
    names = list(dict.fromkeys(boxes.sessions))
    if not 1 < len(names) <= 12:  # renders have a session each: a list of them says nothing
        return {}
    own = np.array(boxes.sessions)
    return {("session", name): own == name for name in names}


def _slice(group: str, name: str, chosen: BoolArray, boxes: _Boxes, rng: np.random.Generator) -> Slice:
    is_found = boxes.is_found[chosen]
    sessions = [session for session, is_in in zip(boxes.sessions, chosen, strict=True) if is_in]
    return Slice(group, name, len(is_found), float(is_found.mean()), _interval(is_found, sessions, rng))


def _interval(is_found: BoolArray, sessions: Sequence[str], rng: np.random.Generator) -> Interval | None:
    names, session_ids = np.unique(sessions, return_inverse=True)
    if len(names) < 2:
        return None
    found, all_boxes = np.bincount(session_ids, is_found), np.bincount(session_ids)
    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=NUM_RESAMPLES)
    low, high = np.percentile(drawn @ found / (drawn @ all_boxes), (2.5, 97.5))
    return Interval(float(low), float(high))
