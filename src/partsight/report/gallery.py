"""Which pictures are worth looking at: the best, the worst, the most confident false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.report.content import Picture
from partsight.structures.boxes import pair_boxes
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections, Threshold, above
from partsight.structures.sample import Sample

MIN_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures with truth and detections, most telling first."""

    best: tuple[Picture, ...]
    worst: tuple[Picture, ...]
    false_positives: tuple[Picture, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    """What went right and wrong on one picture, with boxes paired as in the confusion matrix."""

    sample: Sample
    kept: Detections
    num_right: int
    num_confused: int
    num_missed: int
    false_scores: tuple[float, ...]
    """Scores of detections where there is no part."""

    @property
    def num_errors(self) -> int:
        return self.num_confused + self.num_missed + len(self.false_scores)


def pick_gallery(dataset: Dataset, detections: Sequence[Detections], threshold: Threshold, count: int) -> Gallery:
    """Return at most `count` pictures of each kind, at this score threshold.

    Best: at least one part, everything right, highest lowest score first. Worst: most errors first. False positives:
    highest score of a detection on background first.
    """
    outcomes = [
        _outcome(sample, above(found, threshold)) for sample, found in zip(dataset.samples, detections, strict=True)
    ]
    best = sorted((one for one in outcomes if one.num_right and not one.num_errors), key=_lowest_score, reverse=True)
    worst = sorted((one for one in outcomes if one.num_errors), key=lambda one: one.num_errors, reverse=True)
    false = sorted((one for one in outcomes if one.false_scores), key=lambda one: max(one.false_scores), reverse=True)
    return Gallery(_pictures(best[:count]), _pictures(worst[:count]), _pictures(false[:count]))


def _outcome(sample: Sample, kept: Detections) -> _Outcome:
    truth_ids, found_ids = pair_boxes(sample.boxes_xyxy, kept.boxes_xyxy, MIN_IOU).T
    num_right = int((sample.class_ids[truth_ids] == kept.class_ids[found_ids]).sum())
    return _Outcome(
        sample=sample,
        kept=kept,
        num_right=num_right,
        num_confused=len(truth_ids) - num_right,
        num_missed=len(sample.boxes_xyxy) - len(truth_ids),
        false_scores=tuple(np.delete(kept.scores, found_ids).tolist()),
    )


def _lowest_score(outcome: _Outcome) -> float:
    return float(outcome.kept.scores.min())


def _pictures(outcomes: Sequence[_Outcome]) -> tuple[Picture, ...]:
    return tuple(
        Picture(
            image_path=one.sample.image_path,
            boxes_xyxy=one.kept.boxes_xyxy,
            class_ids=one.kept.class_ids,
            scores=one.kept.scores,
            truth_boxes_xyxy=one.sample.boxes_xyxy,
            truth_class_ids=one.sample.class_ids,
            caption=f"{one.sample.sample_id}: {_describe(one)}",
        )
        for one in outcomes
    )


def _describe(outcome: _Outcome) -> str:
    """Say what happened, for instance '2 right, 1 missed'."""
    counts = {
        "right": outcome.num_right,
        "confused": outcome.num_confused,
        "missed": outcome.num_missed,
        "false": len(outcome.false_scores),
    }
    return ", ".join(f"{count} {what}" for what, count in counts.items() if count)
