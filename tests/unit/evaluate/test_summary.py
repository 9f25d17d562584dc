import json

import numpy as np
import pytest

from partsight.config.sections.evaluate import EvaluateSection
from partsight.errors import EvaluationError
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.matching import match
from partsight.evaluate.summary import evaluation_as_json, evaluation_from_json

from .scenes import LEFT, dataset, found, random_scene, sample


def evaluated(truth, detections):
    return evaluate(
        match(truth, detections), EvaluateSection(bootstrap=20), threshold=0.5, threshold_source="test", seed=0
    )


def test_written_then_read_is_the_same_evaluation():
    first = evaluated(*random_scene(np.random.default_rng(0)))
    second = evaluation_from_json(json.loads(json.dumps(evaluation_as_json(first), allow_nan=False)))
    assert (first.overall, first.per_class, first.intervals) == (second.overall, second.per_class, second.intervals)
    assert (first.confusion == second.confusion).all()
    assert evaluation_as_json(first) == evaluation_as_json(second)


def test_what_could_not_be_measured_is_null_and_comes_back_as_nan():
    content = evaluation_as_json(evaluated(dataset(sample("a", [LEFT], [0])), [found()]))
    assert content["per_class"][1]["ap50"] is None
    assert content["false_positives_per_empty_image"] is None
    assert np.isnan(evaluation_from_json(content).per_class[1].ap50)


@pytest.mark.parametrize("damage", [lambda c: c.pop("overall"), lambda c: c.update(surprise=1)])
def test_a_foreign_file_is_refused_with_the_reason(damage):
    content = evaluation_as_json(evaluated(dataset(sample("a", [LEFT], [0])), [found()]))
    damage(content)
    with pytest.raises(EvaluationError, match="not an evaluation"):
        evaluation_from_json(content)
