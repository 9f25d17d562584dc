"""What became better, and what worse, since the evaluation before on the same pictures; each at its own threshold."""

from collections.abc import Iterator

import numpy as np

from partsight.report.content import EarlierEvaluation, ReportContent
from partsight.report.false_words import count_false, count_misnamed
from partsight.report.figures import number, percent
from partsight.structures.evaluation import Evaluation


def describe_changes(content: ReportContent) -> tuple[str, ...]:
    """Return a sentence about all, and one for what is better and for what is worse; nothing where nothing came before."""
    if content.earlier is None:
        return ()
    changes = list(_changes(content.earlier.evaluation, content.evaluation))
    kinds = {
        "Better": [words for words, gain in changes if gain > 0],
        "Worse": [words for words, gain in changes if gain < 0],
    }
    told = [f"{kind}: {'; '.join(words)}." for kind, words in kinds.items() if words]
    return (_overall(content.earlier, content.evaluation), *(told or ["At the threshold nothing changed."]))


def _overall(earlier: EarlierEvaluation, now: Evaluation) -> str:
    figures = f"mAP50 {number(earlier.evaluation.overall.ap50)} → {number(now.overall.ap50)}"
    interval = earlier.difference
    if interval is None:
        return f"{figures}; too few sessions to say how sure that is."
    sure = f"95 % interval of the difference {interval.low:+.3f} to {interval.high:+.3f}"
    if interval.low <= 0 <= interval.high:
        return f"{figures}: the two cannot be told apart on these pictures ({sure})."
    return f"{figures}: clearly {'better' if interval.low > 0 else 'worse'} ({sure})."


def _changes(before: Evaluation, now: Evaluation) -> Iterator[tuple[str, float]]:
    """Yield each figure that changed, in words, with how much was gained."""
    for name, one, two in (
        ("precision", before.overall.precision, now.overall.precision),
        ("recall", before.overall.recall, now.overall.recall),
    ):
        if np.isfinite(two - one) and percent(one) != percent(two):
            yield f"{name} {percent(one)} → {percent(two)}", two - one
    for name, fewer, count in (
        ("false detections", count_false(before), count_false(now)),
        ("parts under a wrong name", count_misnamed(before), count_misnamed(now)),
    ):
        if fewer != count:
            yield f"{name} {fewer} → {count}", fewer - count
    found = zip(now.class_names, before.confusion.diagonal(), now.confusion.diagonal(), now.per_class, strict=False)
    for class_name, was, is_now, score in found:
        if was != is_now:
            yield f"{class_name} found {was} → {is_now} of {score.num_boxes}", float(is_now) - float(was)
