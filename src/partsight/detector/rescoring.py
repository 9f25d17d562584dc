"""What becomes of detections when a verifier has looked at each box: names are the verifier's, scores are both's.

Written once, without torch: training-side detectors and exported ones agree because they share it.
"""

from dataclasses import replace

import numpy as np

from partsight.detector.decoding import suppress
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.detections import Detections
from partsight.structures.verifier_spec import VerifierSpec

ONE_CLASS_EXPONENT = 0.5
"""With one class the verifier has nothing to name: it only lowers scores, and gently."""
_LEAST_SIDE_PX = 1.0
"""Thinner boxes, as detectors propose them along the picture's edges, show nothing."""


def spec_for(num_classes: int) -> VerifierSpec:
    """Return how a verifier of so many classes looks and counts."""
    return VerifierSpec(exponent=1.0 if num_classes > 1 else ONE_CLASS_EXPONENT)


def propose(found: Detections, spec: VerifierSpec) -> Detections:
    """Return the places that a verifier is to look at, best first: each with the best score that the detector gave it.

    Boxes that are hardly seen or thinner than a pixel are dropped.
    """
    sides = found.boxes_xyxy[:, 2:] - found.boxes_xyxy[:, :2]
    found = found[(found.scores >= spec.least_proposed) & (sides >= _LEAST_SIDE_PX).all(axis=1)]
    one_kind = np.zeros(len(found.scores), np.int64)
    return found[suppress(found.boxes_xyxy, one_kind, spec.same_place_iou, len(one_kind))]


def rename(proposed: Detections, probabilities: FloatArray, spec: VerifierSpec) -> Detections:
    """Return each place once, with the class that the verifier takes it for, best first.

    `probabilities` is (N, C + 1); the last is that of "none of these". A score is the detector's times the probability.
    """
    scores = _scores(proposed, probabilities, spec)
    return _ranked(proposed, scores.max(axis=1), scores.argmax(axis=1).astype(np.int64))


def name_all(
    proposed: Detections, probabilities: FloatArray, spec: VerifierSpec, *, min_score: float, max_detections: int
) -> Detections:
    """Return each place once for every class, best first, as average precision ranks them: a second name counts for something."""
    scores = _scores(proposed, probabilities, spec)
    rows, class_ids = np.nonzero(scores >= min_score)
    ranked = _ranked(proposed[rows], scores[rows, class_ids], class_ids.astype(np.int64))
    return ranked[: min(len(rows), max_detections)]


def _scores(proposed: Detections, probabilities: FloatArray, spec: VerifierSpec) -> FloatArray:
    """Return (N, C) scores."""
    scores: FloatArray = proposed.scores[:, None] * probabilities[:, :-1] ** spec.exponent
    return scores


def _ranked(places: Detections, scores: FloatArray, class_ids: IntArray) -> Detections:
    order = np.argsort(-scores, kind="stable")
    return replace(places[order], scores=scores[order], class_ids=class_ids[order])
