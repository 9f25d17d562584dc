"""Where a detector contradicts labels: likely missed, likely of another class; and where it cannot make up its mind."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from partsight.structures.arrays import FloatArray
from partsight.structures.boxes import pairwise_iou
from partsight.structures.detections import Detections
from partsight.structures.matched import Matched, Pairing

DisagreementKind: TypeAlias = Literal["likely missed label", "likely wrong class"]

SURE = 0.5
"""Score from which a detection contradicts a label."""
APART_IOU = 0.1
"""Overlap below which a detection speaks of an object without label."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One detection that the labels contradict."""

    kind: DisagreementKind
    box_xyxy: tuple[float, float, float, float]
    score: float
    found_class: int
    labeled_class: int | None
    """None where nothing is labeled."""


def find_disagreements(matched: Matched) -> tuple[tuple[Disagreement, ...], ...]:
    """Return for each picture what a detector is sure of and the labels deny, the surest first.

    A label that the detector finds as its class is not contradicted by a weaker guess at the same place.
    """
    pairing = matched.at(SURE)
    return tuple(_of_picture(matched, pairing, image_id) for image_id in range(len(matched.dataset.samples)))


def doubt(found: Detections) -> float:
    """Return how unsure the least sure detection is: 1 at a score of one half, 0 at none and at full score."""
    return doubt_of(found.scores)


def doubt_of(scores: Sequence[float] | FloatArray) -> float:
    """Return the same for scores alone."""
    return float((1 - np.abs(2 * np.asarray(scores, float) - 1)).max(initial=0.0))


def _of_picture(matched: Matched, pairing: Pairing, image_id: int) -> tuple[Disagreement, ...]:
    rows = matched.detections_of(image_id)
    found, truth_ids = matched.detections[image_id], pairing.truth_ids[rows]
    nearest = pairwise_iou(found.boxes_xyxy, matched.dataset.samples[image_id].boxes_xyxy).max(axis=1, initial=0.0)
    is_wrong = (truth_ids >= 0) & ~pairing.is_right[rows]
    is_denied = pairing.is_kept[rows] & (is_wrong | (nearest < APART_IOU))
    labeled = [
        int(matched.truth_class_ids[truth_ids[place]]) if is_wrong[place] else None for place in range(len(is_wrong))
    ]
    return tuple(_disagreement(found, place, labeled[place]) for place in np.flatnonzero(is_denied).tolist())


def _disagreement(found: Detections, place: int, labeled_class: int | None) -> Disagreement:
    kind: DisagreementKind = "likely missed label" if labeled_class is None else "likely wrong class"
    left, top, right, bottom = found.boxes_xyxy[place].tolist()
    score, found_class = float(found.scores[place]), int(found.class_ids[place])
    return Disagreement(kind, (left, top, right, bottom), score, found_class, labeled_class)
