"""What a detector says about one picture."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray, locked

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


def above(detections: Detections, threshold: Threshold) -> Detections:
    """Return the detections whose score is at least the threshold, or at least that of their class."""
    limits = threshold[detections.class_ids] if isinstance(threshold, np.ndarray) else threshold
    keep = detections.scores >= limits
    return Detections(detections.boxes_xyxy[keep], detections.scores[keep], detections.class_ids[keep])
