"""False detections are told in words and numbers, and nothing is said where there are none."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.report.false_words import describe_calibration, describe_false, threshold_rows
from partsight.report.figures import describe_unknown
from partsight.structures.evaluation import (
    CalibrationBin,
    FalseDetections,
    OtherThreshold,
    ThresholdChoice,
    UnknownObjects,
)

from .small import content

GEAR = FalseDetections(100, 9, 10, 0, 77, 57.2, 0.07, 80, "s09", 40)


def with_figures(tmp_path, **figures):
    full = content(tmp_path)
    return replace(full, evaluation=replace(full.evaluation, **figures))


def test_kinds_edge_and_session_are_told_with_their_numbers(tmp_path):
    text = describe_false(with_figures(tmp_path, false_detections=GEAR)).replace("\N{NO-BREAK SPACE}", " ")
    assert "100 on background, 9 on parts that were found already, 10 framed too loosely" in text
    assert "77 lie at the picture's edge" in text
    assert "57 times" in text
    assert "40 come from session s09" in text


def test_kinds_that_there_are_none_of_are_not_told(tmp_path):
    none = FalseDetections(0, 0, 0, 0, 0, 0.0, 0.07, 0, "", 0)
    assert describe_false(with_figures(tmp_path, false_detections=none)) == ""
    only = describe_false(with_figures(tmp_path, false_detections=replace(none, num_background=2, num_pictures=1)))
    assert only == "2 false detections on 1 of 3 pictures (0.33 a photo): 2 on background."
    misnamed = describe_false(with_figures(tmp_path, false_detections=replace(none, num_misnamed=1)))
    assert misnamed == "1 part found under a wrong name."


def test_the_table_of_thresholds_begins_with_the_one_in_use(tmp_path):
    others = (OtherThreshold(0.73, 0.958, 0.978, 34), OtherThreshold(0.9, 1.0, 0.6, 0))
    rows = threshold_rows(with_figures(tmp_path, other_thresholds=others, threshold=0.47))
    assert [row.threshold for row in rows] == ["0.470", "0.730", "0.900"]
    assert [row.is_used for row in rows] == [True, False, False]
    assert threshold_rows(content(tmp_path)) == ()


@pytest.mark.parametrize(("precision", "said"), [(0.4, "promise too much"), (0.95, "promise too little"), (0.66, "")])
def test_scores_that_are_off_are_told_in_words(tmp_path, precision, said):
    bins = (CalibrationBin(100, 0.65, precision), CalibrationBin(2, 0.95, 0.95))
    text = describe_calibration(with_figures(tmp_path, calibration=bins).evaluation)
    assert said in text
    assert bool(text) == bool(said)


def test_few_detections_tell_nothing_about_scores(tmp_path):
    assert describe_calibration(with_figures(tmp_path, calibration=(CalibrationBin(29, 0.9, 0.1),)).evaluation) == ""


@pytest.mark.parametrize(("num_false", "num_taken", "is_said"), [(1, 0, False), (0, 0, True), (1, 3, True)])
def test_no_thing_taken_for_a_part_is_no_comfort_beside_false_detections(tmp_path, num_false, num_taken, is_said):
    unknown = UnknownObjects(40, 300, (num_taken, 0), 0)
    confusion = np.diag([2, 1, 0])
    confusion[-1, 0] = num_false
    text = describe_unknown(with_figures(tmp_path, unknown=unknown, confusion=confusion).evaluation)
    assert bool(text) is is_said


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (ThresholdChoice("best_f1", 40), "chosen for the best F1 on 40 renders"),
        (ThresholdChoice("best_f1", 1, 0, 20), "chosen for the best F1 on 1 render and 20 photos without parts"),
        (ThresholdChoice("precision 0.95", 0, 12), "chosen for a precision of 0.95 on 12 photos"),
        (ThresholdChoice("best_f1 per_class", 0, 12), "chosen for the best F1, for each class, on 12 photos"),
        (ThresholdChoice("0.7"), "stated by the recipe"),
    ],
)
def test_who_chose_the_threshold_is_said_in_words(choice, words):
    assert choice.in_words == words
