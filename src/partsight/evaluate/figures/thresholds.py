"""The score threshold at which a detector is used, for all classes or each: chosen by the recipe's rule, on validation pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from partsight.config.sections.evaluate import EvaluateSection, OperatingRule, parse_rule
from partsight.dataset.splits import ENOUGH_PLACES, FEWEST_CHOOSING
from partsight.errors import EvaluationError
from partsight.evaluate.figures.operating_point import SCORE_GRID, figures_at, mean_over_classes
from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.detections import Detections
from partsight.structures.evaluation import ThresholdChoice
from partsight.structures.matched import Matched, RankedDetections

FEWEST_BOXES = 10
"""Boxes of a class below which it has no threshold of its own."""
FEWEST_EMPTY = FEWEST_CHOOSING
"""Pictures without parts below which they tell nothing about the rate of false alarms."""
QUIET = 0.05
"""False alarms per picture without parts that `auto` then allows."""


RENDER_MARGIN = 0.03
"""F1 on renders that is given away for a higher threshold where no photo of a part chooses: false detections are rarer on renders than
on photos. On gears it took F1 on photos from .71 to .89, on boards from .38 to .39, on bolts from .60 to .57
(research/0014-margin-of-thresholds.md)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The scores from which detections count."""

    threshold: float
    class_thresholds: tuple[float, ...]
    """One for each class where the recipe wants them, otherwise empty."""
    best_f1_threshold: float | None
    """Where F1 is best, if the rule raised the threshold above it."""
    choice: ThresholdChoice | None = None
    """By which rule, on which pictures."""


def choose_limits(matched: Matched, section: EvaluateSection, *, num_places: int = 0) -> Limits:
    """Choose as the recipe says, given how many photos of places there are. Raises EvaluationError without labeled box."""
    wanted = section.operate_at
    if section.protocol == "baseline":
        return _by_rule(matched, OperatingRule("best_f1"), margin=0.0)
    if isinstance(wanted, float):
        return Limits(wanted, (), None, ThresholdChoice(f"{wanted:g}"))
    if isinstance(wanted, Mapping):
        return _fixed_for_some(matched, wanted)
    return _by_rule(matched, _settled(parse_rule(wanted), matched, num_places), margin=_margin(matched))


def _margin(matched: Matched) -> float:
    """Return the F1 that is given away: none where photos show parts."""
    shown = {sample.source for sample in matched.dataset.samples if len(sample.class_ids)}
    return RENDER_MARGIN if shown == {"render"} else 0.0


def _settled(rule: OperatingRule, matched: Matched, num_places: int) -> OperatingRule:
    """Return what `auto` is with so many photos of places, of which enough have to be among the pictures that choose."""
    if rule.kind != "auto":
        return rule
    num_choosing = sum(not len(sample.class_ids) for sample in matched.dataset.samples)
    is_quiet = num_places >= ENOUGH_PLACES and num_choosing >= FEWEST_EMPTY
    return replace(rule, kind="false_alarms" if is_quiet else "best_f1", value=QUIET if is_quiet else 0.0)


def _fixed_for_some(matched: Matched, scores: Mapping[str, float]) -> Limits:
    others = _by_rule(matched, OperatingRule("best_f1"), margin=_margin(matched))
    limits = tuple(scores.get(name, others.threshold) for name in matched.dataset.class_names)
    rule = ", ".join(f"{name} {score:g}" for name, score in scores.items())
    return replace(
        others, class_thresholds=limits, choice=_choice(matched, rule, is_reached=True, margin=_margin(matched))
    )


def _by_rule(matched: Matched, rule: OperatingRule, *, margin: float) -> Limits:
    """Choose a threshold for all classes and, where the rule wants them, one for each."""
    best_f1, lowest = choose_threshold(matched), 0.0
    threshold, is_reached = choose_threshold(matched, margin), True
    if rule.kind == "precision":
        threshold, is_reached = _precise_threshold(matched.per_class, rule.value)
    elif rule.kind == "false_alarms":
        lowest, is_reached = _least_quiet(matched, rule.value)
        threshold = max(threshold, lowest)
    of_classes: tuple[float, ...] = ()
    if rule.is_per_class:
        of_classes = tuple(max(one, lowest) for one in _class_thresholds(matched, rule, threshold, margin))
    used = 0.0 if rule.kind == "precision" else margin
    choice = _choice(matched, _in_words(rule), is_reached=is_reached, margin=used)
    return Limits(threshold, of_classes, best_f1 if threshold > best_f1 else None, choice)


def _in_words(rule: OperatingRule) -> str:
    takes_number = rule.kind in ("precision", "false_alarms")
    return f"{rule.kind}{f' {rule.value:g}' if takes_number else ''}{' per_class' if rule.is_per_class else ''}"


def _choice(matched: Matched, rule: str, *, is_reached: bool, margin: float) -> ThresholdChoice:
    samples = matched.dataset.samples
    return ThresholdChoice(
        rule=rule,
        num_renders=sum(one.source == "render" for one in samples),
        num_photos=sum(one.source == "photo" and len(one.class_ids) > 0 for one in samples),
        num_places=sum(one.source == "photo" and not len(one.class_ids) for one in samples),
        is_reached=is_reached,
        margin=margin,
    )


def _least_quiet(matched: Matched, most_false_alarms: float) -> tuple[float, bool]:
    """Return the threshold below which pictures without parts bring too many detections, and whether that can be told and reached."""
    pairs = zip(matched.dataset.samples, matched.detections, strict=True)
    on_empty = [found for sample, found in pairs if not len(sample.class_ids)]
    quiet = quiet_threshold(on_empty, most_false_alarms)
    num_left = sum(int((found.scores >= quiet).sum()) for found in on_empty)
    is_reached = len(on_empty) >= FEWEST_EMPTY and num_left <= most_false_alarms * len(on_empty) + 1e-9
    return quiet, is_reached


def _precise_threshold(ranked: Sequence[RankedDetections], least: float) -> tuple[float, bool]:
    """Return the lowest threshold with that precision in the mean over classes, or the most precise one, and whether it is reached."""
    precision = mean_over_classes(np.stack([figures_at(one, SCORE_GRID)[0] for one in ranked]).T)
    is_enough = precision >= least - 1e-12
    place = int(np.argmax(is_enough) if is_enough.any() else np.argmax(precision))
    return float(SCORE_GRID[place]), bool(is_enough.any())


def choose_threshold(matched: Matched, margin: float = 0.0) -> float:
    """Return the score threshold (0.001 … 0.999) with the best F1, averaged over classes, whatever `quiet_threshold` says.

    Of a range of equally good thresholds, the middle; of several ranges, the widest. With a margin, the highest threshold at which F1
    is not lower by more. A detector that finds nothing gets 0.5. Raises EvaluationError when the dataset has no labeled box.
    """
    if not len(matched.truth_class_ids):
        raise EvaluationError(
            f"no threshold can be chosen: none of the {len(matched.dataset.samples)} pictures has a labeled box. "
            "Give the validation set pictures that show the parts."
        )
    f1 = np.stack([figures_at(ranked, SCORE_GRID)[2] for ranked in matched.per_class])
    return _best(mean_over_classes(f1.T), margin)


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


def _best(f1: FloatArray, margin: float) -> float:
    if margin and f1.max() > 0:
        return float(SCORE_GRID[np.flatnonzero(f1 >= f1.max() - margin)[-1]])
    return float(SCORE_GRID[_middle_of_widest_run(f1 >= f1.max() - 1e-12)])


def choose_class_thresholds(matched: Matched, common: float, margin: float = 0.0) -> FloatArray:
    """Return (C,) thresholds, each with its class's best F1; classes with fewer than `FEWEST_BOXES` boxes keep the common one.

    The best threshold of few boxes is chance: which one it is hangs on two or three detections.
    """
    ranked = matched.per_class
    return np.array([_own_threshold(one, margin) if one.num_boxes.sum() >= FEWEST_BOXES else common for one in ranked])


def _class_thresholds(matched: Matched, rule: OperatingRule, common: float, margin: float) -> list[float]:
    if rule.kind != "precision":
        own: list[float] = choose_class_thresholds(matched, common, margin).tolist()
        return own
    ranked = matched.per_class
    return [
        _precise_threshold([one], rule.value)[0] if one.num_boxes.sum() >= FEWEST_BOXES else common for one in ranked
    ]


def _own_threshold(ranked: RankedDetections, margin: float) -> float:
    return _best(figures_at(ranked, SCORE_GRID)[2], margin)


def _middle_of_widest_run(chosen: BoolArray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(int)))
    starts, stops = edges[::2], edges[1::2]
    widest = int(np.argmax(stops - starts))
    return int(starts[widest] + stops[widest] - 1) // 2
