"""The verifier: ImageNet's features, the last blocks trained on crops; written and read without running code."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.detector.backbones import imagenet
from partsight.detector.crops import as_input
from partsight.detector.verifier import VerifyJob, open_verifiers
from partsight.errors import DetectorError
from partsight.structures.verifier_spec import VerifierSpec

torch = pytest.importorskip("torch", reason="the extra [verify] is not installed")
pytest.importorskip("safetensors", reason="the extra [verify] is not installed")

from partsight.detector.verifiers import lite_weights  # noqa: E402
from partsight.detector.verifiers.lite_network import FIRST_TRAINED  # noqa: E402

NAMES = ("red", "blue")
SPEC = VerifierSpec(size_px=64, margin=0.1, exponent=0.5)
WEIGHTS = open_verifiers().find_weights()
needs_weights = pytest.mark.skipif(WEIGHTS is None, reason="the extra [verify] is not installed")


def colored(num, seed):
    """Squares of red, blue or nothing on noise, with their labels."""
    rng = np.random.default_rng(seed)
    crops, labels = rng.integers(0, 120, (num, 64, 64, 3)).astype(np.uint8), np.arange(num) % 3
    for label, channel in ((0, 0), (1, 2)):
        crops[labels == label, 12:52, 12:52, channel] = 250
    return crops, labels


def job(folder, num=48, **changes):
    crops, labels = colored(num, 0)
    plain = VerifyJob(crops, labels, NAMES, SPEC, seed=3, threads=1, output_dir=folder)
    return replace(plain, **changes)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A verifier's folder and the losses of its epochs."""
    if WEIGHTS is None:
        pytest.skip("the extra [verify] is not installed")
    losses = []
    folder = open_verifiers().train(job(tmp_path_factory.mktemp("verifier")), lambda _, loss: losses.append(loss))
    return folder, losses


@needs_weights
def test_the_network_is_the_published_one_bit_by_bit():
    published = pytest.importorskip("efficientnet_lite_pytorch", reason="only for this comparison")
    theirs = published.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=str(WEIGHTS)).eval()
    ours, generator = lite_weights.read_imagenet(WEIGHTS), torch.Generator().manual_seed(0)
    for side in (128, 224):
        inputs = torch.randn(2, 3, side, side, generator=generator)
        with torch.inference_mode():
            assert torch.equal(ours(inputs), theirs(inputs))


def test_it_learns_what_it_is_shown(trained):
    folder, losses = trained
    assert len(losses) == open_verifiers().num_epochs
    assert losses[-1] < losses[0]
    crops, labels = colored(30, 1)
    verifier = open_verifiers().load(folder, 1)
    probabilities = verifier.classify(crops)
    assert (verifier.class_names, verifier.spec) == (NAMES, SPEC)
    assert (probabilities.argmax(axis=1) == labels).mean() > 0.9
    assert probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert verifier.classify(crops[:0]).shape == (0, 3)


def test_first_blocks_and_statistics_stay_imagenet_s(trained):
    before = lite_weights.read_imagenet(WEIGHTS).state_dict()
    after = lite_weights.read_verifier(trained[0])[0].state_dict()
    frozen = {f"blocks.{number}." for number in range(FIRST_TRAINED)} | {"conv_stem", "bn0"}
    for name, value in after.items():
        if name.startswith(tuple(frozen)) or "running" in name:
            assert torch.equal(value, before[name]), name
    assert not torch.equal(after["conv_head.weight"], before["conv_head.weight"])


def test_the_same_job_gives_the_same_network_on_any_number_of_cores(trained, tmp_path):
    again = open_verifiers().train(job(tmp_path, threads=2), lambda _epoch, _loss: None)
    assert (again / "weights.safetensors").read_bytes() == (trained[0] / "weights.safetensors").read_bytes()


def test_an_exported_verifier_answers_alike_for_any_number_of_crops(trained, tmp_path):
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx", reason="the extra [verify] is not installed")
    kind = open_verifiers()
    kind.export(trained[0], tmp_path / "verifier.onnx")
    session = runtime.InferenceSession(tmp_path / "verifier.onnx", providers=["CPUExecutionProvider"])
    crops, _ = colored(7, 2)
    for num in (1, 7):
        (answer,) = session.run(None, {"crops": as_input(crops[:num], SPEC)})
        assert answer == pytest.approx(kind.load(trained[0], 1).classify(crops[:num]), abs=1e-4)


def test_without_weights_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(imagenet, "_PACKAGE", "no_such_package")
    assert open_verifiers().find_weights() is None
    with pytest.raises(DetectorError, match=r"partsight\[verify\]"):
        open_verifiers().train(job(tmp_path), lambda _epoch, _loss: None)


@pytest.mark.parametrize("damage", [b"", b"no tensors", b"\x80\x04cos\nsystem\n."])
def test_damaged_weights_are_refused(trained, tmp_path, damage):
    (tmp_path / "verifier.json").write_bytes((trained[0] / "verifier.json").read_bytes())
    (tmp_path / "weights.safetensors").write_bytes(damage)
    with pytest.raises(DetectorError, match="no verifier that can be read"):
        open_verifiers().load(tmp_path, 1)


def test_a_folder_without_a_verifier_is_refused(tmp_path):
    with pytest.raises(DetectorError, match="no verifier that can be read"):
        open_verifiers().load(tmp_path, 1)
