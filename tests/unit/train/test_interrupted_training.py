"""Trainings that are killed, find the disk full or their files damaged: the same command goes on, or says why not."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pytest

from partsight.config.sections.train import TrainSection
from partsight.errors import DetectorError
from partsight.train.training import train_detector
from tests.unit.detector.shapes import NAMES, write_shapes

torch = pytest.importorskip("torch", reason="no family of detectors is installed")

from tests.unit.detector.damage import (  # noqa: E402
    MISFITS,
    Bomb,
    be_a_bomb_with_the_right_hash,
    be_a_foreign_checkpoint,
    empty,
    flip,
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
]
NO_YOLO = pytest.mark.skipif(find_spec("ultralytics") is None, reason="the extra [yolo] is not installed")
FAMILIES = ["compact", pytest.param("ultralytics", marks=NO_YOLO)]
MODELS = {"compact": "nano", "ultralytics": "yolov8n"}
NUM_EPOCHS = 3
TOO_SHORT = {"compact": (2e6, 8e6), "ultralytics": (2e6, 13e6)}
"""Limits in bytes on the size of files: at the first file that a training writes, and at its first state."""
SMALL = {"compact": (2, 12, 24, 36), "ultralytics": (8, 40, 100, 140)}
"""Disks in MB that are full at the start, at the first state, at the second, and later or never."""


def section_of(family: str) -> TrainSection:
    return TrainSection(
        family=family, model=MODELS[family], weights="scratch", image_size=64, epochs=NUM_EPOCHS, batch=4,
        augment={"mosaic": 0.0, "close_mosaic": 0}, device="cpu", threads=1,
    )  # fmt: skip


@pytest.fixture(scope="module")
def data_yaml(tmp_path_factory) -> Path:
    return write_shapes(tmp_path_factory.mktemp("data"), 8, 4)


def state_of(folder: Path, family: str) -> Path:
    return folder / "ultralytics" / "state.pt" if family == "ultralytics" else folder / "state.pt"


class Stopped(Exception):  # noqa: N818 - no error
    """Ends a training after an epoch, as a kill would."""


def train(data_yaml: Path, family: str, folder: Path, *, stop_after: int = 0) -> tuple[list[int], list[str]]:
    """Train here; return the epochs told and the words said."""
    told, said = [], []

    def tracker(epoch, _figures):
        told.append(epoch)
        if epoch == stop_after:
            raise Stopped

    try:
        train_detector(
            data_yaml, NAMES, section_of(family), seed=0, num_pictures=8, output_dir=folder, tracker=tracker, say=said.append
        )  # fmt: skip
    except Stopped:
        assert stop_after
    return told, said


def is_trained(folder: Path) -> bool:
    return [row["epoch"] for row in json.loads((folder / "history.json").read_text())] == [1, 2, 3] and (
        folder / "model" / "model.json"
    ).is_file()


@pytest.fixture(scope="module")
def stopped(data_yaml, tmp_path_factory):
    """Return a copy of a training of a family that was stopped after two of three epochs."""
    made: dict[str, Path] = {}

    def copy(family: str, folder: Path) -> Path:
        if family not in made:
            made[family] = tmp_path_factory.mktemp(family) / "run"
            assert train(data_yaml, family, made[family], stop_after=2)[0] == [1, 2]
        shutil.copytree(made[family], folder)
        return folder

    return copy


# --- damage ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "damage", [empty, flip, be_a_bomb_with_the_right_hash, *MISFITS], ids=lambda damage: damage.__name__
)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_damaged_or_foreign_state_is_told_and_costs_one_epoch(family, data_yaml, stopped, tmp_path, damage):
    folder = stopped(family, tmp_path / "run")
    damage(state_of(folder, family), tmp_path / "harm")
    told, said = train(data_yaml, family, folder)
    assert told == [2, 3]
    assert len(said) == 1
    assert "Trying the state before it" in said[0]
    assert is_trained(folder)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("family", FAMILIES)
def test_with_all_states_damaged_a_training_starts_again_with_a_word(family, data_yaml, stopped, tmp_path):
    folder = stopped(family, tmp_path / "run")
    for path in list(state_of(folder, family).parent.glob("state*.pt")):
        empty(path, tmp_path / "harm")
    told, said = train(data_yaml, family, folder)
    assert told == [1, 2, 3]
    assert "starts from the beginning" in said[-1]
    assert is_trained(folder)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_training_goes_on_from_its_last_epoch_without_a_word_and_leaves_nothing_that_it_needs_no_more(
    family, data_yaml, stopped, tmp_path
):
    folder = stopped(family, tmp_path / "run")
    assert train(data_yaml, family, folder) == ([3], [])
    assert is_trained(folder)
    left = {path.name for path in folder.rglob("*") if path.is_file()}
    assert {"state.pt", "weights.safetensors"} <= left
    assert not left & {"state-before.pt", "start.safetensors", "last.pt", "best.pt"}
    assert train(data_yaml, family, folder) == ([], [])


@NO_YOLO
@pytest.mark.parametrize("damage", [empty, be_a_foreign_checkpoint], ids=lambda damage: damage.__name__)
def test_checkpoints_of_earlier_versions_are_told_and_never_read(data_yaml, tmp_path, damage):
    weights = tmp_path / "run" / "ultralytics" / "weights"
    weights.mkdir(parents=True)
    for name in ("last.pt", "best.pt"):
        (weights / name).write_bytes(b"earlier")
        damage(weights / name, tmp_path / "harm")
    told, said = train(data_yaml, "ultralytics", tmp_path / "run", stop_after=1)
    assert told == [1]
    assert "earlier version" in said[0]
    assert not (tmp_path / "harm").exists()
    assert list(weights.iterdir()) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_pickled_summaries_beside_labels_are_never_read(family, tmp_path):
    import numpy as np

    data_yaml = write_shapes(tmp_path / "data", 8, 4)
    cache = data_yaml.parent / "labels.cache"
    with cache.open("wb") as stream:
        np.save(stream, np.array({"version": Bomb(tmp_path / "harm")}, dtype=object))
    train(data_yaml, family, tmp_path / "run", stop_after=1)
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize(
    "line", ["download: |\n  open('harm', 'w')\n", "val: nowhere.txt\n", "val: [1, 2\n", "nc: 2\n"]
)
@NO_YOLO
def test_a_dataset_that_would_run_code_or_lacks_its_lists_is_refused(tmp_path, line, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data_yaml = write_shapes(tmp_path / "data", 8, 4)
    data_yaml.write_text(data_yaml.read_text() + line + ("val: nowhere.txt\n" if "download" in line else ""))
    with pytest.raises(DetectorError, match=r"as Partsight (never )?writes it"):
        train(data_yaml, "ultralytics", tmp_path / "run")
    assert not (tmp_path / "harm").exists()


@NO_YOLO
def test_a_loss_that_is_no_number_sets_the_training_back_to_the_epoch_before(data_yaml, stopped, tmp_path):
    """As the library does it, from our state: the third epoch is made a second time."""
    from partsight.detector.families.ultralytics.trainer import Trainer

    epochs = []

    class Poisoned(Trainer):
        def save_metrics(self, metrics):
            super().save_metrics(metrics)
            epochs.append(self.epoch + 1)

        def validate(self):
            answer = super().validate()
            if self.epoch == 1 and not self.nan_recovery_attempts:
                self.loss = self.loss * float("nan")
                with torch.no_grad():
                    next(self.model.parameters()).fill_(float("nan"))
            return answer

    from partsight.detector.detector import TrainJob
    from partsight.detector.families.training_state import read_state
    from partsight.detector.families.ultralytics import family

    job = TrainJob(data_yaml, NAMES, section_of("ultralytics"), 0, tmp_path, 4)
    family._write_start(job)
    trainer = Poisoned(overrides=family._settings(job, tmp_path / "ultralytics"))
    family._quiet(trainer)
    trainer.add_callback("on_pretrain_routine_end", family._average_over_last_steps)
    trainer.add_callback("on_pretrain_routine_end", family._halve)
    trainer.train()
    assert epochs == [1, 2, 3]
    state = read_state(tmp_path / "ultralytics" / "state.pt")
    assert all(torch.isfinite(value).all() for value in state["best_weights"].values())


# --- kills and full disks ----------------------------------------------------------------------------------------------------

RUN = """
import sys
from pathlib import Path
from partsight.config.sections.train import TrainSection
from partsight.errors import PartsightError
from partsight.train.training import train_detector

if __name__ == "__main__":
    try:
        train_detector(
            Path(sys.argv[1]), ("square", "disc"), TrainSection.model_validate_json(sys.argv[2]), seed=0, num_pictures=8,
            output_dir=Path(sys.argv[3]), say=lambda text: print("SAID", text, flush=True),
            tracker=lambda epoch, figures: print("EPOCH", epoch, flush=True),
        )
    except PartsightError as error:
        print("ERROR", type(error).__name__, str(error).replace(chr(10), " "), flush=True)
        sys.exit(1)
"""


def start(data_yaml: Path, family: str, folder: Path, **settings) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, str(data_yaml), section_of(family).model_dump_json(), str(folder)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **settings)


def run(data_yaml: Path, family: str, folder: Path, **settings) -> list[str]:
    """Train in a process of its own; return its lines, of which none is a traceback."""
    with start(data_yaml, family, folder, **settings) as process:
        output, errors = process.communicate()
    assert "Traceback" not in errors
    return [line for line in output.splitlines() if line.startswith(("EPOCH", "SAID", "ERROR"))]


@pytest.mark.parametrize("num_states", [0, 1])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_kill_while_a_state_is_written_loses_no_finished_epoch(family, data_yaml, tmp_path, num_states):
    folder = state_of(tmp_path, family).parent
    with start(data_yaml, family, tmp_path) as process:
        seen: set[int] = set()
        while len(seen) <= num_states:
            assert process.poll() is None
            with suppress(FileNotFoundError):
                seen |= {path.stat().st_ino for path in folder.glob("state*.partial")}
            time.sleep(0.0005)
        os.kill(process.pid, signal.SIGKILL)
        told = [line for line in process.stdout.read().splitlines() if line.startswith("EPOCH")]
    rest = run(data_yaml, family, tmp_path)
    assert not set(told) & set(rest)
    assert rest[-1] == f"EPOCH {NUM_EPOCHS}" or (tmp_path / "model" / "model.json").is_file()
    assert (tmp_path / "model" / "weights.safetensors").is_file()
    assert not [line for line in rest if line.startswith(("SAID", "ERROR"))]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("which", [0, 1])
def test_a_limit_on_the_size_of_files_is_told_and_the_training_goes_on_without_it(family, data_yaml, tmp_path, which):
    limit = int(TOO_SHORT[family][which])
    lines = run(
        data_yaml, family, tmp_path, preexec_fn=partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
    )
    assert lines[-1].startswith("ERROR StorageError")
    assert "ulimit" in lines[-1]
    assert run(data_yaml, family, tmp_path)[-1] == f"EPOCH {NUM_EPOCHS}"
    assert is_trained(tmp_path)


@pytest.fixture
def small_disk(tmp_path):
    """Return what gives a folder of so many MB, and more MB later."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def resize(size_mb: int) -> Path:
        how = "remount," if folder.is_mount() else ""
        command = ["mount", "-t", "tmpfs", "-o", f"{how}size={size_mb}m", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("no small disk can be mounted here")
        return folder

    yield resize
    if folder.is_mount():
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("which", range(4))
@pytest.mark.parametrize("family", FAMILIES)
def test_a_full_disk_is_told_and_the_training_goes_on_when_there_is_space(family, data_yaml, small_disk, which):
    folder = small_disk(SMALL[family][which])
    lines = run(data_yaml, family, folder / "run")
    told = [line for line in lines if line.startswith("EPOCH")]
    assert lines[-1].startswith("ERROR StorageError") or which == 3
    assert "MB are free" in lines[-1] or which == 3
    small_disk(400)
    rest = run(data_yaml, family, folder / "run")
    assert not set(told[:-1]) & set(rest)
    assert not [line for line in rest if line.startswith(("SAID", "ERROR"))]
    assert is_trained(folder / "run")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_disk_that_cannot_be_written_is_told_at_any_state(family, data_yaml, stopped, small_disk):
    folder = small_disk(400)
    stopped(family, folder / "run")
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    (line,) = run(data_yaml, family, folder / "run")
    assert line.startswith("ERROR StorageError")
    assert "cannot be written" in line
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
    assert run(data_yaml, family, folder / "run") == ["EPOCH 3"]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_state_damaged_on_a_disk_that_cannot_be_written_is_told_too(family, data_yaml, stopped, small_disk, tmp_path):
    folder = small_disk(400)
    flip(state_of(stopped(family, folder / "run"), family), tmp_path / "harm")
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    assert run(data_yaml, family, folder / "run")[-1].startswith("ERROR StorageError")
