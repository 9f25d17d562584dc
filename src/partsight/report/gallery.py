"""Which pictures are worth looking at: the best, the worst, the most confident false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.report.content import ReportPicture
from partsight.structures.arrays import IntArray
from partsight.structures.detections import Detections, Threshold
from partsight.structures.matched import Matched, Pairing
from partsight.structures.sample import Sample


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures with truth and detections, most telling first."""

    best: tuple[ReportPicture, ...]
    worst: tuple[ReportPicture, ...]
    false_positives: tuple[ReportPicture, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    """What went right and wrong on one picture, counted as in the confusion matrix."""

    sample: Sample
    kept: Detections
    truth_ids: IntArray
    """(N,) the box of the picture that each detection took; −1 for none."""
    num_right: int
    num_confused: int
    num_missed: int
    false_scores: tuple[float, ...]
    """Scores of detections that took no box."""

    @property
    def num_errors(self) -> int:
        return self.num_confused + self.num_missed + len(self.false_scores)


def pick_gallery(matched: Matched, threshold: Threshold, count: int) -> Gallery:
    """Return at most `count` pictures of each kind, at this score threshold.

    Best: at least one part, everything right, highest lowest score first. Worst: most errors first. False positives:
    highest score of a detection on background first.
    """
    pairing = matched.at(threshold)
    outcomes = [_outcome(matched, pairing, image_id) for image_id in range(len(matched.dataset.samples))]
    best = sorted((one for one in outcomes if one.num_right and not one.num_errors), key=_lowest_score, reverse=True)
    worst = sorted((one for one in outcomes if one.num_errors), key=lambda one: one.num_errors, reverse=True)
    false = sorted((one for one in outcomes if one.false_scores), key=lambda one: max(one.false_scores), reverse=True)
    return Gallery(_pictures(best[:count]), _pictures(worst[:count]), _pictures(false[:count]))


def _outcome(matched: Matched, pairing: Pairing, image_id: int) -> _Outcome:
    rows, boxes = matched.detections_of(image_id), matched.boxes_of(image_id)
    is_kept = pairing.is_kept[rows]
    kept, taken = matched.detections[image_id][is_kept], pairing.truth_ids[rows][is_kept]
    num_right = int(pairing.is_found[boxes].sum())
    return _Outcome(
        sample=matched.dataset.samples[image_id],
        kept=kept,
        truth_ids=np.where(taken >= 0, taken - boxes.start, -1),
        num_right=num_right,
        num_confused=int((taken >= 0).sum()) - num_right,
        num_missed=int((pairing.detection_ids[boxes] < 0).sum()),
        false_scores=tuple(kept.scores[taken < 0].tolist()),
    )


def _lowest_score(outcome: _Outcome) -> float:
    return float(outcome.kept.scores.min())


def _pictures(outcomes: Sequence[_Outcome]) -> tuple[ReportPicture, ...]:
    return tuple(
        ReportPicture(
            image_path=one.sample.image_path,
            boxes_xyxy=one.kept.boxes_xyxy,
            class_ids=one.kept.class_ids,
            scores=one.kept.scores,
            truth_boxes_xyxy=one.sample.boxes_xyxy,
            truth_class_ids=one.sample.class_ids,
            truth_ids=one.truth_ids,
            caption=f"{one.sample.sample_id}: {_describe(one)}",
            masks=one.kept.masks,
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
