"""The second opinion over the whole way: learned from the detector's own renders, judged, carried away, proposed by."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

import partsight
from partsight.config.loading import read_recipe
from partsight.deploy.description import FORMAT_WITHOUT_MASKS
from partsight.detector.backbones import imagenet
from partsight.detector.verifier import open_verifiers
from partsight.detector.verifying import VerifiedDetector, load_detector
from partsight.pictures import read_picture
from partsight.pipeline.delivery.export import ExportPlan, export_model
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.photos.proposals import find_newest_checkpoint
from partsight.pipeline.stages.verify import lessons
from partsight.progress import Silence

from .conftest import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(open_verifiers().find_weights() is None, reason="the extra [verify] is not installed"),
]
SETTINGS = (
    "render.variant=scalar_rgb",
    "render.workers=1",
    "verify.enabled=true",
    "train.family=compact",
    "train.model=nano",
    "train.weights=parts",
    "train.epochs=12",
    "train.threads=1",
)


@pytest.fixture(scope="module")
def experiment(finished) -> Experiment:
    """The smoke recipe with a detector that begins with some knowledge, and a verifier."""
    recipe = read_recipe(ROOT / "recipes" / "smoke.toml", SETTINGS)
    return Experiment(recipe, finished.workspace, Silence())


class Told(Silence):
    """Keeps what it is told."""

    def __init__(self):
        self.told = []

    def say(self, message):
        self.told.append(message)


def test_evaluation_is_of_both_networks_and_says_what_the_second_changed(experiment):
    evaluated = experiment.evaluate()
    opinion = evaluated.evaluation.second_opinion
    assert opinion.after.map50 == pytest.approx(evaluated.evaluation.overall.ap50, nan_ok=True)
    assert opinion.after.threshold == evaluated.evaluation.threshold
    assert experiment.verify().verifier.is_dir()
    assert experiment.train().checkpoint == replace(experiment.verify(), verifier=None)
    page = experiment.report().read_text()
    assert "What the second opinion changed" in page
    assert "second network has looked" in (experiment.report().parent / "model_card.md").read_text()


def test_lessons_name_parts_and_show_none_of_them_elsewhere(experiment):
    samples = experiment.assemble().splits.train.samples
    spec, checkpoint = load_detector(experiment.verify(), 1).verifier.spec, experiment.train().checkpoint
    taught = lessons.gather_lessons(experiment.recipe, samples, checkpoint=checkpoint, spec=spec, progress=Silence())
    none = len(experiment.recipe.class_names)
    num_parts = sum(len(one.class_ids) for one in samples)
    assert set(taught.labels) == {*range(none), none}
    assert 0 < taught.counts["parts"] <= lessons.NUM_VIEWS * num_parts
    assert (taught.labels < none).sum() == taught.counts["parts"]
    assert taught.counts["elsewhere"] > 0
    again = lessons.gather_lessons(experiment.recipe, samples, checkpoint=checkpoint, spec=spec, progress=Silence())
    assert np.array_equal(again.crops, taught.crops)


def test_a_model_folder_carries_both_and_finds_what_they_find(experiment, tmp_path):
    targets = ("openvino",) if find_spec("openvino") else ()
    description = export_model(experiment, ExportPlan(targets, tmp_path / "model"))
    assert description.format == FORMAT_WITHOUT_MASKS
    assert {one.network for one in description.verifier.parity} == {"onnx", *targets}
    assert all(one.largest_difference < 1e-3 for one in description.verifier.parity)
    assert "verify" in description.provenance["keys"]
    image = read_picture(experiment.assemble().splits.test.samples[0].image_path)
    size = experiment.evaluate().evaluation.image_size
    (expected,) = load_detector(experiment.verify(), 1, image_size=size).detect([image], 0.001, 20)
    model = partsight.load(tmp_path / "model", runtime="onnx", threads=1)
    found = model.detect(image, threshold=0.001, max_detections=20).detections
    assert found.class_ids.tolist() == expected.class_ids.tolist()
    assert found.scores == pytest.approx(expected.scores, abs=1e-3)


def test_proposals_come_from_the_detector_with_its_verifier(experiment):
    experiment.evaluate()
    checkpoint = find_newest_checkpoint(experiment.workspace, experiment.recipe.class_names)
    assert checkpoint == experiment.verify()
    assert isinstance(load_detector(checkpoint, 1), VerifiedDetector)


def test_a_killed_stage_is_made_again(experiment):
    folder = experiment.verify().verifier
    kept = (folder / "weights.safetensors").read_bytes()
    (folder.parent / "manifest.json").unlink()
    (folder / "weights.safetensors").write_bytes(kept[:1000])
    again = Experiment(experiment.recipe, experiment.workspace, Silence()).verify()
    assert (again.verifier / "weights.safetensors").read_bytes() == kept


def test_without_weights_the_stage_is_left_out_and_said_to_be(experiment, monkeypatch):
    monkeypatch.setattr(imagenet, "_PACKAGE", "no_such_package")
    told = Told()
    alone = Experiment(experiment.recipe, experiment.workspace, told)
    assert alone.evaluate().evaluation.second_opinion is None
    assert any("partsight[verify]" in message for message in told.told)
    assert "partsight[verify]" in alone.report().read_text()
