"""Figures on the validation pictures after each epoch: they choose the checkpoint and are shown, no more.

What a report says is computed by `evaluate`, alike for all families.
"""

from collections.abc import Sequence

import numpy as np
import torch

from partsight.detector.decoding import suppress
from partsight.detector.families.compact_network import CompactNetwork
from partsight.detector.families.compact_pictures import NMS_IOU, Labelled, PictureSet
from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.boxes import pairwise_iou
from partsight.structures.detections import Detections

_MIN_SCORE, _MOST_CANDIDATES, _MOST_KEPT = 0.001, 300, 100
_BATCH = 16
_THRESHOLDS: FloatArray = np.linspace(0.5, 0.95, 10)


def validate(network: CompactNetwork, pictures: PictureSet, num_classes: int, device: str) -> dict[str, float]:
    """Return mAP50 and mAP50-95 by the area under the precision-recall curve."""
    network.eval()
    truths = [pictures[k] for k in range(len(pictures))]
    found: list[Detections] = []
    for start in range(0, len(truths), _BATCH):
        found += _detect(network, truths[start : start + _BATCH], device)
    with_truth = sorted({int(k) for one in truths for k in one.class_ids})
    per_class = [_average_precisions(truths, found, k) for k in with_truth if k < num_classes]
    mean = np.mean(per_class, axis=0) if per_class else np.zeros(len(_THRESHOLDS))
    return {"val/mAP50": float(mean[0]), "val/mAP50-95": float(mean.mean())}


def best_candidates(boxes: torch.Tensor, logits: torch.Tensor, min_score: float, most: int) -> Detections:
    """Return what one picture's places say above `min_score`, best first, overlapping boxes not yet dropped."""
    scores, class_ids = logits.float().sigmoid().max(dim=-1)
    order = scores.argsort(descending=True, stable=True)
    order = order[scores[order] > min_score][:most]
    return Detections(*(one[order].cpu().numpy() for one in (boxes.float(), scores, class_ids)))


def without_overlaps(candidates: Detections, max_detections: int) -> Detections:
    """Return the candidates that no better one of their class overlaps much."""
    kept = suppress(candidates.boxes_xyxy, candidates.class_ids, NMS_IOU, max_detections)
    return Detections(candidates.boxes_xyxy[kept], candidates.scores[kept], candidates.class_ids[kept])


def _detect(network: CompactNetwork, batch: Sequence[Labelled], device: str) -> list[Detections]:
    pixels = torch.from_numpy(np.stack([one.image for one in batch])).to(device)
    with torch.inference_mode():
        boxes, logits = network(pixels.permute(0, 3, 1, 2).float() / 255.0)
    candidates = [best_candidates(*one, _MIN_SCORE, _MOST_CANDIDATES) for one in zip(boxes, logits, strict=True)]
    return [without_overlaps(one, _MOST_KEPT) for one in candidates]


def _average_precisions(truths: Sequence[Labelled], found: Sequence[Detections], class_id: int) -> FloatArray:
    """Return a class's average precision at each threshold."""
    is_true, scores, num_boxes = [np.zeros((0, len(_THRESHOLDS)), bool)], [np.zeros(0)], 0
    for truth, one in zip(truths, found, strict=True):
        mine, own = truth.boxes_xyxy[truth.class_ids == class_id], one.class_ids == class_id
        num_boxes += len(mine)
        is_true.append(_matches(one.boxes_xyxy[own], mine))
        scores.append(one.scores[own])
    order = np.argsort(-np.concatenate(scores), kind="stable")
    hits = np.concatenate(is_true)[order].cumsum(axis=0)
    precision = hits / np.arange(1, len(hits) + 1)[:, None]
    envelope = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    gains = np.diff(hits, axis=0, prepend=np.zeros((1, len(_THRESHOLDS))))
    area: FloatArray = (envelope * gains).sum(axis=0) / max(num_boxes, 1)
    return area


def _matches(boxes_xyxy: FloatArray, truth_xyxy: FloatArray) -> BoolArray:
    """Return (N, thresholds): whether each detection, best first, is the first to find a box."""
    overlaps = pairwise_iou(boxes_xyxy, truth_xyxy)
    is_true = np.zeros((len(boxes_xyxy), len(_THRESHOLDS)), bool)
    for column, threshold in enumerate(_THRESHOLDS):
        free = np.ones(len(truth_xyxy), bool)
        for row, overlap in enumerate(overlaps):
            open_overlap = np.where(free, overlap, 0.0)
            if len(free) and open_overlap.max() >= threshold:
                is_true[row, column], free[open_overlap.argmax()] = True, False
    return is_true
