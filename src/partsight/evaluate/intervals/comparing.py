"""Two detectors on the same pictures: the difference, paired, with its interval.

Both are judged on the same resamples of sessions, so that what makes a session hard for both cancels out (paired bootstrap,
Efron & Tibshirani 1993).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.config.sections.evaluate import EvaluateSection
from partsight.evaluate.intervals.bootstrap import draw_sessions, resampled_map50
from partsight.evaluate.matching import match
from partsight.structures.arrays import FloatArray
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.evaluation import Interval


@dataclass(frozen=True, slots=True)
class Comparison:
    """Second minus first, in mAP50 on the same pictures."""

    first_map50: float
    second_map50: float
    interval: Interval | None
    """95 % of the difference; None with fewer than two sessions that have boxes."""
    num_images: int
    num_boxes: int
    num_sessions: int

    @property
    def difference(self) -> float:
        """How much better the second is."""
        return self.second_map50 - self.first_map50

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves no doubt about the sign."""
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


def compare(
    dataset: Dataset,
    first: Sequence[Detections],
    second: Sequence[Detections],
    section: EvaluateSection,
    rng: np.random.Generator,
) -> Comparison:
    """Compare two detectors' detections, one for each sample in order. Raises EvaluationError when they do not fit the dataset."""
    ranked = [match(dataset, found).per_class for found in (first, second)]
    weights = np.concatenate([np.ones((1, len(dataset.samples))), _draws(dataset, section.bootstrap, rng)])
    map50 = [resampled_map50(one, weights) for one in ranked]
    difference = (map50[1] - map50[0])[1:]
    known = difference[np.isfinite(difference)]
    sessions = {sample.session for sample in dataset.samples if len(sample.boxes_xyxy)}
    has_interval = len(sessions) >= 2 and len(known) > 0
    bounds = np.percentile(known, (2.5, 97.5)) if has_interval else None
    return Comparison(
        first_map50=float(map50[0][0]),
        second_map50=float(map50[1][0]),
        interval=None if bounds is None else Interval(float(bounds[0]), float(bounds[1])),
        num_images=len(dataset.samples),
        num_boxes=sum(len(sample.boxes_xyxy) for sample in dataset.samples),
        num_sessions=len({sample.session for sample in dataset.samples}),
    )


def _draws(dataset: Dataset, num_resamples: int, rng: np.random.Generator) -> FloatArray:
    _, session_ids = np.unique([sample.session for sample in dataset.samples], return_inverse=True)
    return draw_sessions(session_ids, num_resamples, rng)
