"""What a verifier changed is counted part by part, each side at its own threshold."""

import json

import numpy as np

from partsight.config.sections.evaluate import EvaluateSection
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.figures.thresholds import Limits
from partsight.evaluate.matching import match
from partsight.evaluate.second_opinion import judge_change
from partsight.evaluate.summary import evaluation_as_json, evaluation_from_json

from .scenes import ABOVE, LEFT, RIGHT, dataset, found, sample


def opinion():
    """Before: one part right, one misnamed, a false alarm. After: the name is mended, the alarm gone, the first part lost."""
    truth = dataset(sample("a", [LEFT, RIGHT], [0, 1]))
    before = match(truth, [found([LEFT, RIGHT, ABOVE], [0.9, 0.8, 0.7], [0, 0, 1])])
    after = match(truth, [found([RIGHT, LEFT, ABOVE], [0.6, 0.1, 0.05], [1, 0, 1])])
    return judge_change(before, after, limits_before=Limits(0.5, (), None), limits_after=Limits(0.3, (), None)), after


def test_names_alarms_and_parts_are_told_apart():
    change, _ = opinion()
    assert (change.before.num_right, change.before.num_misnamed, change.before.num_false) == (1, 1, 1)
    assert (change.after.num_right, change.after.num_misnamed, change.after.num_false) == (1, 0, 0)
    assert (change.num_won, change.num_lost) == (1, 1)
    assert (change.before.threshold, change.after.threshold) == (0.5, 0.3)


def test_thresholds_of_classes_count_where_there_are_some():
    truth = dataset(sample("a", [LEFT], [0]))
    matched = match(truth, [found([LEFT], [0.4], [0])])
    change = judge_change(
        matched, matched, limits_before=Limits(0.1, (0.5, 0.1), None), limits_after=Limits(0.5, (0.3, 0.5), None)
    )
    assert (change.before.num_right, change.after.num_right, change.num_won) == (0, 1, 1)


def test_figures_are_those_of_an_evaluation():
    change, after = opinion()
    section = EvaluateSection(bootstrap=0)
    judged = evaluate(after, section, threshold=0.3, threshold_source="test", seed=0).overall
    assert (change.after.map50, change.after.precision, change.after.recall) == (
        judged.ap50, judged.precision, judged.recall,
    )  # fmt: skip


def test_written_then_read_is_the_same_opinion():
    change, after = opinion()
    section = EvaluateSection(bootstrap=0)
    judged = evaluate(after, section, threshold=0.3, threshold_source="test", seed=0)
    content = evaluation_as_json(judged)
    content["second_opinion"] = evaluation_as_json(change)
    read = evaluation_from_json(json.loads(json.dumps(content)))
    assert read.second_opinion == change
    assert np.isfinite(read.second_opinion.before.map50)
