"""The evaluation to compare with is the newest older one of the same name on the same pictures, and whole."""

import os
from dataclasses import replace

import numpy as np
import pytest

from partsight.config.loading import effective_recipe
from partsight.config.recipe import Recipe
from partsight.evaluate.summary import evaluation_as_json
from partsight.files import write_json
from partsight.pipeline.running.contents import record_contents
from partsight.pipeline.running.run import RECIPE
from partsight.pipeline.running.workspace import Workspace, write_manifest
from partsight.pipeline.stages.evaluate.stage import EvaluateManifest, read_evaluated
from partsight.pipeline.stages.evaluate.tested import write_tested
from partsight.pipeline.stages.report.earlier import find_earlier
from partsight.structures.dataset import Dataset
from tests.unit.report.small import LEFT, RIGHT, evaluation, found, sample

RECIPE_OF = Recipe.of(name="hall", parts={"bolt": {"files": ["a.step"]}}, evaluate={"bootstrap": 50})


@pytest.fixture
def test_set(tmp_path):
    return Dataset(("bolt",), tuple(sample(tmp_path, name, [LEFT], [0]) for name in "ab"))


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "runs")


def finish(workspace, key, test, *, at, is_found=True, recipe=RECIPE_OF):
    """Leave a finished evaluation as the stage would."""
    folder = workspace.stage_dir("evaluate", key)
    detections = [found([LEFT], [0.9], [0]) if is_found else found() for _ in test.samples]
    boxes = [
        {"boxes": one.boxes_xyxy.tolist(), "scores": one.scores.tolist(), "classes": one.class_ids.tolist()}
        for one in detections
    ]
    write_json(folder / "detections.json", boxes)
    write_json(folder / "evaluation.json", evaluation_as_json(evaluation(test, detections)))
    write_tested(test, folder)
    write_json(folder / RECIPE, effective_recipe(recipe))
    write_manifest(folder, EvaluateManifest(map50=1.0, contents=record_contents(folder)))
    os.utime(folder / "manifest.json", (at, at))
    return read_evaluated(folder)


def test_the_newest_older_one_on_the_same_pictures_is_taken(workspace, test_set):
    finish(workspace, "first", test_set, at=1000, is_found=False)
    finish(workspace, "second", test_set, at=2000)
    now = finish(workspace, "third", test_set, at=3000)
    finish(workspace, "later", test_set, at=4000, is_found=False)
    earlier = find_earlier(RECIPE_OF, now, test_set, workspace)
    assert earlier.evaluation.overall.recall == 1.0
    assert (earlier.difference.low, earlier.difference.high) == (0.0, 0.0)
    second = read_evaluated(workspace.stage_dir("evaluate", "second"))
    first = find_earlier(RECIPE_OF, second, test_set, workspace)
    assert first.evaluation.overall.recall == 0.0
    assert first.difference.low == 1.0


def test_others_are_no_measure(workspace, test_set, tmp_path):
    """Those of another name, on other pictures or labels, damaged ones, and those of versions that noted nothing."""
    other_labels = replace(
        test_set, samples=(replace(test_set.samples[0], boxes_xyxy=np.array([RIGHT], float)), test_set.samples[1])
    )
    finish(workspace, "labels", other_labels, at=1000)
    finish(workspace, "fewer", Dataset(test_set.class_names, test_set.samples[:1]), at=1001)
    finish(workspace, "name", test_set, at=1002, recipe=RECIPE_OF.but(name="bench"))
    finish(workspace, "damaged", test_set, at=1003)
    (workspace.stage_dir("evaluate", "damaged") / "detections.json").write_text("[]")
    finish(workspace, "silent", test_set, at=1004)
    (workspace.stage_dir("evaluate", "silent") / "tested.json").unlink()
    now = finish(workspace, "now", test_set, at=3000)
    assert find_earlier(RECIPE_OF, now, test_set, workspace) is None
