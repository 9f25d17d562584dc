"""What a detector says about one picture."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, IntArray, locked

Threshold: TypeAlias = float | FloatArray
"""A score threshold for all classes, or (C,) one for each."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """Boxes of one picture, best first."""

    boxes_xyxy: FloatArray
    """(N, 4) in pixels."""
    scores: FloatArray
    """(N,) in 0…1."""
    class_ids: IntArray
    """(N,) index into the detector's class names."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "boxes_xyxy", locked(self.boxes_xyxy, np.float64, (None, 4)))
        object.__setattr__(self, "scores", locked(self.scores, np.float64, (len(self.boxes_xyxy),)))
        object.__setattr__(self, "class_ids", locked(self.class_ids, np.int64, (len(self.boxes_xyxy),)))

    def only(self, chosen: BoolArray | IntArray) -> "Detections":
        """Return those of the detections that a mask or their numbers name."""
        return Detections(self.boxes_xyxy[chosen], self.scores[chosen], self.class_ids[chosen])


def is_above(scores: FloatArray, class_ids: IntArray, threshold: Threshold) -> BoolArray:
    """Return (N,): whether each score is at least the threshold, or at least that of its class."""
    limits = threshold[class_ids] if isinstance(threshold, np.ndarray) else threshold
    return np.asarray(scores >= limits)


def above(detections: Detections, threshold: Threshold) -> Detections:
    """Return the detections whose score is at least the threshold, or at least that of their class."""
    return detections.only(is_above(detections.scores, detections.class_ids, threshold))
