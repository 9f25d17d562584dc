"""False detections as the reader sees them: how many, what they are, what other thresholds would give, and what scores mean."""

from dataclasses import dataclass

import numpy as np

from partsight.report.content import ReportContent, TestSource
from partsight.report.figures import number, percent
from partsight.structures.evaluation import Evaluation

OFF = 0.1
"""Mean distance of scores from the share that is right, from which they are said to be off."""
FEW_DETECTIONS = 30
"""Detections, from half the threshold up, below which nothing is said about scores."""
_ONE: dict[TestSource, str] = {"render": "render", "photo": "photo", "mixed": "picture"}


@dataclass(frozen=True, slots=True)
class ThresholdRow:
    """One line of the table of thresholds."""

    threshold: str
    precision: str
    recall: str
    num_false: str
    rate: str
    is_used: bool


def count_false(evaluation: Evaluation) -> int:
    """Return how many detections above the threshold take no part."""
    return int(evaluation.confusion[-1].sum())


def count_misnamed(evaluation: Evaluation) -> int:
    """Return how many parts are found under the name of another class."""
    named = evaluation.confusion[:-1, :-1]
    return int(named.sum() - np.trace(named))


def say_false(content: ReportContent) -> str:
    """Return 'false detections: 119, 0.21 a photo' for the end of a sentence; empty where there are none."""
    evaluation = content.evaluation
    num_false, num_misnamed = count_false(evaluation), count_misnamed(evaluation)
    told = []
    if num_false:
        told.append(f"{counted(num_false, 'false detection')}, {rate_of(content)}")
    if num_misnamed:
        told.append(f"{counted(num_misnamed, 'part')} under a wrong name")
    return " and ".join(told)


def rate_of(content: ReportContent) -> str:
    """Return '0.21 a photo'."""
    return f"{count_false(content.evaluation) / content.evaluation.num_images:.2g} a {_ONE[content.test_source]}"


def describe_false(content: ReportContent) -> str:
    """Say what the false detections are; empty where there are none, or nobody has looked."""
    found = content.evaluation.false_detections
    if found is None or not found.total + found.num_misnamed:
        return ""
    kinds = {
        "on background": found.num_background,
        "on parts that were found already": found.num_duplicates,
        "framed too loosely to count": found.num_loose,
    }
    told = ", ".join(f"{count} {kind}" for kind, count in kinds.items() if count)
    sentences = []
    if found.total:
        sentences.append(
            f"{counted(found.total, 'false detection')} on {found.num_pictures} of {content.evaluation.num_images} pictures "
            f"({rate_of(content)}): {told}."
        )
    if found.num_misnamed:
        sentences.append(f"{counted(found.num_misnamed, 'part')} found under a wrong name.")
    if found.num_at_edge:
        sentences.append(
            f"Of those on background {found.num_at_edge} lie at the picture's edge; boxes of their sizes anywhere would lie there "
            f"{found.num_at_edge_by_chance:.0f} times, and of the labeled parts {percent(found.share_of_parts_at_edge)} do."
        )
    if found.num_in_worst_session > 1:
        sentences.append(f"{found.num_in_worst_session} come from session {found.worst_session}.")
    return " ".join(sentences)


def describe_choice(evaluation: Evaluation) -> str:
    """Say who chose the threshold."""
    return (
        f"chosen on the {evaluation.threshold_source} set" if evaluation.choice is None else evaluation.choice.in_words
    )


def threshold_rows(content: ReportContent) -> tuple[ThresholdRow, ...]:
    """Return what other thresholds would give, the one in use first; none where there is no other to try."""
    evaluation = content.evaluation
    others, overall, used = evaluation.other_thresholds, evaluation.overall, evaluation.threshold
    if not others:
        return ()
    shown = "own each" if evaluation.class_thresholds else f"{used:.3f}"
    first = _row(content, (overall.precision, overall.recall), count_false(evaluation), shown)
    rows = [_row(content, (one.precision, one.recall), one.num_false, f"{one.threshold:.3f}") for one in others]
    return (ThresholdRow(*first, is_used=True), *(ThresholdRow(*row, is_used=False) for row in rows))


def describe_calibration(evaluation: Evaluation) -> str:
    """Say how scores differ from the share that is right; empty where they do not, or too few tell."""
    least = float(np.min(evaluation.limits)) / 2
    bins = [one for one in evaluation.calibration if one.mean_score >= least]
    counts = np.array([one.num_detections for one in bins])
    if not bins or counts.sum() < FEW_DETECTIONS:
        return ""
    gaps = np.array([one.precision - one.mean_score for one in bins])
    if float(np.average(np.abs(gaps), weights=counts)) < OFF:
        return ""
    worst = bins[int(np.argmax(np.abs(gaps) * counts))]
    verb = "promise too much" if worst.precision < worst.mean_score else "promise too little"
    return (
        f"Scores are no probabilities here: around {worst.mean_score:.2f} they {verb}, {percent(worst.precision)} of "
        f"{worst.num_detections} such detections are right."
    )


def _row(
    content: ReportContent, figures: tuple[float, float], num_false: int, threshold: str
) -> tuple[str, str, str, str, str]:
    rate = num_false / content.evaluation.num_images
    return threshold, number(figures[0]), number(figures[1]), str(num_false), f"{rate:.2g}"


def counted(count: int, noun: str) -> str:
    """Return '1 part' or '2 parts'."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
