"""Confidence intervals by percentile bootstrap over sessions (Efron & Tibshirani 1993; Field & Welsh 2007).

Pictures of one session are not independent, so whole sessions are drawn again, with replacement. Matching is done once:
a resample only changes how often each picture counts.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from partsight.evaluate.figures.average_precision import average_precision
from partsight.evaluate.figures.operating_point import mean_over_classes, precision_recall_f1
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Threshold
from partsight.structures.evaluation import Interval
from partsight.structures.matched import RankedDetections

FIGURES = ("map50", "precision", "recall", "f1")
CLASS_FIGURES = ("ap50", "precision", "recall", "f1")
MIN_SESSIONS = 2
"""Sessions with boxes below which nothing can be said about the spread."""


def bootstrap_intervals(
    dataset: Dataset,
    ranked: Sequence[RankedDetections],
    threshold: Threshold,
    *,
    num_resamples: int,
    rng: np.random.Generator,
) -> dict[str, Interval]:
    """Return 95 % intervals of `FIGURES`, and of `CLASS_FIGURES` as 'ap50:class name'.

    A figure that rests on fewer than two sessions has no interval; none has with 0 resamples.
    """
    _, session_ids = np.unique([sample.session for sample in dataset.samples], return_inverse=True)
    if num_resamples == 0:
        return {}
    draws = draw_sessions(session_ids, num_resamples, rng)
    limits = np.broadcast_to(threshold, len(ranked)).tolist()
    figures = np.stack([_class_figures(one, limit, draws) for one, limit in zip(ranked, limits, strict=True)], axis=-1)
    intervals = _intervals(FIGURES, mean_over_classes(figures), _num_sessions_with_boxes(session_ids, ranked))
    for class_id, class_name in enumerate(dataset.class_names):
        names = [f"{figure}:{class_name}" for figure in CLASS_FIGURES]
        num_sessions = _num_sessions_with_boxes(session_ids, ranked[class_id : class_id + 1])
        intervals |= _intervals(names, figures[..., class_id], num_sessions)
    return intervals


def draw_sessions(session_ids: IntArray, num_resamples: int, rng: np.random.Generator) -> FloatArray:
    """Return (R, I): how often each picture counts in each resample."""
    num_sessions = int(session_ids.max()) + 1
    drawn = rng.multinomial(num_sessions, np.full(num_sessions, 1 / num_sessions), size=num_resamples)
    return drawn[:, session_ids].astype(np.float64)


def resampled_map50(ranked: Sequence[RankedDetections], draws: FloatArray) -> FloatArray:
    """Return (R,) mAP50 with each picture counted as often as (R, I) draws say; NaN where no class has a box."""
    columns = [np.fromiter(_ap50s(one, draws, draws @ one.num_boxes), dtype=np.float64) for one in ranked]
    return mean_over_classes(np.stack(columns, axis=-1))


def _class_figures(ranked: RankedDetections, threshold: float, draws: FloatArray) -> FloatArray:
    """Return (4, R): the class's `CLASS_FIGURES` in each resample."""
    num_boxes = draws @ ranked.num_boxes
    is_kept = ranked.scores >= threshold
    num_found = draws @ _per_image(ranked.image_ids[is_kept], draws.shape[1])
    num_true = draws @ _per_image(ranked.image_ids[is_kept & ranked.is_true[0]], draws.shape[1])
    ap50 = np.fromiter(_ap50s(ranked, draws, num_boxes), dtype=np.float64)
    return np.concatenate([ap50[None], precision_recall_f1(num_true, num_found, num_boxes)])


def _ap50s(ranked: RankedDetections, draws: FloatArray, num_boxes: FloatArray) -> Iterator[float]:
    for draw, count in zip(draws, num_boxes, strict=True):
        yield average_precision(ranked.is_true[0], draw[ranked.image_ids], float(count))


def _per_image(image_ids: IntArray, num_images: int) -> FloatArray:
    return np.bincount(image_ids, minlength=num_images).astype(np.float64)


def _num_sessions_with_boxes(session_ids: IntArray, ranked: Sequence[RankedDetections]) -> int:
    num_boxes = np.sum([one.num_boxes for one in ranked], axis=0)
    return len(np.unique(session_ids[num_boxes > 0]))


def _intervals(names: Sequence[str], figures: FloatArray, num_sessions: int) -> dict[str, Interval]:
    """Return the interval of each row of (F, R) figures; resamples in which a figure is undefined are left out."""
    if num_sessions < MIN_SESSIONS:
        return {}
    bounds = np.nanpercentile(figures, (2.5, 97.5), axis=1)
    return {name: Interval(float(low), float(high)) for name, low, high in zip(names, *bounds, strict=True)}
