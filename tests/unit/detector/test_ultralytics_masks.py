"""Networks of masks: their weights are read as safely as those of boxes, and masks are the library's own."""

from importlib.util import find_spec

import numpy as np
import pytest

from partsight.config.sections.train import TrainSection
from partsight.deploy.exported_detector import open_network
from partsight.deploy.parity import ParityRun, check_parity, measure_parity
from partsight.detector.detector import Checkpoint, TrainJob, open_family
from partsight.errors import DetectorError, ModelError

from .shapes import NAMES, outline_text, shape_picture, write_shapes

torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
if find_spec("ultralytics") is None:
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)

from partsight.detector.families.ultralytics.trial import open_trial  # noqa: E402
from partsight.detector.families.ultralytics.weights import (  # noqa: E402
    build_network,
    load_start,
    read_state,
    write_model,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
LEAST = 1e-6


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """An untrained network whose masks cover about half of its boxes."""
    folder = tmp_path_factory.mktemp("model")
    torch.manual_seed(3)
    network = build_network("yolov8n-seg", 2)
    write_model(folder, network, {"model": "yolov8n-seg", "class_names": list(NAMES), "image_size": 64})
    return Checkpoint(folder, "ultralytics", NAMES)


def pictures():
    rng = np.random.default_rng(0)
    return [rng.integers(0, 255, size, dtype=np.uint8) for size in ((48, 96, 3), (131, 70, 3), (64, 64, 3))]


def looked_at(detector):
    """One by one: pictures of several sizes in one batch are padded to squares."""
    return [found for image in pictures() for found in detector.detect([image], LEAST, 40)]


def test_a_checkpoint_of_the_library_is_read_without_running_foreign_code(tmp_path):
    network = build_network("yolov8n-seg", 6)
    torch.save({"model": network, "epoch": -1}, tmp_path / "w.pt")
    state = read_state(tmp_path / "w.pt")
    assert torch.equal(state["model.22.proto.cv1.conv.weight"], network.state_dict()["model.22.proto.cv1.conv.weight"])


@pytest.mark.parametrize("network", ["yolov8n-seg", "yolov8n"])
def test_masks_begin_with_weights_of_masks_or_of_boxes(tmp_path, network):
    given = build_network(network, 6)
    torch.save(given.state_dict(), tmp_path / "w.pt")
    section = TrainSection(task="segment", model="yolov8n", weights=str(tmp_path / "w.pt"))
    own = build_network(section.network, 2)
    load_start(own, section)
    assert torch.equal(own.state_dict()["model.0.conv.weight"], given.state_dict()["model.0.conv.weight"])


def test_a_network_without_a_variant_for_masks_is_named():
    with pytest.raises(DetectorError, match="yolov10n-seg"):
        build_network("yolov10n-seg", 2)


@pytest.mark.parametrize("model", ["yolov8n", "yolo26n"])
def test_a_trial_step_of_masks_learns(model):
    section = TrainSection(task="segment", model=model, weights="scratch", image_size=64, precision="single")
    open_trial(section, 2, "cpu")(2)


def test_masks_are_the_librarys_own(checkpoint):
    detector = open_family("ultralytics").load(checkpoint, threads=1)
    seen = 0
    for image in pictures():
        (found,) = detector.detect([image], LEAST, 40)
        detector.predictor.predictor = None
        in_bgr = np.ascontiguousarray(image[..., ::-1])
        (theirs,) = detector.predictor.predict(
            in_bgr, imgsz=64, conf=LEAST, iou=0.7, max_det=40, retina_masks=True, verbose=False, save=False
        )
        detector.predictor.predictor = None
        ours = np.stack([mask.pixels for mask in found.masks if mask.num_px])
        expected = theirs.masks.data.cpu().numpy() > 0
        assert len(found.masks) == len(found)
        # Theirs are cut by whole columns, ours by the centers of pixels.
        assert np.mean(ours[: len(expected)] == expected[: len(ours)]) > 0.98
        seen += ours.sum()
    assert seen > 1000


@pytest.mark.slow
def test_an_exported_network_finds_the_masks_of_its_checkpoint(checkpoint, tmp_path):
    pytest.importorskip("onnx", reason="the extra [yolo] is not installed")
    family = open_family("ultralytics")
    exported = family.export(checkpoint, "onnx", tmp_path)
    assert exported.spec.output == "mask candidates"
    expected = looked_at(family.load(checkpoint, threads=1))
    networks = {"onnx": exported.path}
    if find_spec("openvino") is not None:
        from partsight.deploy.openvino_export import write_openvino

        networks["openvino"] = write_openvino(exported.path, tmp_path / "openvino")
    for name, path in networks.items():
        opened = open_network(name, path, exported.spec, NAMES, threads=1)
        parity = measure_parity(ParityRun(name, expected, looked_at(opened), "noise"), LEAST)
        check_parity(parity)
        assert parity.least_mask_iou > 0.98
        with pytest.raises(ModelError, match="not the one"):
            open_network(name, path, exported.spec, (*NAMES, "third"), threads=1).detect(pictures(), LEAST, 40)


@pytest.mark.slow
def test_masks_are_learned_and_a_stopped_training_goes_on(tmp_path):
    """An epoch that was finished before a stop is not trained again."""
    section = TrainSection(
        task="segment", model="yolov8n", weights="scratch", image_size=64, epochs=3, batch=8, threads=1, device="cpu",
        learning_rate=0.003, precision="single",
    )  # fmt: skip
    data_yaml = write_shapes(tmp_path, 16, 8, outline_text)
    job = TrainJob(data_yaml, NAMES, section, seed=1, output_dir=tmp_path / "run", batch=8)
    told = {}

    def stop_after_two(epoch, figures):
        told[epoch] = figures
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_family("ultralytics").train(job, stop_after_two)
    epochs = []
    trained = open_family("ultralytics").train(job, lambda epoch, _figures: epochs.append(epoch))
    assert epochs[-1] == 3
    assert 1 not in epochs
    assert all(one["train/seg_loss"] > 0 and "metrics/mAP50(M)" in one for one in told.values())
    (found,) = open_family("ultralytics").load(trained, threads=1).detect([shape_picture(100)[0]], LEAST, 5)
    assert found.masks is not None
