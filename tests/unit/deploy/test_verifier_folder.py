"""A model folder with a verifier: opened as one detector, refused when it is damaged or asks for the impossible."""

import json
import shutil

import numpy as np
import pytest

import partsight
from partsight.deploy.description import FORMAT, FORMAT_WITHOUT_VERIFIER
from partsight.deploy.model_folder import network_entry, read_model_folder
from partsight.detector.verifying import VerifiedDetector
from partsight.errors import ModelError
from partsight.structures.plain import as_plain
from partsight.structures.verifier_spec import VerifierSpec

from .conftest import IMAGE_SIZE, LOW, NAMES

SPEC = VerifierSpec(size_px=32, least_proposed=LOW)


@pytest.fixture(scope="module")
def verifier_onnx(tmp_path_factory):
    """A network that takes bright crops for the first class, dark ones for the second."""
    torch = pytest.importorskip("torch", reason="the extra [verify] is not installed")
    pytest.importorskip("onnx", reason="the extra [verify] is not installed")

    class Bright(torch.nn.Module):
        def forward(self, crops):
            means = crops.mean(dim=(1, 2, 3), keepdim=False)[:, None]
            return torch.cat([means, -means, torch.zeros_like(means)], dim=1).softmax(dim=1)

    path = tmp_path_factory.mktemp("network") / "verifier.onnx"
    axes = {"crops": {0: "crops"}, "probabilities": {0: "crops"}}
    with pytest.warns():  # torch announces the end of the tracing exporter
        torch.onnx.export(
            Bright(), (torch.zeros(2, 3, 32, 32),), str(path), input_names=["crops"], output_names=["probabilities"],
            dynamic_axes=axes, opset_version=18, dynamo=False,
        )  # fmt: skip
    return path


@pytest.fixture
def folder(model_path, verifier_onnx, tmp_path):
    """A model folder with that verifier."""
    path = tmp_path / "model"
    shutil.copytree(model_path, path)
    shutil.copy(verifier_onnx, path / "verifier.onnx")
    described = json.loads((path / "model.json").read_text())
    entry = network_entry(path, path / "verifier.onnx").model_dump()
    described.pop("binding")  # made by hand
    described |= {"format": FORMAT, "verifier": {"spec": as_plain(SPEC), "networks": {"onnx": entry}}}
    (path / "model.json").write_text(json.dumps(described))
    return path


def change(folder, **spec):
    described = json.loads((folder / "model.json").read_text())
    described["verifier"]["spec"] |= spec
    (folder / "model.json").write_text(json.dumps(described))


def picture(shade):
    noise = np.random.default_rng(0).integers(-5, 6, (IMAGE_SIZE, IMAGE_SIZE, 3))
    return np.clip(shade + noise, 0, 255).astype(np.uint8)


def test_names_are_the_verifier_s_and_each_place_has_one(folder):
    model = partsight.load(folder, runtime="onnx", threads=1)
    assert isinstance(model.detector, VerifiedDetector)
    for shade, name in ((250, NAMES[0]), (5, NAMES[1])):
        found = model.detect(picture(shade), threshold=LOW)
        assert len(found)
        assert {part.name for part in found} == {name}
        assert len(np.unique(found.detections.boxes_xyxy, axis=0)) == len(found)


def test_a_folder_of_before_is_opened_as_it_was(model_path, tmp_path):
    old = tmp_path / "old"
    shutil.copytree(model_path, old)
    described = json.loads((old / "model.json").read_text())
    described.pop("verifier")
    (old / "model.json").write_text(json.dumps({**described, "format": FORMAT_WITHOUT_VERIFIER}))
    assert not isinstance(partsight.load(old, threads=1).detector, VerifiedDetector)


def test_another_verifier_than_the_exported_one_is_refused(folder):
    with (folder / "verifier.onnx").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(ModelError, match="SHA-256 differs"):
        partsight.load(folder)
    (folder / "verifier.onnx").unlink()
    with pytest.raises(ModelError, match=r"verifier\.onnx"):
        read_model_folder(folder)


@pytest.mark.parametrize(
    "spec",
    [
        {"size_px": 0},
        {"size_px": 10**9},
        {"margin": 1e6},
        {"margin": -1},
        {"padding_value": 300},
        {"pixel_scale": 0},
        {"exponent": 0},
        {"same_place_iou": -1},
        {"least_proposed": 2},
        {"margin": "much"},
    ],
)
def test_what_cannot_be_is_refused_when_the_folder_is_read(folder, spec):
    change(folder, **spec)
    with pytest.raises(ModelError, match=r"verifier"):
        read_model_folder(folder)
