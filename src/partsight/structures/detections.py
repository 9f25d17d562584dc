"""What a detector says about one picture."""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray, locked


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


def above(detections: Detections, threshold: float) -> Detections:
    """Return the detections whose score is at least the threshold."""
    keep = detections.scores >= threshold
    return Detections(detections.boxes_xyxy[keep], detections.scores[keep], detections.class_ids[keep])
