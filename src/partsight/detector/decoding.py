"""A network's answer → detections in the picture's pixels."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from partsight.detector.letterbox import LetterboxPlacement, boxes_in_picture
from partsight.detector.mask_decoding import decode_masks
from partsight.structures.arrays import Float32Array, FloatArray, IntArray
from partsight.structures.boxes import pairwise_iou
from partsight.structures.detections import Detections
from partsight.structures.network import NetworkSpec


def decode(
    answers: Sequence[Float32Array],
    placement: LetterboxPlacement,
    spec: NetworkSpec,
    *,
    min_score: float,
    max_detections: int,
) -> Detections:
    """Return the detections with a score above `min_score`, best first, at most `max_detections`."""
    if spec.output == "detections":
        boxes, scores, class_ids = _read_detections(answers[0][0], min_score)
        kept = np.argsort(-scores, kind="stable")[:max_detections]
        return Detections(boxes_in_picture(boxes[kept], placement), scores[kept], class_ids[kept])
    num_mixed = answers[1].shape[1] if spec.output == "mask candidates" else 0
    told, mixtures = np.split(answers[0][0], [len(answers[0][0]) - num_mixed])
    boxes, scores, class_ids, columns = _read_candidates(told, min_score)
    order = np.argsort(-scores, kind="stable")
    kept = order[suppress(boxes[order], class_ids[order], spec.nms_iou, max_detections)]
    found = Detections(boxes_in_picture(boxes[kept], placement), scores[kept], class_ids[kept])
    if not num_mixed:
        return found
    masks = decode_masks(mixtures[:, columns[kept]].T, answers[1][0], found.boxes_xyxy, placement)
    return replace(found, masks=masks)


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


def _read_candidates(answer: Float32Array, min_score: float) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Return boxes, scores, classes and the columns that they stand in."""
    best = answer[4:].max(axis=0)
    columns = np.flatnonzero(best > min_score)
    centers, sizes = answer[0:2, columns].T.astype(np.float64), answer[2:4, columns].T.astype(np.float64)
    boxes = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=1)
    return boxes, best[columns].astype(np.float64), answer[4:, columns].argmax(axis=0), columns


def _read_detections(answer: Float32Array, min_score: float) -> tuple[FloatArray, FloatArray, IntArray]:
    found = answer[answer[:, 4] > min_score].astype(np.float64)
    return found[:, :4], found[:, 4], found[:, 5].astype(np.int64)
