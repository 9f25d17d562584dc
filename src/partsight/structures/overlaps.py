"""Which detections lie on which true boxes, and who takes which: the best-scored detection chooses first, as in COCO.

A detection takes the free box that it overlaps most, of equal overlaps the later one. All pictures choose at the same time, in rounds:
in round k the k-th best detection of each group chooses. Boxes of two groups never overlap, so no two of a round want the same box.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, IntArray, locked
from partsight.structures.boxes import FOUND_IOU, pairwise_iou


@dataclass(frozen=True, slots=True, eq=False)
class Overlaps:
    """Pairs of a detection and a true box of its picture that overlap by `FOUND_IOU`; the order is that of `gather_overlaps`."""

    detection_ids: IntArray
    """(P,) ascending."""
    truth_ids: IntArray
    """(P,) of one detection: the most overlapped first."""
    iou: FloatArray
    """(P,)"""
    num_detections: int
    num_boxes: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "detection_ids", locked(self.detection_ids, np.int64, (None,)))
        object.__setattr__(self, "truth_ids", locked(self.truth_ids, np.int64, (len(self.detection_ids),)))
        object.__setattr__(self, "iou", locked(self.iou, np.float64, (len(self.detection_ids),)))

    def only(self, chosen: BoolArray) -> "Overlaps":
        """Return those of the pairs; (P,) says which."""
        kept = (self.detection_ids[chosen], self.truth_ids[chosen], self.iou[chosen])
        return Overlaps(*kept, self.num_detections, self.num_boxes)


def gather_overlaps(pictures: Iterable[tuple[FloatArray, FloatArray]]) -> Overlaps:
    """Return the overlaps on pictures of which each has (N, 4) detections, best first, and (M, 4) true boxes; both are counted on."""
    return gather_ious(pairwise_iou(*boxes) for boxes in pictures)


def gather_ious(ious: Iterable[FloatArray]) -> Overlaps:
    """Return the overlaps on pictures of which each has the (N, M) IoU of its detections, best first, with what is there."""
    pairs, starts = [(np.zeros(0), np.zeros(0), np.zeros(0))], np.zeros(2, np.int64)
    for iou in ious:
        rows, columns = np.nonzero(iou >= FOUND_IOU)
        pairs.append((rows + starts[0], columns + starts[1], iou[rows, columns]))
        starts += iou.shape
    detection_ids, truth_ids, iou = (np.concatenate(column) for column in zip(*pairs, strict=True))
    order = np.lexsort((-truth_ids, -iou, detection_ids))
    return Overlaps(detection_ids[order], truth_ids[order], iou[order], *starts.tolist())


def take_boxes(overlaps: Overlaps, group_ids: IntArray, min_ious: Sequence[float] | FloatArray) -> IntArray:
    """Return (T, N): the true box that each detection takes at each of T least overlaps from `FOUND_IOU`, −1 for none.

    `group_ids` is (N,), ascending within a picture's scores; detections of two groups must not overlap the same box.
    """
    least = np.asarray(min_ious, np.float64)[:, None]
    taken = np.full((len(least), overlaps.num_detections), -1, np.int64)
    is_free = np.ones((len(least), overlaps.num_boxes), dtype=bool)
    for pairs in _rounds(overlaps, group_ids):
        detection_ids, truth_ids = overlaps.detection_ids[pairs], overlaps.truth_ids[pairs]
        is_offered = is_free[:, truth_ids] & (overlaps.iou[pairs] >= least)
        starts = np.flatnonzero(np.diff(detection_ids, prepend=-1))
        first = np.minimum.reduceat(np.where(is_offered, np.arange(len(pairs)), len(pairs)), starts, axis=1)
        levels, turns = np.nonzero(first < len(pairs))
        chosen = truth_ids[first[levels, turns]]
        taken[levels, detection_ids[starts[turns]]] = chosen
        is_free[levels, chosen] = False
    return taken


def _rounds(overlaps: Overlaps, group_ids: IntArray) -> Iterator[IntArray]:
    """Yield the pairs of the best detection of each group that overlaps anything, then those of the second best, and so on."""
    if not len(overlaps.detection_ids):
        return
    hopeful, places = np.unique(overlaps.detection_ids, return_inverse=True)
    ordered = np.argsort(group_ids[hopeful], kind="stable")
    groups = group_ids[hopeful][ordered]
    turns = np.empty(len(hopeful), np.int64)
    turns[ordered] = np.arange(len(hopeful)) - np.searchsorted(groups, groups)
    turn_of_pairs = turns[places]
    order = np.argsort(turn_of_pairs, kind="stable")
    yield from np.split(order, np.flatnonzero(np.diff(turn_of_pairs[order])) + 1)
