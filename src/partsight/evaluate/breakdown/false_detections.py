"""What the false detections are: background, at the picture's edge or not, a part found twice, or a part framed too loosely."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from partsight.evaluate.figures.operating_point import figures_at, mean_over_classes
from partsight.structures.arrays import BoolArray, FloatArray, IntArray
from partsight.structures.boxes import pairwise_iou
from partsight.structures.detections import Threshold
from partsight.structures.evaluation import FalseDetections, OtherThreshold
from partsight.structures.matched import Matched

LOOSE_IOU = 0.1
"""Overlap with a part below which a detection is on background (TIDE's)."""
EDGE_SHARE = 0.01
"""A box whose side is nearer to the picture's border than this share of the picture lies at the edge."""
FEWER = (0.5, 0.2, 0.05, 0.0)
"""Shares of the false detections that other thresholds should leave."""


def explain_false(matched: Matched, threshold: Threshold) -> FalseDetections:
    """Return what the detections above the threshold that take no part are, and how many took a part of another class."""
    pairing = matched.at(threshold)
    false_ids = np.flatnonzero(pairing.is_kept & (pairing.truth_ids < 0))
    num_misnamed = int((pairing.is_kept & (pairing.truth_ids >= 0) & ~pairing.is_right).sum())
    is_on_part = matched.is_on_part[false_ids]
    is_loose = ~is_on_part & (_nearest_iou(matched, false_ids) >= LOOSE_IOU)
    is_background = ~is_on_part & ~is_loose
    reaches, chances = _at_edge(matched, false_ids[is_background])
    worst, num_worst = _worst_session(matched, false_ids)
    return FalseDetections(
        num_background=int(is_background.sum()),
        num_duplicates=int(is_on_part.sum()),
        num_loose=int(is_loose.sum()),
        num_misnamed=num_misnamed,
        num_at_edge=int(reaches.sum()),
        num_at_edge_by_chance=float(chances.sum()),
        share_of_parts_at_edge=_share_of_parts_at_edge(matched),
        num_pictures=len(np.unique(matched.image_ids[false_ids])),
        worst_session=worst,
        num_in_worst_session=num_worst,
    )


def try_thresholds(matched: Matched, threshold: Threshold) -> tuple[OtherThreshold, ...]:
    """Return thresholds for all classes that leave ever fewer of the false detections, the lowest that does each."""
    pairing = matched.at(threshold)
    num_false = int((pairing.is_kept & (pairing.truth_ids < 0)).sum())
    if not num_false or not len(matched.truth_class_ids):
        return ()
    wanted = dict.fromkeys(int(share * num_false) for share in FEWER)
    candidates = np.unique(np.round(matched.scores, 3))[::-1]
    found = [_lowest(matched, candidates, most) for most in wanted]
    chosen = {one.threshold: one for one in found if one is not None}
    return tuple(chosen.values())


def _lowest(matched: Matched, candidates: FloatArray, most: int) -> OtherThreshold | None:
    """Return what the lowest threshold with at most so many false detections gives; their number falls as it rises, about."""
    low, high = 0, len(candidates)  # candidates[:low] are known to do, candidates[high:] not to
    while low < high:
        middle = (low + high) // 2
        if _count_false(matched, float(candidates[middle])) <= most:
            low = middle + 1
        else:
            high = middle
    if not low:
        return None
    threshold = float(candidates[low - 1])
    figures = np.stack([figures_at(one, np.array([threshold]))[:2, 0] for one in matched.per_class])
    precision, recall = mean_over_classes(figures.T).tolist()
    return OtherThreshold(threshold, precision, recall, _count_false(matched, threshold))


def _count_false(matched: Matched, threshold: float) -> int:
    pairing = matched.at(threshold)
    return int((pairing.is_kept & (pairing.truth_ids < 0)).sum())


def _nearest_iou(matched: Matched, detection_ids: IntArray) -> FloatArray:
    """Return (K,) the largest overlap of each detection with a part of whatever class."""
    return np.array(
        [pairwise_iou(box[None], boxes).max(initial=0.0) for box, boxes in _with_parts(matched, detection_ids)]
    )


def _with_parts(matched: Matched, detection_ids: IntArray) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield the (4,) box of each detection and the (M, 4) true boxes of its picture."""
    for detection_id in detection_ids.tolist():
        image_id = int(matched.image_ids[detection_id])
        place = detection_id - matched.detections_of(image_id).start
        yield matched.detections[image_id].boxes_xyxy[place], matched.dataset.samples[image_id].boxes_xyxy


def _at_edge(matched: Matched, detection_ids: IntArray) -> tuple[BoolArray, FloatArray]:
    """Return (K,) whether each box lies at the picture's edge, and the chance that it would if its middle lay anywhere."""
    sizes = [matched.dataset.samples[image_id].size_wh for image_id in matched.image_ids[detection_ids].tolist()]
    boxes = [box for box, _ in _with_parts(matched, detection_ids)]
    boxes_xyxy, sizes_wh = np.array(boxes).reshape(-1, 4), np.array(sizes, float).reshape(-1, 2)
    sides = (boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]) / sizes_wh
    return _reaches_edge(boxes_xyxy, sizes_wh), 1 - np.clip(1 - sides - 2 * EDGE_SHARE, 0, 1).prod(axis=1)


def _reaches_edge(boxes_xyxy: FloatArray, sizes_wh: FloatArray) -> BoolArray:
    margin = EDGE_SHARE * sizes_wh
    is_near: BoolArray = (boxes_xyxy[:, :2] <= margin) | (boxes_xyxy[:, 2:] >= sizes_wh - margin)
    return np.asarray(is_near.any(axis=1))


def _share_of_parts_at_edge(matched: Matched) -> float:
    samples = matched.dataset.samples
    reaches = [_reaches_edge(one.boxes_xyxy, np.tile(one.size_wh, (len(one.boxes_xyxy), 1))) for one in samples]
    all_parts: Sequence[bool] = np.concatenate([np.zeros(0, bool), *reaches]).tolist()
    return float(np.mean(all_parts)) if len(all_parts) else float("nan")


def _worst_session(matched: Matched, detection_ids: IntArray) -> tuple[str, int]:
    sessions = [one.session for one in matched.dataset.samples]
    counts = Counter(sessions[image_id] for image_id in matched.image_ids[detection_ids].tolist())
    return counts.most_common(1)[0] if counts and len(set(sessions)) > 1 else ("", 0)
