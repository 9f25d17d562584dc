"""Limits of the model folder are those of the live page, until a page sets one for all."""

import httpx
import numpy as np
import pytest

from partsight.deploy.live.threshold import LiveThreshold
from partsight.deploy.model import Model
from partsight.deploy.model_folder import ModelFolder, read_model_folder, write_description
from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.web.access import Access
from tests.unit.deploy.live.scene import ColorDetector, color_model, film, running, wait_for
from tests.unit.deploy.live.test_access import base
from tests.unit.deploy.live.test_server import encoded


@pytest.fixture
def station(tmp_path, film_path):
    """A model whose square needs more than it gets, and whose post needs less."""
    folder = color_model(tmp_path / "model").folder
    description = folder.description.model_copy(update={"class_thresholds": (0.95, 0.3)})
    write_description(folder.path, description)
    model = Model(ModelFolder(folder.path, description), ColorDetector())
    with running(open_live(LiveJob(model, str(film_path), Access(), loops=True), print)) as server:
        yield server


def names(parts):
    return sorted(part["class"] for part in parts)


def test_each_class_has_its_own_limit_until_a_page_sets_one_for_all(station, tmp_path):
    def seen():
        answer = httpx.get(base(station) + "/detections")
        return names(answer.json()["parts"]) if answer.status_code == 200 else None

    sent = encoded(np.asarray(film(1)[0]))
    assert wait_for(lambda: seen() == ["post"])
    assert names(httpx.post(base(station) + "/detect", content=sent).json()["parts"]) == ["post"]
    assert httpx.get(base(station) + "/health").json()["class_limits"] == [0.95, 0.3]
    assert httpx.post(base(station) + "/threshold", json={"threshold": 0.6}).json() == {"threshold": 0.6}
    assert wait_for(lambda: seen() == ["square"])
    assert names(httpx.post(base(station) + "/detect", content=sent).json()["parts"]) == ["square"]
    kept = read_model_folder(tmp_path / "model").description
    assert (kept.threshold, kept.class_thresholds) == (0.6, ())


@pytest.mark.parametrize("sent", [{}, {"threshold": 2}, {"threshold": "high"}, {"threshold": 0.5, "more": 1}])
def test_a_threshold_that_is_none_changes_nothing(station, sent):
    assert httpx.post(base(station) + "/threshold", json=sent).status_code == 422
    assert httpx.get(base(station) + "/health").json()["class_limits"] == [0.95, 0.3]


def test_a_model_folder_that_cannot_be_written_keeps_the_limits_that_were(tmp_path, monkeypatch):
    from partsight.errors import StorageError

    def full(*_arguments, **_options):
        raise StorageError("model.json: No space left on device")

    monkeypatch.setattr("partsight.deploy.live.threshold.store_threshold", full)
    threshold = LiveThreshold(0.4, (0.95, 0.3), color_model(tmp_path / "model").folder)
    with pytest.raises(StorageError):
        threshold.store(0.6)
    assert (threshold.value, threshold.of(0)) == (0.4, 0.95)
