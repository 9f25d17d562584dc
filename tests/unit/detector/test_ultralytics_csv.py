"""Epochs of a training in other processes, read from the table that these write."""

import subprocess
import sys
import threading
import time
from importlib.util import find_spec

import pytest

from partsight.config.sections.train import TrainSection
from partsight.detector.detector import TrainJob
from partsight.detector.families.ultralytics import csv_progress as ultralytics_csv
from partsight.detector.families.ultralytics.csv_progress import told_from_csv
from partsight.errors import StorageError
from partsight.pipeline.stages.train.stage import validation_map50
from tests.unit.detector.shapes import NAMES, write_shapes

HEADER = "epoch,time,train/box_loss,metrics/mAP50(B),lr/pg0\n"


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(ultralytics_csv, "_EVERY_S", 0.01)


def test_each_epoch_is_told_once_and_while_it_runs(tmp_path):
    told, heard = [], threading.Event()

    def tracker(epoch, figures):
        told.append((epoch, dict(figures)))
        heard.set()

    path = tmp_path / "results.csv"
    with told_from_csv(path, tracker):
        path.write_text(HEADER + "1,10,2.5,0.1,0.01\n")
        assert heard.wait(10)
        with path.open("a") as file:
            file.write("2,25,1.5,0.4,0.01\n")
    assert told == [
        (1, {"train/box_loss": 2.5, "metrics/mAP50(B)": 0.1, "seconds": 10.0}),
        (2, {"train/box_loss": 1.5, "metrics/mAP50(B)": 0.4, "seconds": 15.0}),
    ]


def test_what_a_killed_training_told_is_not_told_again(tmp_path):
    told = []
    path = tmp_path / "results.csv"
    path.write_text(HEADER + "1,10,2.5,0.1,0.01\n")
    with told_from_csv(path, lambda epoch, _figures: told.append(epoch)), path.open("a") as file:
        file.write("2,12,1.5,0.4,0.01\n3,14,1.5,0.4")
    assert told == [2]


def test_a_training_that_fails_still_tells_what_it_finished(tmp_path):
    told = []
    path = tmp_path / "results.csv"
    with pytest.raises(RuntimeError, match="out of memory"):
        fail_after_an_epoch(path, lambda epoch, _figures: told.append(epoch))
    assert told == [1]


def fail_after_an_epoch(path, tracker):
    with told_from_csv(path, tracker):
        path.write_text(HEADER + "1,10,2.5,0.1,0.01\n")
        raise RuntimeError("out of memory")


@pytest.mark.slow
def test_what_the_librarys_own_processes_do_is_told(tmp_path):
    """All of a training on several GPUs but the GPUs: the script that each process of the library runs, started by hand on the CPU."""
    if find_spec("ultralytics") is None:
        pytest.skip("the extra [yolo] is not installed")
    from partsight.detector.families.ultralytics import family

    family.open_library()
    from ultralytics.utils.dist import ddp_cleanup, generate_ddp_file

    from partsight.detector.families.training_state import read_state
    from partsight.detector.families.ultralytics.trainer import STATE, Trainer

    section = TrainSection(
        weights="scratch", image_size=64, epochs=2, batch=8, device="cpu", threads=1, augment={"close_mosaic": 0}
    )
    section = section.but(weights="scratch")
    job = TrainJob(write_shapes(tmp_path / "data", 16, 8), NAMES, section, 0, tmp_path / "out", 8)
    run_dir = tmp_path / "out" / "ultralytics"
    family._write_start(job)
    trainer = Trainer(overrides=family._settings(job, run_dir))
    family._quiet(trainer)
    trainer.add_callback("on_pretrain_routine_end", family._average_over_last_steps)
    told = []
    script = generate_ddp_file(trainer)
    try:
        with told_from_csv(run_dir / "results.csv", lambda epoch, figures: told.append((epoch, dict(figures)))):
            subprocess.run([sys.executable, script], check=True, capture_output=True)
    finally:
        ddp_cleanup(trainer, script)
    assert [epoch for epoch, _ in told] == [1, 2]
    assert validation_map50(told[0][1]) is not None
    assert read_state(run_dir / STATE)["is_finished"]


def test_rows_that_are_damaged_are_left_out(tmp_path):
    told = []
    path = tmp_path / "results.csv"
    path.write_bytes(b"\xff\x00,\n1,2\n")
    with told_from_csv(path, lambda epoch, _figures: told.append(epoch)):
        path.write_text(HEADER + "1,10,2.5,0.1,0.01\n2,12,1.52,11,1.5,0.4,0.01\n3,nonsense,1,1,1\n4,30,1.5,0.4,0.01\n")
    assert told == [1, 4]


def test_a_tracker_that_cannot_write_stops_the_training_with_its_own_words(tmp_path):
    with pytest.raises(StorageError, match="full"):
        tell_a_full_disk(tmp_path / "results.csv")


def tell_a_full_disk(path):
    def tracker(epoch, figures):
        raise StorageError("the disk is full")

    with told_from_csv(path, tracker):
        path.write_text(HEADER + "1,10,2.5,0.1,0.01\n")
        time.sleep(0.1)
