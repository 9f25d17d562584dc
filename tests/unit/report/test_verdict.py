from dataclasses import replace

import numpy as np
import pytest

from partsight.report.figures import duration, number, percent
from partsight.report.verdict import write_verdict
from partsight.structures.dataset import Dataset
from partsight.structures.evaluation import ThresholdChoice

from .small import LEFT, content, evaluation, found, sample


def verdict(tmp_path, **changes):
    return write_verdict(content(tmp_path, **changes)).replace("\N{NO-BREAK SPACE}", " ")


def test_renders_prove_nothing_about_photos_and_the_verdict_says_so(tmp_path):
    text = verdict(tmp_path, test_source="render", num_train_renders=320)
    assert text.startswith("Finds 25 % of the parts (95 % interval ")
    assert (
        "averaged over 2 classes, on 3 held-out renders with 3 labeled parts: 1 false detection, 0.33 a render" in text
    )
    assert "Trained on 320 renders and no photos. This says nothing about real photos: none were given." in text


def test_the_first_sentence_tells_false_detections_and_wrong_names_and_nothing_where_there_are_none(tmp_path):
    first = verdict(tmp_path).split(". ")[0]
    assert first.endswith("labeled parts: 1 false detection, 0.33 a photo and 1 part under a wrong name")
    full = content(tmp_path)
    right = replace(full.evaluation, confusion=np.diag([2, 1, 0]))
    assert "with 3 labeled parts. " in verdict(tmp_path, evaluation=right)


def test_an_operating_point_that_is_not_reached_is_told(tmp_path):
    choice = ThresholdChoice("precision 0.99", num_renders=40, is_reached=False)
    evaluated = replace(content(tmp_path).evaluation, choice=choice)
    assert "(evaluate.operate_at, precision 0.99) is not reached" in verdict(tmp_path, evaluation=evaluated)
    assert "not reached" not in verdict(tmp_path, evaluation=replace(evaluated, choice=ThresholdChoice("best_f1", 40)))


def test_a_threshold_chosen_on_the_test_set_is_called_optimistic(tmp_path):
    full = content(tmp_path)
    assert "optimistic" not in write_verdict(full)
    seed_protocol = replace(full, evaluation=replace(full.evaluation, threshold_source="test"))
    assert "chosen on these same pictures: the figures are optimistic" in write_verdict(seed_protocol)


def test_photos_without_parts_are_told_apart_from_those_with(tmp_path):
    text = verdict(tmp_path, num_train_renders=200, num_train_backgrounds=19)
    assert "Trained on 200 renders and no photos, and 19 photos without parts." in text


def test_a_threshold_raised_for_pictures_without_parts_is_told(tmp_path):
    full = content(tmp_path)
    assert "raised" not in write_verdict(full)
    raised = replace(full, evaluation=replace(full.evaluation, threshold=0.8, best_f1_threshold=0.31))
    assert "The threshold was raised from 0.31, where F1 is best, to 0.80" in write_verdict(raised)
    assert "recall pays for it, 25" in write_verdict(raised)


def test_few_sessions_and_missing_intervals_are_mentioned(tmp_path):
    assert "rests on only 3 sessions" in verdict(tmp_path)
    one = Dataset(("bolt",), (sample(tmp_path, "x", [LEFT], [0]),))
    text = verdict(tmp_path, evaluation=evaluation(one, [found([LEFT], [0.9], [0])]))
    assert "No interval is given" in text
    assert "averaged" not in text


def test_without_labeled_parts_nothing_is_claimed(tmp_path):
    empty = Dataset(("bolt",), (sample(tmp_path, "x"),))
    assert verdict(tmp_path, evaluation=evaluation(empty, [found()])).startswith("Nothing can be said")


def test_a_given_verdict_is_kept(tmp_path):
    assert verdict(tmp_path, verdict="Good enough.") == "Good enough."


@pytest.mark.parametrize(("share", "text"), [(0.0, "0"), (0.004, "1"), (0.5, "50"), (0.997, "99"), (1.0, "100")])
def test_almost_all_is_never_called_all_nor_almost_nothing_nothing(share, text):
    assert percent(share) == f"{text}\N{NO-BREAK SPACE}%"


def test_figures_are_written_as_people_read_them():
    assert (number(0.12345), number(float("nan"))) == ("0.123", "–")
    assert [duration(seconds) for seconds in (4.21, 59.96, 185, 7800)] == [
        "4.2 s",
        "1 min 00 s",
        "3 min 05 s",
        "2 h 10 min",
    ]
