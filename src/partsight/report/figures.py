"""Figures as the reader sees them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.report.content import StageTiming
from partsight.structures.evaluation import Cause, Evaluation, Interval, Score

UNKNOWN = "–"
GROUP_TITLES = {
    "size": "By size (side of a square as large as the box)",
    "brightness": "By brightness of the picture",
    "sharpness": "By sharpness of the picture",
    "session": "By session",
}
_SHARES = (("Precision", "precision"), ("Recall", "recall"), ("F1", "f1"))


@dataclass(frozen=True, slots=True)
class TableCell:
    """A figure and its interval, as text."""

    label: str
    value: str
    interval: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """One line of the table per class."""

    name: str
    num_boxes: str
    cells: tuple[TableCell, ...]


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """One count of the confusion matrix with its share of the row."""

    count: int
    share: float
    is_right: bool
    hint: str


@dataclass(frozen=True, slots=True)
class SliceRow:
    """Recall among some of the parts; positions in percent of the bar."""

    name: str
    num_boxes: str
    recall: str
    interval: str
    percent: float
    ends: tuple[float, float]


@dataclass(frozen=True, slots=True)
class SliceGroup:
    """Slices that divide the same parts by one thing."""

    title: str
    rows: tuple[SliceRow, ...]


@dataclass(frozen=True, slots=True)
class CauseRow:
    """What recall would be at the two ends of one fact."""

    title: str
    low: str
    high: str
    recall_low: str
    recall_high: str
    change: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class TimingRow:
    """One stage with its share of the whole time."""

    stage: str
    duration: str
    percent: float
    note: str


def headline_cells(evaluation: Evaluation) -> tuple[TableCell, ...]:
    """Return the figures on top of the page."""
    overall, intervals = evaluation.overall, evaluation.intervals
    return (
        _cell("mAP50", overall.ap50, intervals.get("map50"), "Mean over classes of the average precision at IoU 0.50"),
        TableCell("mAP50-95", number(overall.ap50_95), "", "The same, averaged over IoU 0.50, 0.55 … 0.95"),
        *_mask_cells(evaluation),
        _cell("Precision", overall.precision, intervals.get("precision"), "Share of detections that are right"),
        _cell("Recall", overall.recall, intervals.get("recall"), "Share of parts that are found"),
        _cell("F1", overall.f1, intervals.get("f1"), "Harmonic mean of precision and recall"),
        TableCell(
            "Class-agnostic AP50",
            number(evaluation.class_agnostic_ap50),
            "",
            "Every class taken for one: are the parts found at all?",
        ),
        TableCell(
            "False detections",
            str(int(evaluation.confusion[-1].sum())),
            f"{evaluation.confusion[-1].sum() / evaluation.num_images:.2g} a picture",
            "Detections above the threshold that take no part",
        ),
        TableCell(
            "False alarms per empty picture",
            number(evaluation.false_positives_per_empty_image),
            f"{evaluation.num_empty_images} empty pictures",
            "Detections on pictures that show no part",
        ),
    )


def class_rows(evaluation: Evaluation) -> tuple[ClassRow, ...]:
    """Return the table per class, the mean over classes last."""
    rows = [
        ClassRow(name, str(score.num_boxes), _score_cells(score, evaluation, f":{name}", "ap50"))
        for name, score in zip(evaluation.class_names, evaluation.per_class, strict=True)
    ]
    mean = ClassRow(
        "Mean", str(evaluation.overall.num_boxes), _score_cells(evaluation.overall, evaluation, "", "map50")
    )
    return (*rows, mean)


def slice_groups(evaluation: Evaluation) -> tuple[SliceGroup, ...]:
    """Return recall in slices, one group for each thing that boxes are divided by; a single slice tells nothing."""
    groups: dict[str, list[SliceRow]] = {}
    for one in evaluation.slices:
        low, high = (one.interval.low, one.interval.high) if one.interval else (one.recall, one.recall)
        interval = "" if one.interval is None else f"{number(low)} to {number(high)}"
        groups.setdefault(one.group, []).append(
            SliceRow(
                one.name, str(one.num_boxes), number(one.recall), interval, one.recall * 100, (low * 100, high * 100)
            )
        )
    return tuple(
        SliceGroup(GROUP_TITLES.get(name, name), tuple(rows)) for name, rows in groups.items() if len(rows) > 1
    )


def cause_rows(evaluation: Evaluation) -> tuple[CauseRow, ...]:
    """Return what recall depends on, the strongest first."""
    return tuple(_cause_row(cause) for cause in evaluation.causes)


def _cause_row(cause: Cause) -> CauseRow:
    title, say = _CAUSES.get(cause.name, (cause.name, number))
    change = f"{cause.recall_high - cause.recall_low:+.2f} ({cause.interval.low:+.2f} to {cause.interval.high:+.2f})"
    ends = (say(cause.low), say(cause.high), percent(cause.recall_low), percent(cause.recall_high))
    return CauseRow(title, *ends, change, cause.interval.low > 0 or cause.interval.high < 0)


def confusion_rows(evaluation: Evaluation) -> tuple[tuple[str, tuple[MatrixCell, ...]], ...]:
    """Return name and cells of each row of the confusion matrix, background last."""
    names = (*evaluation.class_names, "background")
    return tuple(
        (truth, tuple(_matrix_cell(counts, column, (truth, names)) for column in range(len(names))))
        for truth, counts in zip(names, evaluation.confusion.tolist(), strict=True)
    )


def describe_unknown(evaluation: Evaluation) -> str:
    """Say what became of things of no class; empty where none were seen, or where it would only sound like comfort."""
    unknown = evaluation.unknown
    if unknown is None or not unknown.num_things:
        return ""
    num_taken = sum(unknown.taken_as)
    if not num_taken and evaluation.confusion[-1].any():
        return ""  # nothing taken in renders is no comfort where there are false detections
    counts = zip(evaluation.class_names, unknown.taken_as, strict=True)
    names = ", ".join(f"{count} as {name}" for name, count in counts if count)
    return (
        f"Of {unknown.num_things} things of no class in {unknown.num_pictures} held-out renders {num_taken} "
        f"({percent(num_taken / unknown.num_things)}) were taken for a part{': ' + names if names else ''}; "
        f"{unknown.num_elsewhere} more false detections lie where nothing is."
    )


def describe_opinion(evaluation: Evaluation) -> str:
    """Say what the verifier changed; empty where none looked."""
    opinion = evaluation.second_opinion
    if opinion is None:
        return ""
    before, after = opinion.before, opinion.after
    return (
        f"A second network has looked once more at every box. Without it there are {before.num_false} false detections where no part "
        f"is, with it {after.num_false}; {before.num_misnamed} parts with a wrong name, now {after.num_misnamed}; {before.num_right} "
        f"parts right, now {after.num_right} ({opinion.num_won} won, {opinion.num_lost} lost). mAP50 "
        f"{number(before.map50)} → {number(after.map50)}, precision {number(before.precision)} → {number(after.precision)}, recall "
        f"{number(before.recall)} → {number(after.recall)}, each at its own threshold ({before.threshold:.3f}, {after.threshold:.3f})."
    )


def recall_at(evaluation: Evaluation, threshold: float) -> float:
    """Return the mean recall over classes at another threshold than the evaluation's."""
    recalls = [
        float(np.interp(threshold, curve.thresholds, curve.recall))
        for curve, score in zip(evaluation.curves, evaluation.per_class, strict=True)
        if score.num_boxes
    ]
    return float(np.mean(recalls))


def timing_rows(timings: Sequence[StageTiming]) -> tuple[TimingRow, ...]:
    """Return the stages with their durations and the total last."""
    total = sum(timing.seconds for timing in timings)
    rows = [
        TimingRow(timing.stage, duration(timing.seconds), 100 * timing.seconds / max(total, 1e-9), timing.note)
        for timing in timings
    ]
    return (*rows, TimingRow("Total", duration(total), 100.0, ""))


def describe_limits(evaluation: Evaluation) -> str:
    """Return the score threshold in words, as '0.31' or 'QF 0.31, QD 0.45'."""
    if not evaluation.class_thresholds:
        return f"{evaluation.threshold:.2f}"
    pairs = zip(evaluation.class_names, evaluation.class_thresholds, strict=True)
    return ", ".join(f"{name} {limit:.2f}" for name, limit in pairs)


def number(value: float) -> str:
    """Return three decimals, or a dash where nothing could be measured."""
    return f"{value:.3f}" if math.isfinite(value) else UNKNOWN


def percent(share: float) -> str:
    """Return a share as a whole percentage, never rounded up to 100 or down to 0."""
    if 0 < share < 1:
        share = min(max(share, 0.01), 0.99)
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"


_CAUSES: dict[str, tuple[str, Callable[[float], str]]] = {
    "size": ("size (side of a square as large as the box)", lambda value: f"{2**value:.0f} px"),
    "hidden": ("share hidden by others", percent),
    "cut off": ("share beyond the picture's edge", percent),
    "seen from above": ("seen from above", lambda value: f"{value:.0f}°"),
    "relief": ("brighter than its surroundings (negative: against the light)", lambda value: f"{value:+.2f}"),
    "color distance": ("difference in color from its surroundings", lambda value: f"{value:.2f}"),
    "sharpness": ("sharpness of the picture (logarithm)", lambda value: f"{value:.1f}"),
    "parts in the picture": ("parts in the picture", lambda value: f"{value:.0f}"),
}
"""Facts of held-out renders that recall is regressed on: as the reader sees them."""


def duration(seconds: float) -> str:
    """Return a duration as people say it: '4.2 s', '3 min 05 s', '2 h 10 min'."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole_minutes, rest_s = divmod(round(seconds), 60)
    if whole_minutes < 60:
        return f"{whole_minutes} min {rest_s:02} s"
    return f"{whole_minutes // 60} h {whole_minutes % 60:02} min"


def _mask_cells(evaluation: Evaluation) -> tuple[TableCell, ...]:
    """Return how well pixels are found, where they are looked for."""
    if evaluation.masks is None:
        return ()
    overall, num_images = evaluation.masks.overall, evaluation.masks.num_images
    hint = f"The same for masks, on the {num_images} pictures that tell the pixels of every part"
    return (
        TableCell("Mask mAP50", number(overall.ap50), "", hint),
        TableCell("Mask mAP50-95", number(overall.ap50_95), "", hint),
    )


def _score_cells(score: Score, evaluation: Evaluation, suffix: str, ap50_name: str) -> tuple[TableCell, ...]:
    intervals = evaluation.intervals
    shares = (_cell(label, getattr(score, name), intervals.get(f"{name}{suffix}"), "") for label, name in _SHARES)
    ap50 = _cell("AP50", score.ap50, intervals.get(f"{ap50_name}{suffix}"), "")
    return (*shares, ap50, TableCell("AP50-95", number(score.ap50_95)))


def _cell(label: str, value: float, interval: Interval | None, hint: str) -> TableCell:
    shown = f"{interval.low:.2f} – {interval.high:.2f}" if interval and math.isfinite(interval.low) else ""
    return TableCell(label, number(value), shown, hint)


def _matrix_cell(counts: Sequence[int], column: int, names: tuple[str, tuple[str, ...]]) -> MatrixCell:
    truth, detected = names[0], names[1][column]
    share = counts[column] / max(sum(counts), 1)
    is_right = truth == detected and column < len(names[1]) - 1
    return MatrixCell(counts[column], share, is_right, f"{counts[column]} × {truth} taken for {detected}")
