"""Names are the verifier's, scores are both's; each place is looked at once."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.detector.rescoring import name_all, propose, rename, spec_for
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask
from partsight.structures.verifier_spec import VerifierSpec

SPEC = VerifierSpec()
HERE, NEARLY_HERE, BESIDE = (0, 0, 100, 100), (0, 0, 100, 90), (0, 0, 100, 55)
"""The second overlaps the first by .9, the third by .55."""


def found(boxes, scores, class_ids=None):
    return Detections(np.array(boxes, float), scores, class_ids or [0] * len(scores))


def test_a_place_is_looked_at_once_whatever_classes_it_was_taken_for():
    proposed = propose(found([HERE, NEARLY_HERE, BESIDE], [0.9, 0.8, 0.7], [0, 1, 0]), SPEC)
    assert proposed.scores.tolist() == [0.9, 0.7]


def test_what_the_detector_hardly_sees_is_not_looked_at():
    assert propose(found([HERE, (200, 0, 300, 100)], [0.5, 0.009]), SPEC).scores.tolist() == [0.5]


@pytest.mark.parametrize("thin", [(0, 0, 0, 100), (40, 0, 40.5, 100), (0, 99.5, 100, 100)])
def test_a_box_thinner_than_a_pixel_shows_nothing_and_is_not_looked_at(thin):
    assert propose(found([thin, HERE], [0.9, 0.5]), SPEC).scores.tolist() == [0.5]


def test_the_verifier_names_and_the_product_of_both_is_the_score():
    proposed = found([HERE, (200, 0, 300, 100)], [0.9, 0.5], [0, 0])
    named = rename(proposed, np.array([[0.1, 0.3, 0.6], [0.0, 0.9, 0.1]]), SPEC)
    assert named.class_ids.tolist() == [1, 1]
    assert named.scores == pytest.approx([0.45, 0.27])  # best first: the weaker proposal is the surer part
    assert named.boxes_xyxy[0].tolist() == [200, 0, 300, 100]


def test_every_name_counts_where_average_precision_ranks():
    named = name_all(found([HERE], [0.8]), np.array([[0.6, 0.3, 0.1]]), SPEC, min_score=0.01, max_detections=10)
    assert (named.class_ids.tolist(), named.scores.tolist()) == ([0, 1], pytest.approx([0.48, 0.24]))
    few = name_all(found([HERE], [0.8]), np.array([[0.6, 0.3, 0.1]]), SPEC, min_score=0.3, max_detections=10)
    assert few.class_ids.tolist() == [0]
    one = name_all(found([HERE], [0.8]), np.array([[0.6, 0.3, 0.1]]), SPEC, min_score=0.01, max_detections=1)
    assert one.class_ids.tolist() == [0]


def test_no_score_rises():
    rng = np.random.default_rng(0)
    proposed = found([(110 * n, 0, 110 * n + 100, 100) for n in range(20)], np.sort(rng.random(20))[::-1])
    probabilities = rng.dirichlet(np.ones(4), 20)
    by_place = {tuple(box): score for box, score in zip(proposed.boxes_xyxy.tolist(), proposed.scores, strict=True)}
    named = rename(proposed, probabilities, spec_for(3))
    assert all(
        score <= by_place[tuple(box)] for box, score in zip(named.boxes_xyxy.tolist(), named.scores, strict=True)
    )
    assert (np.diff(named.scores) <= 0).all()


def test_with_one_class_the_verifier_only_filters_and_gently():
    named = rename(found([HERE], [0.8]), np.array([[0.25, 0.75]]), spec_for(1))
    assert (named.class_ids.tolist(), named.scores.tolist()) == ([0], pytest.approx([0.4]))


def test_nothing_found_stays_nothing():
    nothing = found(np.zeros((0, 4)), [])
    assert not len(rename(propose(nothing, SPEC), np.zeros((0, 3)), SPEC).scores)
    named = name_all(nothing, np.zeros((0, 3)), SPEC, min_score=0.1, max_detections=5)
    assert not len(named.scores)


def test_a_place_keeps_its_pixels_whatever_it_is_named():
    masks = tuple(Mask.of(np.eye(40, dtype=bool) & (np.arange(40) == n)) for n in range(2))
    places = replace(found([[0, 0, 10, 10], [20, 20, 30, 30]], [0.9, 0.8]), masks=masks)
    spec = spec_for(2)
    probabilities = np.array([[0.1, 0.1, 0.8], [0.1, 0.9, 0.0]])
    proposed = propose(places, spec)
    assert rename(proposed, probabilities, spec).masks == masks[::-1]
    named = name_all(proposed, probabilities, spec, min_score=0.0, max_detections=4)
    assert [masks.index(mask) for mask in named.masks] == [int(box[0] > 10) for box in named.boxes_xyxy]
