"""The report names what became better since the evaluation before, what became worse, and how sure that is."""

import json
from dataclasses import replace

import pytest

from partsight.config.sections.report import ReportSection
from partsight.report.changes import describe_changes
from partsight.report.content import EarlierEvaluation
from partsight.report.page import write_report
from partsight.structures.dataset import Dataset
from partsight.structures.evaluation import Interval

from .small import ABOVE, LEFT, RIGHT, content, evaluation, found, sample


def evaluations(tmp_path):
    """One that misses a nut and reports nothing on a place, and one that finds it and has a false alarm."""
    truth = Dataset(("bolt", "nut"), (sample(tmp_path, "a", [LEFT], [0]), sample(tmp_path, "b", [RIGHT], [1])))
    poor = evaluation(truth, [found([LEFT], [0.9], [0]), found()])
    rich = evaluation(truth, [found([LEFT, ABOVE], [0.9, 0.8], [0, 0]), found([RIGHT], [0.9], [1])])
    return poor, rich


def words(tmp_path, before, now, interval=None):
    told = describe_changes(content(tmp_path, evaluation=now, earlier=EarlierEvaluation(before, interval)))
    return [sentence.replace("\N{NO-BREAK SPACE}", " ") for sentence in told]


def test_what_is_better_and_what_is_worse_are_told_apart_and_turn_with_the_order(tmp_path):
    poor, rich = evaluations(tmp_path)
    _, better, worse = words(tmp_path, poor, rich)
    assert better == "Better: precision 50 % → 75 %; recall 50 % → 100 %; nut found 0 → 1 of 1."
    assert worse == "Worse: false detections 0 → 1."
    _, turned_better, turned_worse = words(tmp_path, rich, poor)
    assert "false detections 1 → 0" in turned_better
    assert "nut found 1 → 0 of 1" in turned_worse


def test_nothing_is_said_where_nothing_came_before_and_no_change_is_told_as_none(tmp_path):
    poor, _ = evaluations(tmp_path)
    assert describe_changes(content(tmp_path)) == ()
    assert words(tmp_path, poor, poor)[1:] == ["At the threshold nothing changed."]


@pytest.mark.parametrize(
    ("interval", "told"),
    [
        (Interval(0.02, 0.2), "clearly better (95 % interval of the difference +0.020 to +0.200)"),
        (Interval(-0.2, -0.1), "clearly worse"),
        (Interval(-0.1, 0.3), "cannot be told apart on these pictures"),
        (None, "too few sessions"),
    ],
)
def test_chance_is_not_called_a_gain(tmp_path, interval, told):
    poor, rich = evaluations(tmp_path)
    overall = words(tmp_path, poor, rich, interval)[0]
    assert told in overall
    assert overall.startswith("mAP50 ")


def test_page_and_figures_tell_the_changes(tmp_path):
    poor, rich = evaluations(tmp_path)
    full = content(tmp_path)
    after = replace(full, evaluation=rich, earlier=EarlierEvaluation(poor, None))
    page = write_report(after, ReportSection(), tmp_path / "report.html")
    assert "Since the evaluation before, on the same pictures: mAP50" in page.read_text()
    assert json.loads(page.with_suffix(".json").read_text())["changes"] == list(describe_changes(after))
    assert "Since the evaluation" not in write_report(full, ReportSection(), tmp_path / "first.html").read_text()
