"""Where a detector contradicts labels: likely missed, likely of another class; and where it cannot make up its mind."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from partsight.structures.arrays import FloatArray
from partsight.structures.boxes import pairwise_iou
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

DisagreementKind: TypeAlias = Literal["likely missed label", "likely wrong class"]

SURE = 0.5
"""Score from which a detection contradicts a label."""
SAME_IOU = 0.5
"""Overlap from which detection and label speak of one object."""
APART_IOU = 0.1
"""Overlap below which a detection speaks of an object without label."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One detection that the labels contradict."""

    kind: DisagreementKind
    box_xyxy: tuple[float, float, float, float]
    score: float
    found_class: int
    labelled_class: int | None
    """None where nothing is labelled."""


def find_disagreements(sample: Sample, found: Detections) -> tuple[Disagreement, ...]:
    """Return what a detector is sure of and the labels of a picture deny, the surest first."""
    overlaps = pairwise_iou(found.boxes_xyxy, sample.boxes_xyxy)
    named = [
        _disagreement(sample, found, overlaps[index], index) for index in np.flatnonzero(found.scores >= SURE).tolist()
    ]
    return tuple(sorted((one for one in named if one is not None), key=lambda one: -one.score))


def doubt(found: Detections) -> float:
    """Return how unsure the least sure detection is: 1 at a score of one half, 0 at none and at full score."""
    return float((1 - np.abs(2 * found.scores - 1)).max(initial=0.0))


def _disagreement(sample: Sample, found: Detections, overlaps: FloatArray, index: int) -> Disagreement | None:
    class_id, score = int(found.class_ids[index]), float(found.scores[index])
    left, top, right, bottom = found.boxes_xyxy[index].tolist()
    box = (left, top, right, bottom)
    if overlaps.max(initial=0.0) < APART_IOU:
        return Disagreement("likely missed label", box, score, class_id, None)
    labelled = sample.class_ids[overlaps >= SAME_IOU].tolist()
    if labelled and class_id not in labelled:
        return Disagreement("likely wrong class", box, score, class_id, labelled[0])
    return None
