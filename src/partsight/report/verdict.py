"""The first words of the report, from the figures: what was found, on what, how sure, and what that does not prove."""

import math

from partsight.report.content import ReportContent, TestSource
from partsight.report.false_words import say_false
from partsight.report.figures import percent, recall_at
from partsight.structures.evaluation import Evaluation

FEW_SESSIONS = 5
"""Sessions below which a bootstrap over sessions is itself unreliable."""

_PICTURES: dict[TestSource, str] = {
    "render": "renders",
    "photo": "photos",
    "mixed": "pictures, renders and photos mixed",
}


def write_verdict(content: ReportContent) -> str:
    """Return two to five plain sentences."""
    if content.verdict is not None:
        return content.verdict
    evaluation = content.evaluation
    if evaluation.overall.num_boxes == 0:
        pictures = _count(evaluation.num_images, content.test_source)
        return f"Nothing can be said about finding parts: none of the {pictures} shows one."
    sentences = (_finding(content), _caution(evaluation), _training(content), _limit(content.test_source))
    return " ".join(sentence for sentence in sentences if sentence)


def _finding(content: ReportContent) -> str:
    evaluation, overall = content.evaluation, content.evaluation.overall
    classes = sum(score.num_boxes > 0 for score in evaluation.per_class)
    mean = f", averaged over {classes} classes" if classes > 1 else ""
    correct = f"{percent(overall.precision)} of what it reports is right{_interval(evaluation, 'precision')}"
    return (
        f"Finds {percent(overall.recall)} of the parts{_interval(evaluation, 'recall')} and {correct}{mean}, on "
        f"{_count(evaluation.num_images, content.test_source)} with {overall.num_boxes} labeled parts{_wrong(content)}."
    )


def _wrong(content: ReportContent) -> str:
    told = say_false(content)
    return f": {told}" if told else ""


def _interval(evaluation: Evaluation, figure: str) -> str:
    interval = evaluation.intervals.get(figure)
    if interval is None or not math.isfinite(interval.low):
        return ""
    return f" (95\N{NO-BREAK SPACE}% interval {percent(interval.low)} to {percent(interval.high)})"


def _count(num_images: int, source: TestSource) -> str:
    return f"{num_images} held-out {_PICTURES[source]}"


def _caution(evaluation: Evaluation) -> str:
    cautions = []
    if evaluation.threshold_source == "test":
        cautions.append("The score threshold was chosen on these same pictures: the figures are optimistic.")
    if evaluation.best_f1_threshold is not None:
        cautions.append(
            f"The threshold was raised from {evaluation.best_f1_threshold:.2f}, where F1 is best, to {evaluation.threshold:.2f}, so "
            f"that less is reported that is wrong; {_paid(evaluation)}."
        )
    if evaluation.choice is not None and not evaluation.choice.is_reached:
        cautions.append(
            f"What the recipe asks for (evaluate.operate_at, {evaluation.choice.rule}) is not reached: "
            f"the threshold is the nearest that the validation pictures can tell."
        )
    if not evaluation.intervals:
        cautions.append("No interval is given, so how much chance is in these figures is unknown.")
    elif evaluation.num_sessions < FEW_SESSIONS:
        cautions.append(f"The interval rests on only {evaluation.num_sessions} sessions and is itself uncertain.")
    return " ".join(cautions)


def _paid(evaluation: Evaluation) -> str:
    """Say what the raised threshold costs, on the pictures that report."""
    before = recall_at(evaluation, evaluation.best_f1_threshold or evaluation.threshold)
    return f"recall pays for it, {percent(before)} → {percent(evaluation.overall.recall)}"


def _training(content: ReportContent) -> str:
    if content.num_train_renders + content.num_train_photos + content.num_train_backgrounds == 0:
        return ""
    return f"Trained on {describe_training(content)}."


def describe_training(content: ReportContent) -> str:
    """Return how many pictures of which kind were learned from, in words."""
    backgrounds = f", and {content.num_train_backgrounds} photos without parts" if content.num_train_backgrounds else ""
    return f"{content.num_train_renders or 'no'} renders and {content.num_train_photos or 'no'} photos{backgrounds}"


def _limit(source: TestSource) -> str:
    return {
        "render": "This says nothing about real photos: none were given.",
        "photo": "It holds for photos taken like these, not for other places, lights or cameras.",
        "mixed": "Renders are easier than photos: the figures say little about photos alone.",
    }[source]
