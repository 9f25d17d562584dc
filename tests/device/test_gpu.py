"""What needs an NVIDIA GPU: the CUDA variant draws what the CPU draws, and training runs on the device.

`PARTSIGHT_DEVICE=cpu` runs the tests of training, resuming and export on the CPU, to see that they work where there is no GPU.
"""

import os
from importlib.util import find_spec

import numpy as np
import pytest

from partsight.config.sections.render import RenderSection
from partsight.config.sections.train import TrainSection
from partsight.detector.batch_size import find_batch
from partsight.detector.detector import open_family
from partsight.errors import RenderError
from partsight.files import read_json
from partsight.pipeline.portraits import portrait_scene
from partsight.randomize.solids import box
from partsight.render.renderer import open_renderer
from partsight.train.training import train_detector
from tests.unit.detector.shapes import NAMES, write_shapes

pytestmark = pytest.mark.device
SIZE_PX = 64


@pytest.fixture(scope="module")
def gpu() -> None:
    torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
    if not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU on this machine")


@pytest.fixture
def device():
    if os.environ.get("PARTSIGHT_DEVICE") == "cpu":
        return "cpu"
    torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
    if not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU on this machine")
    return (0,)


def drawn(variant: str):
    scene = portrait_scene(box(np.array([0.2, 0.1, 0.1])), SIZE_PX)
    section = RenderSection(width=SIZE_PX, height=SIZE_PX, samples_per_pixel=256, variant=variant)
    with open_renderer(section, 1) as renderer:
        return renderer.render(scene).radiance


def test_cuda_draws_what_the_cpu_draws(gpu):
    np.testing.assert_allclose(drawn("cuda_ad_rgb").mean(), drawn("scalar_rgb").mean(), rtol=0.01)


def test_cuda_is_refused_where_it_cannot_draw():
    torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
    if torch.cuda.is_available():
        pytest.skip("this machine has an NVIDIA GPU")
    with pytest.raises(RenderError):
        drawn("cuda_ad_rgb")


FAMILIES = [
    "compact",
    pytest.param("ultralytics", marks=pytest.mark.skipif(find_spec("ultralytics") is None, reason="no [yolo]")),
]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_batch_size_is_found_within_the_gpus_memory(gpu, family):
    found = find_batch(TrainSection(family=family, weights="scratch", image_size=640), 4, 20_000, ignore)
    assert found.batch >= 8
    assert all(trial.peak_bytes <= trial.limit_bytes for trial in found.trials)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("precision", ["auto", "single"])
def test_training_runs_on_the_device_in_half_and_in_single_precision(device, family, precision, tmp_path):
    section = TrainSection(
        family=family, weights="scratch", image_size=64, epochs=2, device=device, precision=precision
    )
    assert trained_epochs(section, tmp_path) == [1, 2]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_training_stopped_on_the_device_goes_on_there(device, family, tmp_path):
    section = TrainSection(family=family, weights="scratch", image_size=64, epochs=3, device=device)

    def stop_after_the_first(epoch, _figures):
        if epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(section, tmp_path, stop_after_the_first)
    told: list[int] = []
    trained(section, tmp_path, lambda epoch, _figures: told.append(epoch))
    assert told == [2, 3]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_network_trained_on_the_device_is_exported(device, family, tmp_path):
    checkpoint = trained(
        TrainSection(family=family, weights="scratch", image_size=64, epochs=1, device=device), tmp_path, ignore
    )
    exported = open_family(family).export(checkpoint, "onnx", tmp_path / "onnx")
    assert exported.path.stat().st_size > 100_000


def test_training_runs_on_several_gpus(gpu, tmp_path):
    """Each epoch is told once, though the library trains in processes of its own."""
    import torch

    if torch.cuda.device_count() < 2:
        pytest.skip("this machine has one GPU")
    assert trained_epochs(
        TrainSection(weights="scratch", image_size=64, epochs=3, batch=16, device=(0, 1)), tmp_path
    ) == [1, 2, 3]


def ignore(*_told: object) -> None:
    """Say nothing."""


def trained(section: TrainSection, folder, tracker):
    data = folder / "data"
    yaml = data / "yolo" / "data.yaml" if data.exists() else write_shapes(data, 32, 8)
    return train_detector(
        yaml, NAMES, section, seed=0, num_pictures=32, output_dir=folder / "run", tracker=tracker, say=ignore
    )


def trained_epochs(section: TrainSection, folder) -> list[int]:
    told: list[int] = []
    trained(section, folder, lambda epoch, _figures: told.append(epoch))
    assert [row["epoch"] for row in read_json(folder / "run" / "history.json")] == told
    assert (folder / "run" / "model" / "weights.safetensors").is_file()
    return told
