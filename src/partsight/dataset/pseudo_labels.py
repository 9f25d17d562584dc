"""Labels that a detector gives itself: boxes that it is sure of, and that it sees again in frame after frame.

One frame alone proves little. A box counts when the part it belongs to was followed through several frames, was taken for one class in
nearly all of them, and with a high score on average. A frame with anything that the detector half believes in is left out whole:
taught as background it would be unlearned.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.boxes import FOUND_IOU, pairwise_iou
from partsight.structures.detections import Detections

_ONE_CLASS = 0.8
"""Share of its frames in which a part is taken for its most frequent class."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed."""

    score: float
    """Least mean score of a part along its track."""
    doubt: float
    """Detections from this score up that belong to no trusted part make a frame doubtful."""
    num_frames: int
    """Frames in which a part has to be seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """The detections of one frame and the number of the part that each belongs to; 0 for none."""

    found: Detections
    part_numbers: IntArray


def number_detections(found: Detections, boxes_xyxy: FloatArray, numbers: Sequence[int]) -> Followed:
    """Give each tracked box's number to the detection that it overlaps most, from `FOUND_IOU`."""
    part_numbers = np.zeros(len(found.scores), np.int64)
    if len(numbers) and len(found.scores):
        overlap = pairwise_iou(np.asarray(boxes_xyxy, float), found.boxes_xyxy)
        for row, number in enumerate(numbers):
            best = int(overlap[row].argmax())
            if overlap[row, best] >= FOUND_IOU:
                part_numbers[best] = number
    return Followed(found, part_numbers)


def choose_labels(frames: Sequence[Followed], trust: Trust) -> list[tuple[FloatArray, IntArray] | None]:
    """Return boxes and classes of each frame; None for frames that are doubtful or show no trusted part."""
    classes = _trusted_classes(frames, trust)
    return [_labels(frame, classes, trust) for frame in frames]


def _trusted_classes(frames: Sequence[Followed], trust: Trust) -> dict[int, int]:
    """Return the class of each part that is trusted, by its number."""
    seen: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for frame in frames:
        for number, class_id, score in zip(
            frame.part_numbers.tolist(), frame.found.class_ids.tolist(), frame.found.scores.tolist(), strict=True
        ):
            if number:
                seen[number].append((class_id, score))
    trusted = {}
    for number, looks in seen.items():
        class_id, count = Counter(one for one, _ in looks).most_common(1)[0]
        mean_score = sum(score for _, score in looks) / len(looks)
        if len(looks) >= trust.num_frames and count >= _ONE_CLASS * len(looks) and mean_score >= trust.score:
            trusted[number] = class_id
    return trusted


def _labels(frame: Followed, classes: dict[int, int], trust: Trust) -> tuple[FloatArray, IntArray] | None:
    is_trusted = np.array([number in classes for number in frame.part_numbers.tolist()], bool)
    boxes = frame.found.boxes_xyxy[is_trusted]
    others = frame.found.boxes_xyxy[~is_trusted & (frame.found.scores >= trust.doubt)]
    if not len(boxes) or (len(others) and pairwise_iou(others, boxes).max(axis=1).min() < FOUND_IOU):
        return None
    return boxes, np.array([classes[number] for number in frame.part_numbers[is_trusted].tolist()], np.int64)
