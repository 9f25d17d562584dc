"""The score threshold at which a detector is used, for all classes or for each: best F1, and few false alarms where nothing is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.config.sections.evaluate import EvaluateSection
from partsight.errors import EvaluationError
from partsight.evaluate.figures.operating_point import SCORE_GRID, figures_at, mean_over_classes
from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.detections import Detections
from partsight.structures.matched import Matched, RankedDetections

FEWEST_BOXES = 10
"""Boxes of a class below which it has no threshold of its own."""
FEWEST_EMPTY = 10
"""Pictures without parts below which they tell nothing about the rate of false alarms."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The scores from which detections count."""

    threshold: float
    class_thresholds: tuple[float, ...]
    """One for each class where the recipe wants them, otherwise empty."""
    best_f1_threshold: float | None
    """Where F1 is best, if pictures without parts raised the threshold above it."""


def choose_limits(matched: Matched, section: EvaluateSection) -> Limits:
    """Choose as the recipe says. Raises EvaluationError when the dataset has no labeled box."""
    best_f1 = choose_threshold(matched)
    quiet = _least_quiet(matched, section)
    threshold, of_classes = max(best_f1, quiet), ()
    if section.thresholds == "per_class":
        of_classes = np.maximum(choose_class_thresholds(matched, threshold), quiet).tolist()
    return Limits(threshold, tuple(of_classes), best_f1 if quiet > best_f1 else None)


def _least_quiet(matched: Matched, section: EvaluateSection) -> float:
    """Return the threshold below which pictures without parts bring too many detections; 0 where nobody asks."""
    if section.most_false_alarms == "any" or section.protocol == "baseline":
        return 0.0
    pairs = zip(matched.dataset.samples, matched.detections, strict=True)
    return quiet_threshold([found for sample, found in pairs if not len(sample.class_ids)], section.most_false_alarms)


def choose_threshold(matched: Matched) -> float:
    """Return the score threshold (0.001 … 0.999) with the best F1, averaged over classes, whatever `quiet_threshold` says.

    Of a range of equally good thresholds, the middle; of several ranges, the widest. A detector that finds nothing
    gets 0.5. Raises EvaluationError when the dataset has no labeled box.
    """
    if not len(matched.truth_class_ids):
        raise EvaluationError(
            f"no threshold can be chosen: none of the {len(matched.dataset.samples)} pictures has a labeled box. "
            "Give the validation set pictures that show the parts."
        )
    f1 = np.stack([figures_at(ranked, SCORE_GRID)[2] for ranked in matched.per_class])
    mean_f1 = mean_over_classes(f1.T)
    return float(SCORE_GRID[_middle_of_widest_run(mean_f1 >= mean_f1.max() - 1e-12)])


def quiet_threshold(on_empty: Sequence[Detections], most_false_alarms: float) -> float:
    """Return the lowest threshold (0.001 … 0.999) with at most so many detections per picture, given those on pictures without parts.

    Fewer than `FEWEST_EMPTY` pictures cannot tell: the lowest threshold of all. A detector that is too sure of too many things gets
    the highest.
    """
    if len(on_empty) < FEWEST_EMPTY:
        return float(SCORE_GRID[0])
    scores = np.concatenate([found.scores for found in on_empty])
    num_alarms = (scores[:, None] >= SCORE_GRID).sum(axis=0)
    is_quiet = num_alarms <= most_false_alarms * len(on_empty) + 1e-9
    return float(SCORE_GRID[np.argmax(is_quiet)] if is_quiet.any() else SCORE_GRID[-1])


def choose_class_thresholds(matched: Matched, common: float) -> FloatArray:
    """Return (C,) thresholds, each with its class's best F1; classes with fewer than `FEWEST_BOXES` boxes keep the common one.

    The best threshold of few boxes is chance: which one it is hangs on two or three detections.
    """
    ranked = matched.per_class
    return np.array([_own_threshold(one) if one.num_boxes.sum() >= FEWEST_BOXES else common for one in ranked])


def _own_threshold(ranked: RankedDetections) -> float:
    f1 = figures_at(ranked, SCORE_GRID)[2]
    return float(SCORE_GRID[_middle_of_widest_run(f1 >= f1.max() - 1e-12)])


def _middle_of_widest_run(chosen: BoolArray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(int)))
    starts, stops = edges[::2], edges[1::2]
    widest = int(np.argmax(stops - starts))
    return int(starts[widest] + stops[widest] - 1) // 2
