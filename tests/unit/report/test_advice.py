"""Advice rests on figures: it is given when they say so, and silent otherwise."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.report.advice import give_advice
from partsight.structures.evaluation import Cause, FalseDetections, Interval, OtherThreshold, Slice, ThresholdChoice

from .small import content


def advised(tmp_path, *, source="photo", num_train_photos=10, **figures):
    full = content(tmp_path, test_source=source, num_train_photos=num_train_photos)
    quiet = {"num_sessions": 9, "false_positives_per_empty_image": 0.0}
    evaluation = replace(full.evaluation, **{**quiet, **figures})
    return " ".join(give_advice(replace(full, evaluation=evaluation)))


def confusion(evaluation_size, **counts):
    matrix = np.zeros((evaluation_size + 1, evaluation_size + 1), int)
    for place, count in counts.items():
        row, column = (int(digit) for digit in place.strip("c"))
        matrix[row, column] = count
    return matrix


def test_renders_alone_lead_to_photos(tmp_path):
    assert "Take photos of the real parts" in advised(tmp_path, source="render")
    assert "Take photos" not in advised(tmp_path)


def test_a_detector_without_photos_is_told_what_five_would_do(tmp_path):
    assert "Five labeled photos per class" in advised(tmp_path, num_train_photos=0)


@pytest.mark.parametrize(("num_sessions", "is_said"), [(1, True), (4, True), (5, False)])
def test_few_sessions_are_said(tmp_path, num_sessions, is_said):
    assert ("figures rest on" in advised(tmp_path, num_sessions=num_sessions)) is is_said


def test_classes_that_are_confused_are_named(tmp_path):
    counts = confusion(2, c00=8, c01=8, c11=16)
    assert "50% of bolt are taken for nut" in advised(tmp_path, confusion=counts, class_agnostic_ap50=0.99)
    assert "taken for" not in advised(tmp_path, confusion=confusion(2, c00=16, c11=16), class_agnostic_ap50=0.99)


def test_few_confusions_of_few_parts_are_no_finding(tmp_path):
    assert "taken for" not in advised(tmp_path, confusion=confusion(2, c00=1, c01=1), class_agnostic_ap50=0.99)


def falsely(**counts):
    given = {"num_background": 0, "num_duplicates": 0, "num_loose": 0, "num_misnamed": 0, "num_at_edge": 0}
    rest = {"num_at_edge_by_chance": 0.0, "share_of_parts_at_edge": 0.07, "num_pictures": 3, "num_in_worst_session": 0}
    return FalseDetections(**{**given, **rest, "worst_session": "hall", **counts})


def test_false_detections_ask_for_places_where_there_are_none(tmp_path):
    assert "`partsight photos add --places walk.mp4`" in advised(tmp_path)
    assert "--places" not in advised(tmp_path, confusion=confusion(2, c00=2, c11=1))


@pytest.mark.parametrize(("rate", "is_said"), [(0.04, False), (0.4, True), (float("nan"), False)])
def test_where_places_taught_false_alarms_ask_for_more_of_them(tmp_path, rate, is_said):
    full = content(tmp_path, num_train_photos=10, num_train_backgrounds=20)
    evaluation = replace(full.evaluation, false_positives_per_empty_image=rate)
    assert ("add places like those" in " ".join(give_advice(replace(full, evaluation=evaluation)))) is is_said


@pytest.mark.parametrize(
    ("choice", "is_said"), [(ThresholdChoice("best_f1", 40), True), (ThresholdChoice("best_f1", 0, 9), False)]
)
def test_a_threshold_that_renders_chose_is_told_with_one_that_would_do_better(tmp_path, choice, is_said):
    others = (OtherThreshold(0.73, 0.958, 0.978, 34), OtherThreshold(0.97, 1.0, 0.01, 0))
    overall = replace(content(tmp_path).evaluation.overall, recall=0.996)
    text = advised(tmp_path, choice=choice, other_thresholds=others, overall=overall)
    assert ("evaluate.operate_at = 0.73" in text) is is_said
    assert "operate_at = 0.97" not in text  # it would cost the recall


@pytest.mark.parametrize(("by_chance", "is_said"), [(29.0, True), (60.0, False)])
def test_the_edge_is_named_where_more_lie_there_than_by_chance(tmp_path, by_chance, is_said):
    found = falsely(num_background=100, num_at_edge=77, num_at_edge_by_chance=by_chance)
    assert ("77 of 100 false detections on background" in advised(tmp_path, false_detections=found)) is is_said


@pytest.mark.parametrize(("counts", "said"), [
    ({"num_background": 30, "num_in_worst_session": 17}, "17 of 30 false detections come from session hall"),
    ({"num_background": 30, "num_duplicates": 9, "num_loose": 10}, "9 parts are reported twice and 10 framed too loosely"),
])  # fmt: skip
def test_a_kind_that_prevails_is_named_with_its_remedy(tmp_path, counts, said):
    assert said in advised(tmp_path, false_detections=falsely(**counts))
    assert said not in advised(tmp_path, false_detections=falsely(**{**counts, "num_background": 400}))


def test_recall_paid_for_few_false_alarms_is_told_with_its_remedy(tmp_path):
    full = content(tmp_path).evaluation  # of a bolt in two pictures one is found, with a score of 0.9
    strict = {"threshold": 0.95, "overall": replace(full.overall, recall=0.0)}
    said = "0% of the parts are found, 25% at the threshold with the best F1"
    assert said in advised(tmp_path, best_f1_threshold=0.5, **strict)
    assert "cost much recall" not in advised(tmp_path, best_f1_threshold=0.5)
    assert "cost much recall" not in advised(tmp_path, **strict)


def test_the_weakest_slices_are_named_with_a_remedy(tmp_path):
    full = content(tmp_path).evaluation.overall
    slices = (Slice("size", "below 16 px", 40, 0.05, None), Slice("size", "from 128 px", 40, 0.95, None))
    text = advised(tmp_path, slices=slices, overall=replace(full, recall=0.8))
    assert "below 16 px" in text
    assert "object_size" in text
    assert "from 128 px" not in text


@pytest.mark.parametrize(("low", "is_said"), [(-0.6, True), (-0.9, False)])
def test_what_recall_depends_on_most_is_named_unless_it_may_be_chance(tmp_path, low, is_said):
    cause = Cause("hidden", 400, 0.0, 0.4, 0.9, 0.5, Interval(low, 0.2 if low == -0.9 else -0.2))
    text = advised(tmp_path, causes=(cause,))
    assert ("from 90% to 50%" in text) is is_said
    assert ("parts_per_image" in text) is is_said


def test_where_nothing_was_measured_nothing_is_advised(tmp_path):
    full = content(tmp_path)
    overall = replace(full.evaluation.overall, num_boxes=0)
    assert give_advice(replace(full, evaluation=replace(full.evaluation, overall=overall))) == ()
