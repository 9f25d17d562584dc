"""A model that was exported anew is used once a page is loaded; one that cannot be used changes nothing."""

import httpx
import pytest

from partsight.deploy.live.fair_lock import SharedDetector
from partsight.deploy.live.renewal import LiveModel
from partsight.deploy.live.threshold import LiveThreshold
from partsight.deploy.model import Model
from partsight.deploy.model_folder import ModelFolder, write_description
from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.web.access import Access
from tests.unit.deploy.live.scene import ColorDetector, color_model, film, running
from tests.unit.deploy.live.test_access import base
from tests.unit.deploy.live.test_server import encoded


class Sharper(ColorDetector):
    """A better detector: it does not take the post for anything."""

    def _detect(self, image, min_score, max_detections):
        return super()._detect(image, max(min_score, 0.6), max_detections)


def exported_anew(folder, **changes):
    """Write another description over that of a folder."""
    network = folder.description.networks["onnx"].model_copy(update={"sha256": "another"})
    description = folder.description.model_copy(update={"networks": {"onnx": network}, **changes})
    write_description(folder.path, description)
    return ModelFolder(folder.path, description)


def test_after_a_reload_of_the_page_the_new_model_is_used_on_all_seats(tmp_path, film_path):
    model = color_model(tmp_path / "model")
    said, sent = [], encoded(film(1)[0])

    def read():
        return Model(model.folder, Sharper())

    job = LiveJob(model, str(film_path), Access(), loops=True, load=read)
    with running(open_live(job, said.append)) as server:

        def found():
            return {part["class"] for part in httpx.post(base(server) + "/detect", content=sent).json()["parts"]}

        assert found() == {"square", "post"}
        card = model.folder.description.parts[0].model_copy(update={"description": "Now with a chamfer"})
        exported_anew(model.folder, threshold=0.45, parts=(card, model.folder.description.parts[1]))
        assert found() == {"square", "post"}, "nobody has loaded the page yet"
        parts = httpx.get(base(server) + "/parts").json()["parts"]
        assert parts[0]["description"] == "Now with a chamfer"
        assert found() == {"square"}
        assert httpx.get(base(server) + "/health").json()["threshold"] == 0.45
        httpx.get(base(server) + "/parts")
    assert [line for line in said if "exported anew" in line] == [
        "the model that was exported anew is used from now on"
    ]


@pytest.fixture
def live_model(tmp_path):
    model, said = color_model(tmp_path / "model"), []
    detector = SharedDetector(model.detector)
    threshold = LiveThreshold(0.4, (), model.folder, is_stated=True)
    return (
        LiveModel(model, detector, threshold, load=lambda: Model(model.folder, Sharper()), say=said.append),
        threshold,
        said,
    )


def test_a_threshold_that_the_user_stated_outlasts_a_new_model(live_model):
    model, threshold, _ = live_model
    exported_anew(model.folder, threshold=0.7)
    model.renew()
    assert threshold.value == 0.4
    assert model.folder.description.threshold == 0.7


def test_a_folder_that_cannot_be_read_just_now_is_told_once_and_the_old_model_stays(live_model):
    model, _, said = live_model
    before = model.folder
    (before.path / "model.json").rename(before.path / "elsewhere.json")
    model.renew()
    model.renew()
    assert model.folder is before
    assert len(said) == 1
    (before.path / "elsewhere.json").rename(before.path / "model.json")
    exported_anew(before)
    model.renew()
    assert model.folder is not before


def test_a_model_of_other_classes_needs_a_new_start(live_model):
    model, _, said = live_model
    before = model.folder
    parts = tuple(part.model_copy(update={"name": f"{part.name} 2"}) for part in before.description.parts)
    exported_anew(before, class_names=tuple(part.name for part in parts), parts=parts)
    model.renew()
    assert model.folder is before
    assert "other classes" in said[0]
