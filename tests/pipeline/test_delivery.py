"""From a recipe to a model folder that works, agrees with its checkpoint, and is refused when it does not."""

from dataclasses import replace
from importlib.util import find_spec

import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

import partsight
from partsight.cli.app import app
from partsight.deploy.model_folder import read_model_folder
from partsight.detector.detector import open_family
from partsight.errors import DetectorError, ModelError
from partsight.files import read_json
from partsight.pictures import read_picture
from partsight.pipeline.delivery import export
from partsight.pipeline.delivery.export import ExportPlan, export_model
from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.pipeline.experiment import Experiment
from partsight.progress import Silence
from partsight.web.access import Access
from tests.unit.deploy.live.scene import running, wait_for
from tests.unit.photos.videos import write_video

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def experiment(smoke, finished, tmp_path_factory) -> Experiment:
    """The smoke recipe, with something to read about one part."""
    document = tmp_path_factory.mktemp("documents") / "QF manual.pdf"
    document.write_bytes(b"%PDF-1.4 manual")
    quadrupole = smoke.parts["QF"].but(document=(document, "https://example.org/qf"), details={"serial": "4711"})
    recipe = smoke.but(parts={**smoke.parts, "QF": quadrupole})
    return Experiment(recipe, finished.workspace, Silence())


def test_an_experiment_becomes_a_model_folder_that_finds_what_the_checkpoint_finds(experiment, tmp_path):
    targets = ("openvino",) if find_spec("openvino") else ()
    export_model(experiment, ExportPlan(targets, tmp_path / "model"))
    description = read_model_folder(tmp_path / "model").description
    assert set(description.networks) == {"onnx", *targets}
    assert description.threshold == experiment.evaluate().evaluation.threshold
    assert description.threshold_source == experiment.evaluate().evaluation.choice.in_words
    assert [parity.network for parity in description.parity] == ["onnx", *targets]
    for parity in description.parity:
        assert parity.num_boxes > 0
        assert parity.least_iou > 0.999
        assert parity.largest_score_difference < 1e-4
        assert parity.map50_checkpoint == pytest.approx(parity.map50_exported, abs=1e-6)
    assert {row.runtime for row in description.speed} == {"checkpoint", "onnx", *targets}
    assert description.provenance["keys"]["train"] == experiment.train().key
    assert "AGPL" in description.license

    model = partsight.load(tmp_path / "model")
    image = read_picture(experiment.assemble().splits.test.samples[0].image_path)
    checkpoint = open_family("ultralytics").load(experiment.train().checkpoint, 1)
    (expected,) = checkpoint.detect([image], 0.001, 20)
    found = model.detect(image, threshold=0.001, max_detections=20).detections
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-4)

    card = model.card(0)
    assert (card.name, card.description, card.details) == ("QF", "Focusing quadrupole", {"serial": "4711"})
    assert [document.url for document in card.documents] == [None, "https://example.org/qf"]
    assert model.folder.file(card.documents[0].path).read_bytes() == b"%PDF-1.4 manual"
    portrait = read_picture(model.folder.file(card.picture))
    assert portrait.shape == (480, 480, 3)
    assert (portrait[:40] > 240).all()
    assert portrait.std() > 20

    check_poses(model, experiment.assemble().splits.test.samples[0].image_path, tmp_path)


def check_poses(model, picture, folder):
    """Shapes of the parts, with their sub-parts, lie in the folder; `detect --pose` writes and draws what they look like."""
    shapes = model.folder.shapes()
    assert "YOKE" in shapes[0].node_names
    assert abs(shapes[0].diameter_m - 0.65) < 0.01
    given = ["--pose", "--json", folder / "found.json", "--annotated", "--out", folder / "drawn"]
    limits = ["--threshold", "0.0001", "--max-parts", "1"]
    ended = CliRunner().invoke(app, ["detect", *map(str, [folder / "model", picture, *given, *limits])])
    assert ended.exit_code == 0, ended.output
    assert "1 poses" in ended.output
    (found,) = read_json(folder / "found.json")["pictures"]
    (part,) = found["parts"]
    assert found["camera"]["source"] == "estimated"
    assert part["pose"]["camera_from_part"][3] == [0, 0, 0, 1]
    assert part["pose"]["camera_from_part"][2][3] > 0
    assert (read_picture(folder / "drawn" / f"{picture.stem}.jpg").astype(int) - read_picture(picture)).any()


def test_pictures_for_the_comparison_and_a_threshold_can_be_given(experiment, tmp_path):
    folder = experiment.assemble().splits.test.samples[0].image_path.parent
    description = export_model(experiment, ExportPlan((), tmp_path / "model", folder, 0.73))
    (parity,) = description.parity
    assert (description.threshold, description.threshold_source) == (0.73, "stated on export")
    assert "given pictures" in parity.pictures
    assert parity.map50_checkpoint is None


class Distorting:
    """The real family, whose exports are then fed with smaller pictures than they were made for."""

    def __init__(self) -> None:
        self._family = open_family("ultralytics")

    def __getattr__(self, name):
        return getattr(self._family, name)

    def export(self, checkpoint, target, output_dir, **given):
        exported = self._family.export(checkpoint, target, output_dir, **given)
        return replace(exported, spec=replace(exported.spec, image_size=64))


def test_an_export_that_disagrees_is_refused_and_not_written(experiment, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "open_family", lambda _name: Distorting())
    with pytest.raises(ModelError, match="does not do what its checkpoint does"):
        export_model(experiment, ExportPlan((), tmp_path / "model"))
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused_before_anything_is_made(experiment, tmp_path):
    with pytest.raises(DetectorError, match="Known: onnx, openvino"):
        export_model(experiment, ExportPlan(("onxx",), tmp_path / "model"))


def test_the_live_server_answers_with_what_the_exported_model_finds(experiment, tmp_path):
    export_model(experiment, ExportPlan((), tmp_path / "model"))
    model = partsight.load(tmp_path / "model")
    path = experiment.assemble().splits.test.samples[0].image_path
    film = write_video(tmp_path / "film.mp4", [read_picture(path)] * 5)
    expected = model.detect(path, threshold=0.001)
    with running(open_live(LiveJob(model, str(film), Access(), loops=True), print)) as live:
        base = live.link.rstrip("/")
        answer = httpx.post(f"{base}/detect?threshold=0.001", content=path.read_bytes(), timeout=30).json()
        wait_for(lambda: httpx.get(f"{base}/health").status_code == 200, 20)
        (card, _) = httpx.get(f"{base}/parts").json()["parts"]
        document = httpx.get(f"{base}/{card['documents'][0]['href']}")
    assert expected
    assert [part["class"] for part in answer["parts"]] == [part.name for part in expected]
    np.testing.assert_allclose(
        [part["score"] for part in answer["parts"]], [part.score for part in expected], atol=1e-3
    )
    assert document.content == b"%PDF-1.4 manual"
