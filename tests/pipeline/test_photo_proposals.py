"""The labeling page proposes what a really trained detector finds."""

import shutil
import time
from importlib.util import find_spec

import pytest

from partsight.labels.store import open_label_store
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.photos.proposals import PhotoProposer, find_newest_checkpoint
from partsight.progress import Silence

if find_spec("ultralytics") is None:  # importing it here would change Pillow for all tests
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)
PATIENCE_S = 60


@pytest.mark.slow
def test_the_newest_detector_looks_through_unfinished_photos(finished, tmp_path, monkeypatch):
    monkeypatch.setattr("partsight.pipeline.photos.proposals.MIN_SCORE", 1e-4)  # it was trained for one epoch
    trained = Experiment(finished.recipe.at("train.weights", "scratch"), finished.workspace, Silence()).train()
    checkpoint = find_newest_checkpoint(finished.workspace, finished.recipe.class_names)
    assert checkpoint is not None
    assert checkpoint.path.parent.parent == trained.checkpoint.path.parent.parent
    assert find_newest_checkpoint(finished.workspace, ("another class",)) is None
    waiting = tmp_path / "to_label" / "monday"
    waiting.mkdir(parents=True)
    shutil.copy(finished.render().dataset.samples[0].image_path, waiting)
    store = open_label_store(tmp_path, finished.recipe.class_names)
    proposer = PhotoProposer(store, checkpoint)
    proposer.start()
    (key,) = store.list_keys()
    deadline = time.monotonic() + PATIENCE_S
    while not (proposals := proposer.propose(key)).is_complete and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not proposals.problem
    assert proposals.found
    assert not store.read(key).boxes, "a proposal is no label until it is accepted"
