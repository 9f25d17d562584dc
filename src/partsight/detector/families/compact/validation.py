"""Figures on the validation pictures after each epoch: they choose the checkpoint and are shown, no more.

What a report says is computed by `evaluate`, alike for all families.
"""

from collections.abc import Sequence

import numpy as np
import torch

from partsight.detector.decoding import suppress
from partsight.detector.families.compact.network import CompactNetwork
from partsight.detector.families.compact.pictures import NMS_IOU, Labeled, PictureSet
from partsight.structures.arrays import FloatArray
from partsight.structures.detections import Detections
from partsight.structures.matched import IOU_THRESHOLDS
from partsight.structures.overlaps import gather_overlaps, take_boxes

_MIN_SCORE, _MOST_CANDIDATES, _MOST_KEPT = 0.001, 300, 100
_BATCH = 16


def validate(network: CompactNetwork, pictures: PictureSet, num_classes: int, device: str) -> dict[str, float]:
    """Return mAP50 and mAP50-95 by the area under the precision-recall curve."""
    network.eval()
    truths = [pictures[k] for k in range(len(pictures))]
    found: list[Detections] = []
    for start in range(0, len(truths), _BATCH):
        found += _detect(network, truths[start : start + _BATCH], device)
    with_truth = sorted({int(k) for one in truths for k in one.class_ids})
    per_class = [_average_precisions(truths, found, k) for k in with_truth if k < num_classes]
    mean = np.mean(per_class, axis=0) if per_class else np.zeros(len(IOU_THRESHOLDS))
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


def _detect(network: CompactNetwork, batch: Sequence[Labeled], device: str) -> list[Detections]:
    pixels = torch.from_numpy(np.stack([one.image for one in batch])).to(device)
    with torch.inference_mode():
        boxes, logits = network(pixels.permute(0, 3, 1, 2).float() / 255.0)
    candidates = [best_candidates(*one, _MIN_SCORE, _MOST_CANDIDATES) for one in zip(boxes, logits, strict=True)]
    return [without_overlaps(one, _MOST_KEPT) for one in candidates]


def _average_precisions(truths: Sequence[Labeled], found: Sequence[Detections], class_id: int) -> FloatArray:
    """Return a class's average precision at each of `IOU_THRESHOLDS`."""
    mine = [one[one.class_ids == class_id] for one in found]
    boxes = [one.boxes_xyxy[one.class_ids == class_id] for one in truths]
    image_ids = np.repeat(np.arange(len(mine)), [len(one.scores) for one in mine])
    overlaps = gather_overlaps((one.boxes_xyxy, true) for one, true in zip(mine, boxes, strict=True))
    is_true = take_boxes(overlaps, image_ids, IOU_THRESHOLDS) >= 0
    order = np.argsort(-np.concatenate([one.scores for one in mine]), kind="stable")
    hits = is_true.T[order].cumsum(axis=0)
    precision = hits / np.arange(1, len(hits) + 1)[:, None]
    envelope = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
    gains = np.diff(hits, axis=0, prepend=np.zeros((1, len(IOU_THRESHOLDS))))
    area: FloatArray = (envelope * gains).sum(axis=0) / max(sum(map(len, boxes)), 1)
    return area
