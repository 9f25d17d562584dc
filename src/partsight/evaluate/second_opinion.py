"""What a verifier changed: the same pictures judged with and without it, each at its own threshold."""

import numpy as np

from partsight.evaluate.figures.average_precision import average_precisions
from partsight.evaluate.figures.confusion import confusion_matrix
from partsight.evaluate.figures.operating_point import figures_at, mean_over_classes
from partsight.evaluate.figures.thresholds import Limits
from partsight.structures.detections import Threshold
from partsight.structures.evaluation import Judgment, SecondOpinion
from partsight.structures.matched import Matched


def judge_change(before: Matched, after: Matched, *, limits_before: Limits, limits_after: Limits) -> SecondOpinion:
    """Return the figures without and with a verifier, and how many parts are found by one of them only."""
    found_before, found_after = (
        matched.at(_threshold(limits)).is_found for matched, limits in ((before, limits_before), (after, limits_after))
    )
    return SecondOpinion(
        before=_judge(before, limits_before),
        after=_judge(after, limits_after),
        num_won=int((found_after & ~found_before).sum()),
        num_lost=int((found_before & ~found_after).sum()),
    )


def _judge(matched: Matched, limits: Limits) -> Judgment:
    confusion = confusion_matrix(matched, matched.at(_threshold(limits)))
    named, num_right = confusion[:-1, :-1], int(np.trace(confusion[:-1, :-1]))
    each = np.broadcast_to(_threshold(limits), len(matched.per_class))
    figures = [
        [*figures_at(ranked, np.array([limit]))[:2, 0], average_precisions(ranked)[0]]
        for ranked, limit in zip(matched.per_class, each, strict=True)
    ]
    precision, recall, map50 = mean_over_classes(np.array(figures).T).tolist()
    return Judgment(
        threshold=limits.threshold,
        map50=map50,
        precision=precision,
        recall=recall,
        num_right=num_right,
        num_misnamed=int(named.sum()) - num_right,
        num_false=int(confusion[-1].sum()),
    )


def _threshold(limits: Limits) -> Threshold:
    return np.array(limits.class_thresholds) if limits.class_thresholds else limits.threshold
