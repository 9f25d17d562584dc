"""A threshold stored in a model folder counts from then on, for everybody who opens it."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import partsight
from partsight.deploy.model_folder import read_model_folder
from partsight.deploy.operating_point import store_threshold
from partsight.errors import ModelError, StorageError


@pytest.fixture
def folder(model_path, tmp_path):
    """A model folder that a test may change."""
    return read_model_folder(shutil.copytree(model_path, tmp_path / "model"))


def test_a_stored_threshold_is_the_one_that_counts_when_the_folder_is_opened_again(folder):
    stored = store_threshold(folder, 0.73, set_by="the live page")
    opened = partsight.load(folder.path)
    assert opened.limits == stored.description.threshold == 0.73
    assert "the live page" in opened.description.threshold_source


def test_a_threshold_of_one_class_leaves_the_others_where_they_were(folder):
    store_threshold(folder, 0.4)
    store_threshold(folder, 0.9, class_name="disc")
    assert np.array_equal(partsight.load(folder.path).limits, (0.4, 0.9))
    assert store_threshold(folder, 0.5, class_name="square").description.class_thresholds == (0.5, 0.9)


def test_a_threshold_for_all_takes_the_place_of_those_of_classes(folder):
    store_threshold(folder, 0.9, class_name="disc")
    assert store_threshold(folder, 0.6).description.class_thresholds == ()


def test_all_else_stays_also_what_later_versions_wrote(folder):
    path = folder.path / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "of_tomorrow": [1, 2]}))
    before = json.loads(path.read_text())
    store_threshold(folder, 0.2)
    changed = {name for name, value in json.loads(path.read_text()).items() if before[name] != value}
    assert changed == {"threshold", "threshold_source"}
    assert list(json.loads(path.read_text())) == list(before)


@pytest.mark.parametrize("threshold", [-0.01, 1.01, float("nan")])
def test_what_is_no_score_is_refused_and_nothing_is_written(folder, threshold):
    before = (folder.path / "model.json").read_bytes()
    with pytest.raises(ModelError, match="from 0 to 1"):
        store_threshold(folder, threshold)
    assert (folder.path / "model.json").read_bytes() == before


def test_an_unknown_class_is_refused_with_those_that_there_are(folder):
    with pytest.raises(ModelError, match="square, disc"):
        store_threshold(folder, 0.5, class_name="ring")


def test_a_folder_that_cannot_be_written_is_told(folder, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.write_bytes", refuse)  # root may write everywhere
    with pytest.raises(StorageError, match=r"model\.json"):
        store_threshold(folder, 0.5)


def test_two_pages_that_store_at_once_leave_a_whole_file(folder):
    thresholds = [number / 50 for number in range(50)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: store_threshold(folder, one), thresholds))
    assert read_model_folder(folder.path).description.threshold in thresholds
