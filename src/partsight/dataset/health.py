"""What may be wrong with a dataset although it can be read: findings to show, not errors."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from partsight.files import hash_file
from partsight.structures.arrays import FloatArray
from partsight.structures.dataset import Dataset

FindingKind: TypeAlias = Literal[
    "class without boxes",
    "rare class",
    "tiny boxes",
    "small parts",
    "same picture in two sessions",
    "same picture in two splits",
    "photos without outlines",
    "too few sessions",
    "unused sessions",
    "likely missed label",
    "likely wrong class",
]

TINY_SIDE_PX = 8.0
"""Boxes with a shorter side are hardly ever found by a detector with strides of 8 pixels."""
RARE_SHARE = 0.1
"""A class is rare when it has fewer boxes than this share of the most frequent class."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    kind: FindingKind
    where: str
    """Class name, or sample ids."""
    message: str
    pictures: tuple[Path, ...] = ()
    """Those to look at, where it is about single ones."""


def check_dataset(dataset: Dataset) -> tuple[Finding, ...]:
    """Return what is worth a look; reads every picture file once, to find copies that would leak between splits."""
    return (*_class_findings(dataset), *_size_findings(dataset), *_copy_findings(dataset))


def _class_findings(dataset: Dataset) -> Iterable[Finding]:
    counts = Counter(class_id for sample in dataset.samples for class_id in sample.class_ids.tolist())
    most = max(counts.values(), default=0)
    for class_id, name in enumerate(dataset.class_names):
        if not counts[class_id]:
            yield Finding("class without boxes", name, "cannot be learned or judged from these pictures")
        elif counts[class_id] < RARE_SHARE * most:
            yield Finding("rare class", name, f"{counts[class_id]} boxes; the most frequent class has {most}")


def _size_findings(dataset: Dataset) -> Iterable[Finding]:
    for class_id, name in enumerate(dataset.class_names):
        sides_px = [_shorter_sides_px(sample.boxes_xyxy[sample.class_ids == class_id]) for sample in dataset.samples]
        tiny = [int(np.count_nonzero(sides < TINY_SIDE_PX)) for sides in sides_px]
        if any(tiny):
            message = f"{sum(tiny)} of {sum(map(len, sides_px))} boxes have a side below {TINY_SIDE_PX:g} px"
            shown = [sample.image_path for sample, count in zip(dataset.samples, tiny, strict=True) if count]
            yield Finding("tiny boxes", name, message, tuple(shown))


def _shorter_sides_px(boxes_xyxy: FloatArray) -> FloatArray:
    sides: FloatArray = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).min(axis=1, initial=np.inf)
    return sides


def _copy_findings(dataset: Dataset) -> Iterable[Finding]:
    by_content = defaultdict(list)
    for sample in dataset.samples:
        by_content[hash_file(sample.image_path)].append(sample)
    for samples in by_content.values():
        sessions = sorted({sample.session for sample in samples})
        if len(sessions) > 1:
            ids = ", ".join(sample.sample_id for sample in samples)
            message = f"sessions {', '.join(sessions)}: put them into one split"
            pictures = tuple(sample.image_path for sample in samples)
            yield Finding("same picture in two sessions", ids, message, pictures)
