"""A network's answer → detections in the picture's pixels."""

import numpy as np

from partsight.detector.letterbox import LetterboxPlacement, boxes_in_picture
from partsight.structures.arrays import Float32Array, FloatArray, IntArray
from partsight.structures.boxes import pairwise_iou
from partsight.structures.detections import Detections
from partsight.structures.network import NetworkSpec


def decode(
    answer: Float32Array, placement: LetterboxPlacement, spec: NetworkSpec, *, min_score: float, max_detections: int
) -> Detections:
    """Return the detections with a score above `min_score`, best first, at most `max_detections`."""
    read = _read_candidates if spec.output == "candidates" else _read_detections
    boxes, scores, class_ids = read(answer[0], min_score)
    order = np.argsort(-scores, kind="stable")
    boxes, scores, class_ids = boxes[order], scores[order], class_ids[order]
    if spec.output == "candidates":
        kept = suppress(boxes, class_ids, spec.nms_iou, max_detections)
    else:
        kept = np.arange(min(len(scores), max_detections))
    return Detections(boxes_in_picture(boxes[kept], placement), scores[kept], class_ids[kept])


def suppress(boxes_xyxy: FloatArray, class_ids: IntArray, max_iou: float, max_kept: int) -> IntArray:
    """Return the positions of boxes (given best first) that no better box of their class overlaps by more than `max_iou`."""
    waiting = np.arange(len(boxes_xyxy))
    kept: list[int] = []
    while len(waiting) and len(kept) < max_kept:
        best, rest = waiting[0], waiting[1:]
        kept.append(int(best))
        overlaps = pairwise_iou(boxes_xyxy[best : best + 1], boxes_xyxy[rest])[0]
        waiting = rest[(overlaps <= max_iou) | (class_ids[rest] != class_ids[best])]
    return np.array(kept, dtype=np.int64)


def _read_candidates(answer: Float32Array, min_score: float) -> tuple[FloatArray, FloatArray, IntArray]:
    best = answer[4:].max(axis=0)
    columns = np.flatnonzero(best > min_score)
    centers, sizes = answer[0:2, columns].T.astype(np.float64), answer[2:4, columns].T.astype(np.float64)
    boxes = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=1)
    return boxes, best[columns].astype(np.float64), answer[4:, columns].argmax(axis=0)


def _read_detections(answer: Float32Array, min_score: float) -> tuple[FloatArray, FloatArray, IntArray]:
    found = answer[answer[:, 4] > min_score].astype(np.float64)
    return found[:, :4], found[:, 4], found[:, 5].astype(np.int64)
