"""The Ultralytics family: starts from the given weights, never runs foreign code, never asks the network."""

import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from partsight.config.sections.train import TrainSection
from partsight.detector.detector import Checkpoint, open_family
from partsight.errors import DetectorError

torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
if find_spec("ultralytics") is None:
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)

from partsight.detector.families.ultralytics.library import find_device, open_library  # noqa: E402
from partsight.detector.families.ultralytics.weights import (  # noqa: E402
    build_network,
    load_start,
    read_model,
    read_state,
    write_model,
)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
NAMES = ("square", "disc")


def start(weights: Path | str, num_classes: int = 2, model: str = "yolov8n"):
    network = build_network(model, num_classes)
    return network, load_start(network, TrainSection(model=model, weights=str(weights)))


@pytest.fixture(scope="module")
def trained_elsewhere():
    """A network of six classes with values of its own."""
    torch.manual_seed(7)
    return build_network("yolov8n", 6)


def test_the_library_is_opened_without_telemetry_or_network():
    library = open_library()
    assert not library.settings["sync"]
    assert not any(library.settings.get(name) for name in ("wandb", "mlflow", "comet", "clearml", "neptune"))
    assert library.utils.ONLINE is False


def test_no_font_is_looked_for_in_the_network():
    library = open_library()
    assert library.data.utils.check_font("Arial.ttf") is None
    assert library.data.utils.check_font.__module__.startswith("partsight.")


def test_given_weights_fill_all_but_the_head(tmp_path, trained_elsewhere):
    torch.save(trained_elsewhere.state_dict(), tmp_path / "w.pt")
    network, num_filled = start(tmp_path / "w.pt")
    own, given = network.state_dict(), trained_elsewhere.state_dict()
    assert num_filled > 0.9 * len(own)
    assert torch.equal(own["model.0.conv.weight"], given["model.0.conv.weight"])


def test_a_checkpoint_of_the_library_is_read_without_running_foreign_code(tmp_path, trained_elsewhere):
    torch.save({"model": trained_elsewhere, "epoch": -1}, tmp_path / "w.pt")
    state = read_state(tmp_path / "w.pt")
    assert torch.equal(state["model.0.conv.weight"], trained_elsewhere.state_dict()["model.0.conv.weight"])


class Foreign:
    """Would write a file when unpickled."""

    def __init__(self, path: str) -> None:
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


@pytest.mark.parametrize(
    ("content", "told"), [(None, "Three ways out"), (b"nothing", "Three ways out"), (b"", "Three ways out")]
)
def test_missing_or_broken_weights_name_three_ways_out(tmp_path, content, told):
    if content is not None:
        (tmp_path / "w.pt").write_bytes(content)
    with pytest.raises(DetectorError, match=told):
        start(tmp_path / "w.pt")


def test_weights_of_another_network_are_refused(tmp_path, trained_elsewhere):
    torch.save({f"other.{name}": value for name, value in trained_elsewhere.state_dict().items()}, tmp_path / "w.pt")
    with pytest.raises(DetectorError, match="only 0 of the"):
        start(tmp_path / "w.pt")


def test_an_unknown_network_or_family_is_named():
    with pytest.raises(DetectorError, match="yolov99x"):
        build_network("yolov99x", 2)
    with pytest.raises(DetectorError, match="nonsense"):
        open_family("nonsense")


def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(DetectorError, match="GPU"):
        find_device((97,))
    assert find_device("cpu") == "cpu"


def test_a_model_folder_reads_back_as_itself(tmp_path):
    network = build_network("yolov8n", 2)
    write_model(tmp_path, network, {"model": "yolov8n", "class_names": list(NAMES), "image_size": 64})
    read, description = read_model(tmp_path)
    assert description["class_names"] == list(NAMES)
    assert all(
        torch.equal(a, b) for a, b in zip(network.state_dict().values(), read.state_dict().values(), strict=True)
    )


def test_other_class_names_than_it_was_trained_for_are_refused(tmp_path):
    write_model(
        tmp_path, build_network("yolov8n", 2), {"model": "yolov8n", "class_names": list(NAMES), "image_size": 64}
    )
    with pytest.raises(DetectorError, match="was trained for"):
        open_family("ultralytics").load(Checkpoint(tmp_path, "ultralytics", NAMES[::-1]), threads=1)


def test_a_detector_sees_rgb_and_pixels_of_the_picture(tmp_path):
    """Its boxes are those of the library's own prediction on the same picture saved as a file."""
    from PIL import Image

    network = build_network("yolov8n", 2)
    write_model(tmp_path, network, {"model": "yolov8n", "class_names": list(NAMES), "image_size": 64})
    detector = open_family("ultralytics").load(Checkpoint(tmp_path, "ultralytics", NAMES), threads=1)
    image = np.random.default_rng(0).integers(0, 255, (48, 96, 3), dtype=np.uint8)
    image[..., 2] //= 8
    Image.fromarray(image).save(tmp_path / "a.png")
    (found,) = detector.detect([image], 1e-6, 50)
    expected = detector.predictor.predict(tmp_path / "a.png", imgsz=64, conf=1e-6, max_det=50, verbose=False)[0].boxes
    assert len(found.scores) == len(expected.conf) > 0
    np.testing.assert_allclose(np.sort(found.scores), np.sort(expected.conf.numpy()), atol=1e-6)
    assert (np.diff(found.scores) <= 0).all()
    assert detector.detect([], 0.1, 10) == []


@pytest.mark.parametrize("threads", [2, 3])
def test_as_many_threads_work_as_were_asked_for(tmp_path, threads):
    """The library would set torch back to one core less than the machine has."""
    write_model(
        tmp_path, build_network("yolov8n", 2), {"model": "yolov8n", "class_names": list(NAMES), "image_size": 64}
    )
    detector = open_family("ultralytics").load(Checkpoint(tmp_path, "ultralytics", NAMES), threads=threads)
    detector.detect([np.zeros((64, 64, 3), np.uint8)], 0.5, 10)
    assert torch.get_num_threads() == threads


@pytest.mark.shared
def test_real_coco_weights_are_taken_over(shared):
    path = shared / "weights" / "yolov8n_coco_from_int8_state_dict_fp16.pt"
    _, num_filled = start(path)
    assert num_filled >= 300  # all but the class head, whose width depends on the number of classes


def test_pillow_opens_pictures_itself_even_after_a_plain_import(tmp_path):
    """The library replaces Pillow's way of opening pictures, and would look for a package to install when one is unreadable."""
    import ultralytics  # noqa: F401
    from PIL import Image, UnidentifiedImageError

    open_library()
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(UnidentifiedImageError):
        Image.open(tmp_path / "broken.png")


@pytest.mark.parametrize("num_steps", [100, 1000])
def test_the_average_of_the_weights_reaches_back_over_a_tenth_of_the_steps(num_steps):
    from types import SimpleNamespace

    from ultralytics.utils.torch_utils import ModelEMA

    from partsight.detector.families.ultralytics.family import _average_over_last_steps

    network = torch.nn.Linear(1, 1)
    trainer = SimpleNamespace(ema=ModelEMA(network))
    _average_over_last_steps(trainer)
    for step in range(num_steps):
        with torch.no_grad():
            network.weight.fill_(float(step))
        trainer.ema.update(network)
    behind = num_steps - 1 - float(trainer.ema.ema.weight.detach())
    assert 0.05 * num_steps < behind < 0.15 * num_steps
