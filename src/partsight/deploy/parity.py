"""Does an exported network find what its checkpoint finds? Box by box on the same pictures, within stated tolerances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.deploy.description import Parity
from partsight.errors import ModelError
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.boxes import FOUND_IOU, pair_boxes, pairwise_iou
from partsight.structures.detections import Detections
from partsight.structures.mask import mask_iou

BOXES_PER_PICTURE = 5
"""Where fewer boxes than this per picture reach the threshold, weaker ones are compared too."""
_FAR_PX = 1e6
_LEAST_MASK_PX = 200


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far boxes, scores and mean average precision may differ."""

    iou: float
    """Boxes of a pair overlap by at least this."""
    score: float
    """Scores of a pair differ by at most this share of the best score of all."""
    map50: float
    unmatched_share: float
    """Share of the boxes that may have no partner: where two overlapping boxes score the same, rounding chooses one."""
    mask_iou: float
    """Masks of a pair, tiny ones aside, overlap by at least this."""


EXACT = Tolerance(iou=0.98, score=0.01, map50=0.005, unmatched_share=0.01, mask_iou=0.95)
"""For networks that compute in 32 bits."""
ROUNDED = Tolerance(iou=0.90, score=0.05, map50=0.02, unmatched_share=0.03, mask_iou=0.80)
"""For networks that compute in 16 bits."""
TOLERANCES: Mapping[str, Tolerance] = {"tensorrt": ROUNDED, "ncnn": ROUNDED, "coreml": ROUNDED}
"""By format; EXACT for all others."""


@dataclass(frozen=True, slots=True)
class ParityRun:
    """Detections of both on the same pictures, and their mean average precision where truth is known."""

    network: str
    checkpoint: Sequence[Detections]
    exported: Sequence[Detections]
    pictures: str
    map50s: tuple[float, float] | None = None
    """Checkpoint, exported."""


def measure_parity(comparison: ParityRun, threshold: float) -> Parity:
    """Return how far the two agree on all boxes above the threshold, or on weaker ones where there are few."""
    floor = _floor(comparison, threshold)
    best = max((float(found.scores.max(initial=0)) for found in comparison.checkpoint), default=0.0)
    tolerance = TOLERANCES.get(comparison.network, EXACT)
    pairs = [
        _pair(*both, floor=floor, slack=tolerance.score * best)
        for both in zip(comparison.checkpoint, comparison.exported, strict=True)
    ]
    overlaps = np.concatenate([pair.overlaps for pair in pairs] or [np.empty(0)])
    differences = np.concatenate([pair.score_differences for pair in pairs] or [np.empty(0)])
    masks = np.concatenate([pair.mask_overlaps for pair in pairs] or [np.empty(0)])
    maps = comparison.map50s or (None, None)
    return Parity(
        network=comparison.network,
        num_pictures=len(pairs),
        pictures=comparison.pictures,
        num_boxes=len(overlaps) + sum(pair.num_alone for pair in pairs),
        floor=floor,
        best_score=best,
        num_unmatched=sum(pair.num_alone for pair in pairs),
        least_iou=float(overlaps.min()) if len(overlaps) else None,
        largest_score_difference=float(differences.max()) if len(differences) else None,
        least_mask_iou=float(masks.min()) if len(masks) else None,
        map50_checkpoint=maps[0],
        map50_exported=maps[1],
        tolerances={
            name: getattr(tolerance, name) for name in ("iou", "score", "map50", "unmatched_share", "mask_iou")
        },
    )


def check_parity(parity: Parity) -> None:
    """Raise ModelError when the two disagree beyond the tolerances."""
    allowed, problems = parity.tolerances, []
    if parity.num_unmatched > allowed["unmatched_share"] * parity.num_boxes:
        problems.append(f"{parity.num_unmatched} of {parity.num_boxes} boxes are found by one of them only")
    if parity.least_iou is not None and parity.least_iou < allowed["iou"]:
        problems.append(f"boxes overlap by {parity.least_iou:.3f} only (at least {allowed['iou']})")
    if parity.least_mask_iou is not None and parity.least_mask_iou < allowed["mask_iou"]:
        problems.append(f"masks overlap by {parity.least_mask_iou:.3f} only (at least {allowed['mask_iou']})")
    most = allowed["score"] * parity.best_score
    if parity.largest_score_difference is not None and parity.largest_score_difference > most:
        problems.append(f"scores differ by {parity.largest_score_difference:.2g} (at most {most:.2g})")
    if parity.map50_checkpoint is not None and parity.map50_exported is not None:
        difference = abs(parity.map50_checkpoint - parity.map50_exported)
        if difference > allowed["map50"]:
            problems.append(f"mAP50 differs by {difference:.3f} (at most {allowed['map50']})")
    if problems:
        raise ModelError(
            f"the exported network '{parity.network}' does not do what its checkpoint does, on {parity.num_pictures} "
            f"pictures ({parity.pictures}): {'; '.join(problems)}. It is not written. Other versions of the libraries may "
            "export it right; please report this."
        )


def _floor(comparison: ParityRun, threshold: float) -> float:
    """Return the score down to which boxes are compared."""
    scores = np.concatenate([np.empty(0), *(found.scores for found in comparison.checkpoint)])
    wanted = BOXES_PER_PICTURE * len(comparison.checkpoint)
    if len(scores) == 0 or (scores >= threshold).sum() >= wanted:
        return threshold
    return float(min(threshold, np.sort(scores)[::-1][: wanted + 1][-1]))


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    overlaps: FloatArray
    score_differences: FloatArray
    num_alone: int
    mask_overlaps: FloatArray


def _pair(first: Detections, second: Detections, *, floor: float, slack: float) -> _Pairs:
    """Pair boxes of the same class, best overlap first; boxes within `slack` of the floor need no partner."""
    boxes, others = _apart_by_class(first), _apart_by_class(second)
    pairs = pair_boxes(boxes, others, FOUND_IOU)
    alone = [np.delete(found.scores, pairs[:, side]) >= floor + slack for side, found in enumerate((first, second))]
    scores, other_scores = first.scores[pairs[:, 0]], second.scores[pairs[:, 1]]
    is_compared = np.maximum(scores, other_scores) >= floor
    overlaps = pairwise_iou(boxes, others)[pairs[:, 0], pairs[:, 1]]
    differences = np.abs(scores - other_scores)
    masks = _mask_overlaps(first, second, pairs[is_compared])
    return _Pairs(overlaps[is_compared], differences[is_compared], int(sum(one.sum() for one in alone)), masks)


def _mask_overlaps(first: Detections, second: Detections, pairs: IntArray) -> FloatArray:
    """Return how much the masks of each pair overlap; none for boxes alone, and for masks of a few pixels, where one counts much."""
    if first.masks is None or second.masks is None:
        return np.empty(0)
    both = [(first.masks[one], second.masks[other]) for one, other in pairs.tolist()]
    return np.array([mask_iou(*pair) for pair in both if max(mask.num_px for mask in pair) >= _LEAST_MASK_PX])


def _apart_by_class(found: Detections) -> FloatArray:
    """Return boxes moved so far that those of different classes never overlap."""
    moved: FloatArray = found.boxes_xyxy + _FAR_PX * found.class_ids[:, None]
    return moved
