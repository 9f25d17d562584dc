"""Rules of detections that labels deny."""

from pathlib import Path

import numpy as np
import pytest

from partsight.evaluate.breakdown.disagreement import doubt, find_disagreements
from partsight.evaluate.matching import match
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

BOX = (10, 10, 50, 50)


def labeled(*class_ids):
    boxes = np.array([BOX] * len(class_ids), float).reshape(-1, 4)
    return Sample("a", Path("a.png"), (100, 100), boxes, np.array(class_ids, int), "photo", "s")


def told(sample, found):
    return find_disagreements(match(Dataset(("bolt", "nut"), (sample,)), [found]))[0]


def found(box, score, class_id=0):
    return Detections(np.array([box], float), np.array([score]), np.array([class_id]))


def test_a_sure_detection_where_nothing_is_labeled_is_a_likely_missed_label():
    assert [one.kind for one in told(labeled(), found(BOX, 0.9))] == ["likely missed label"]
    assert [one.kind for one in told(labeled(0), found((60, 60, 90, 90), 0.9))] == ["likely missed label"]


def test_a_sure_detection_of_another_class_on_a_label_is_a_likely_wrong_class():
    (one,) = told(labeled(1), found(BOX, 0.9))
    assert (one.kind, one.found_class, one.labeled_class) == ("likely wrong class", 0, 1)


@pytest.mark.parametrize("case", [(labeled(0), found(BOX, 0.9)), (labeled(), found(BOX, 0.4)),
                                  (labeled(0), found((30, 30, 70, 70), 0.9))])  # fmt: skip
def test_agreement_unsure_detections_and_loose_boxes_are_no_findings(case):
    assert told(*case) == ()


def test_doubt_is_greatest_at_one_half_and_none_without_detections():
    assert doubt(found(BOX, 0.5)) == 1
    assert doubt(found(BOX, 0.95)) == pytest.approx(0.1)
    assert doubt(Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, int))) == 0


def test_a_label_that_is_found_as_its_class_is_not_contradicted_by_a_weaker_guess():
    both = Detections(np.array([BOX, BOX], float), np.array([0.9, 0.8]), np.array([1, 0]))
    assert told(labeled(1), both) == ()


def test_a_label_is_contradicted_once_however_many_detections_lie_on_it():
    twice = Detections(np.array([BOX, BOX], float), np.array([0.9, 0.8]), np.array([0, 0]))
    assert [one.score for one in told(labeled(1), twice)] == [0.9]
