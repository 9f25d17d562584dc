"""Training: really learns, starts from what it was given, and goes on after a kill."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from partsight.config.sections.train import AugmentSection, TrainSection
from partsight.files import read_json
from partsight.labels.formats.yolo import write_yolo
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample
from partsight.train.trackers import HistoryTracker

torch = pytest.importorskip("torch", reason="the extra [yolo] is not installed")
if find_spec("ultralytics") is None:
    pytest.skip("the extra [yolo] is not installed", allow_module_level=True)
NAMES = ("square", "disc")
SECTION = TrainSection(
    weights="scratch",
    image_size=64,
    epochs=2,
    batch=4,
    augment=AugmentSection(mosaic=0.0, close_mosaic=0),
    device="cpu",
    threads=1,
)


def sample(folder: Path, number: int) -> Sample:
    """A bright square or disc on noise."""
    rng = np.random.default_rng(number)
    picture = rng.integers(0, 90, (64, 64, 3), dtype=np.uint8)
    left, top, size = (*rng.integers(2, 30, 2), 28)
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    shape = np.ones((size, size), bool) if number % 2 == 0 else rows**2 + columns**2 < (size / 2) ** 2
    picture[top : top + size, left : left + size][shape] = (250, 60, 40) if number % 2 == 0 else (40, 90, 250)
    path = folder / f"{number:03d}.png"
    Image.fromarray(picture).save(path)
    box = np.array([[left, top, left + size, top + size]], float)
    return Sample(path.stem, path, (64, 64), box, np.array([number % 2]), "render", path.stem)


@pytest.fixture(scope="module")
def data_yaml(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    samples = tuple(sample(folder, number) for number in range(28))
    splits = Splits(Dataset(NAMES, samples[:20]), Dataset(NAMES, samples[20:24]), Dataset(NAMES, samples[24:]))
    return write_yolo(splits, folder / "yolo", {})


RUN = """
import sys
from pathlib import Path
from partsight.config.sections.train import AugmentSection, TrainSection
from partsight.train.training import train_detector

if __name__ == "__main__":
    section = TrainSection.model_validate_json(sys.argv[2])
    train_detector(
        Path(sys.argv[1]), ("square", "disc"), section, seed=0, output_dir=Path(sys.argv[3]), num_pictures=20,
        say=lambda text: print("SAID", text, flush=True), tracker=lambda epoch, figures: print("EPOCH", epoch, flush=True),
    )
"""


LOOK = """
import numpy as np
def look(epoch, open_detector):
    (found,) = open_detector().detect([np.zeros((64, 64, 3), np.uint8)], 0.0, 5)
    print("EPOCH LOOKED AT", epoch, len(found.scores), flush=True)
"""


def run(data_yaml: Path, section: TrainSection, output: Path, *, kill_after: int = 0, script: str = RUN) -> list[str]:
    """Train in a process of its own into a relative folder, killed with SIGKILL once it has said that many epochs."""
    command = [sys.executable, "-c", script, str(data_yaml), section.model_dump_json(), output.name]
    process = subprocess.Popen(command, cwd=output.parent, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        told += [line.strip()] if line.startswith("EPOCH") else []
        if kill_after and len(told) == kill_after:
            time.sleep(0.3)
            os.killpg(process.pid, signal.SIGKILL)
            break
    process.stdout.close()
    assert process.wait() == (-signal.SIGKILL if kill_after else 0)
    return told


@pytest.mark.slow
def test_a_killed_training_goes_on_from_its_last_epoch(data_yaml, tmp_path):
    section = SECTION.but(epochs=4)
    assert run(data_yaml, section, tmp_path, kill_after=2)[:2] == ["EPOCH 1", "EPOCH 2"]
    rest = run(data_yaml, section, tmp_path)
    assert "EPOCH 1" not in rest
    assert rest[-1] == "EPOCH 4"
    assert [row["epoch"] for row in read_json(tmp_path / "history.json")] == [1, 2, 3, 4]
    assert (tmp_path / "model" / "weights.safetensors").is_file()


@pytest.mark.slow
def test_training_starts_from_the_given_weights(data_yaml, tmp_path):
    """With a vanishing rate the trained network is the one it was given."""
    from safetensors.torch import load_file

    from partsight.detector.families.ultralytics.weights import build_network

    torch.manual_seed(11)
    given = build_network("yolov8n", 2).state_dict()
    torch.save(given, tmp_path / "given.pt")
    still = {"weights": str(tmp_path / "given.pt"), "learning_rate": 1e-12, "epochs": 1, "warmup_epochs": 0.0}
    run(data_yaml, SECTION.but(**still), tmp_path / "run")
    trained = load_file(tmp_path / "run" / "model" / "weights.safetensors")
    name = "model.4.cv1.conv.weight"
    assert torch.allclose(trained[name], given[name].float(), atol=2e-3)


@pytest.mark.slow
def test_looking_on_shows_what_each_epoch_finds_and_changes_nothing(data_yaml, tmp_path):
    watched = RUN.replace("if __name__", f"{LOOK}\nif __name__").replace("say=lambda", "look=look, say=lambda")
    told = run(data_yaml, SECTION, tmp_path / "watched", script=watched)
    assert told == ["EPOCH 1", "EPOCH LOOKED AT 1 5", "EPOCH 2", "EPOCH LOOKED AT 2 5"]
    run(data_yaml, SECTION, tmp_path / "alone")
    weights = [(tmp_path / name / "model" / "weights.safetensors").read_bytes() for name in ("watched", "alone")]
    assert weights[0] == weights[1]


def test_history_is_whole_after_every_epoch_and_repeats_nothing(tmp_path):
    tracker = HistoryTracker(tmp_path)
    tracker(1, {"loss": 3.0})
    tracker(2, {"loss": 2.0})
    resumed = HistoryTracker(tmp_path)
    resumed(2, {"loss": 2.5})
    rows = read_json(tmp_path / "history.json")
    assert [(row["epoch"], row["loss"]) for row in rows] == [(1, 3.0), (2, 2.5)]
    assert (tmp_path / "history.csv").read_text().splitlines()[0] == "epoch,elapsed_s,loss"


@pytest.mark.slow
def test_a_found_batch_size_stays_with_its_training(data_yaml, tmp_path):
    """What was found on one machine holds when the training goes on elsewhere; the model says what it was."""
    auto = SECTION.but(batch="auto", epochs=1)
    run(data_yaml, auto, tmp_path / "a")
    assert read_json(tmp_path / "a" / "batch.json")["batch"] == 8
    assert read_json(tmp_path / "a" / "model" / "model.json")["train"]["batch"] == 8
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "batch.json").write_text('{"batch": 5, "reason": "", "trials": []}')
    run(data_yaml, auto, tmp_path / "b")
    assert read_json(tmp_path / "b" / "model" / "model.json")["train"]["batch"] == 5
