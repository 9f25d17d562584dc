"""Line charts as numbers ready to be drawn: the template turns them into inline SVG that follows the page's colors."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import FloatArray
from partsight.structures.evaluation import Evaluation

WIDTH, HEIGHT = 440, 290
LEFT, TOP, RIGHT, BOTTOM = 46, 14, 426, 244
"""The plot area inside the chart, in SVG units."""
NUM_COLORS = 6
_RATE_WORDS = ("map", "precision", "recall", "f1")


@dataclass(frozen=True, slots=True)
class Series:
    """One line before it is scaled."""

    name: str
    xs: FloatArray
    ys: FloatArray
    color_id: int
    is_dashed: bool = False
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Axes:
    """What a chart's axes span; the vertical one begins at 0."""

    x_label: str
    x_range: tuple[float, float]
    y_high: float = 1.0


@dataclass(frozen=True, slots=True)
class Line:
    """One line in SVG units."""

    name: str
    points: str
    color: str
    is_dashed: bool
    is_bold: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """A position on an axis in SVG units, and what is written there."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart ready to be drawn."""

    title: str
    description: str
    x_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    marker: Tick | None = None


def precision_recall_chart(evaluation: Evaluation) -> Chart:
    """Return precision over recall of each class, where anything was found."""
    series = []
    for class_id, curve in enumerate(evaluation.curves):
        is_found = curve.recall > 0
        if is_found.any():
            series.append(Series(curve.class_name, curve.recall[is_found], curve.precision[is_found], class_id))
    description = "Precision over recall, one line per class, as the score threshold falls; up and right is better."
    return _chart("Precision over recall", description, series, Axes("Recall", (0, 1)))


def f1_threshold_chart(evaluation: Evaluation) -> Chart:
    """Return F1 over the score threshold, of each class and in the mean, with the threshold in use marked."""
    series = [
        Series(curve.class_name, curve.thresholds, _f1(curve.precision, curve.recall), class_id)
        for class_id, curve in enumerate(evaluation.curves)
        if not np.isnan(curve.recall).all()
    ]
    if len(series) > 1:
        mean = np.mean([one.ys for one in series], axis=0)
        series.append(Series("mean", series[0].xs, mean, -1, is_bold=True))
    description = (
        f"F1 over the score threshold, one line per class; the threshold in use is {evaluation.threshold:.2f}."
    )
    return _chart(
        "F1 over the score threshold",
        description,
        series,
        Axes("Score threshold", (0, 1)),
        marker=evaluation.threshold,
    )


def calibration_chart(evaluation: Evaluation) -> Chart | None:
    """Return the share of right detections over their score; None with fewer than two bins."""
    bins = evaluation.calibration
    if len(bins) < 2:
        return None
    scores, shares = np.array([one.mean_score for one in bins]), np.array([one.precision for one in bins])
    ideal = Series("as they should", np.array([0.0, 1.0]), np.array([0.0, 1.0]), 1, is_dashed=True)
    description = (
        "Share of right detections over their score; on the dashed line scores mean what they say, below it they boast."
    )
    return _chart(
        "Do scores mean what they say?",
        description,
        [Series("all classes", scores, shares, 0), ideal],
        Axes("Score", (0, 1)),
    )


def training_charts(history: Sequence[Mapping[str, float]]) -> tuple[Chart, ...]:
    """Return the losses and the rates (precision, recall, mAP) by epoch; none before the second epoch."""
    if len(history) < 2:
        return ()
    names = list(dict.fromkeys(name for epoch in history for name in epoch))
    losses = [name for name in names if "loss" in name.lower()]
    rates = [name for name in names if any(word in name.lower() for word in _RATE_WORDS) and name not in losses]
    charts = (
        _history_chart("Losses", "Training losses by epoch; lower is better.", history, losses),
        _history_chart("Validation figures", "Figures on the validation set by epoch.", history, rates),
    )
    return tuple(chart for chart in charts if chart.lines)


def line_chart(title: str, description: str, series: Sequence[Series], axes: Axes) -> Chart:
    """Return any lines as a chart."""
    return _chart(title, description, series, axes)


def _history_chart(title: str, description: str, history: Sequence[Mapping[str, float]], names: Sequence[str]) -> Chart:
    epochs = np.arange(1.0, len(history) + 1)
    kinds = list(dict.fromkeys(name.split("/")[-1] for name in names))
    series = [
        Series(name, epochs, _column(history, name), kinds.index(name.split("/")[-1]), is_dashed=name.startswith("val"))
        for name in names
    ]
    known = [one for one in series if np.isfinite(one.ys).any()]
    highest = max((float(np.nanmax(one.ys)) for one in known), default=1.0)
    y_high = highest if title == "Losses" else 1.0
    return _chart(title, description, known, Axes("Epoch", (1, len(history)), y_high))


def _column(history: Sequence[Mapping[str, float]], name: str) -> FloatArray:
    values = np.array([epoch.get(name, math.nan) for epoch in history], dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _f1(precision: FloatArray, recall: FloatArray) -> FloatArray:
    total = precision + recall
    f1: FloatArray = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    return f1


def _chart(title: str, description: str, series: Sequence[Series], axes: Axes, marker: float | None = None) -> Chart:
    y_values = _nice_ticks(0.0, axes.y_high)
    y_range = (0.0, max(axes.y_high, y_values[-1]))
    return Chart(
        title=title,
        description=description,
        x_label=axes.x_label,
        x_ticks=tuple(Tick(_scaled(x, axes.x_range, (LEFT, RIGHT)), f"{x:g}") for x in _nice_ticks(*axes.x_range)),
        y_ticks=tuple(Tick(_scaled(y, y_range, (BOTTOM, TOP)), f"{y:g}") for y in y_values),
        lines=tuple(_line(one, axes.x_range, y_range) for one in series),
        marker=None if marker is None else Tick(_scaled(marker, axes.x_range, (LEFT, RIGHT)), f"{marker:.2f}"),
    )


def _line(series: Series, x_range: tuple[float, float], y_range: tuple[float, float]) -> Line:
    """Scale a line, leaving out unknown values and points that fall on the one before."""
    is_known = np.isfinite(series.ys)
    points = [
        f"{_scaled(x, x_range, (LEFT, RIGHT)):.1f},{_scaled(y, y_range, (BOTTOM, TOP)):.1f}"
        for x, y in zip(series.xs[is_known], series.ys[is_known], strict=True)
    ]
    color = "mean" if series.color_id < 0 else f"c{series.color_id % NUM_COLORS}"
    is_dashed = series.is_dashed or series.color_id >= NUM_COLORS
    return Line(series.name, " ".join(dict.fromkeys(points)), color, is_dashed, series.is_bold)


def _scaled(value: float, source: tuple[float, float], target: tuple[float, float]) -> float:
    return target[0] + (value - source[0]) / max(source[1] - source[0], 1e-12) * (target[1] - target[0])


def _nice_ticks(low: float, high: float) -> list[float]:
    """Return about five round values from low to high."""
    span = max(high - low, 1e-9)
    magnitude = 10 ** math.floor(math.log10(span / 5))
    step = min((factor * magnitude for factor in (1, 2, 5, 10)), key=lambda step: abs(span / step - 5))
    first = math.ceil(low / step - 1e-9)
    return [round(count * step, 10) for count in range(first, math.floor(high / step + 1e-9) + 1)]
