"""Trackers of other makers: each really writes where it should, and none can end a training or call out."""

import os
import socket
import sqlite3
import threading
import time

import pytest

from partsight.config.sections.running.track import TrackSection
from partsight.errors import RecipeError
from partsight.train.experiment_trackers import TrackedRun, open_trackers
from tests.hostile_names import ALL_IN_ONE

FIGURES = [{"metrics/mAP50(B)": 0.25 * epoch, "train/loss": 1 / epoch} for epoch in (1, 2, 3)]


@pytest.fixture
def run(tmp_path):
    return TrackedRun("magnets train", "0123456789abcdef", {"epochs": 3, "model": "yolov8n"}, tmp_path / "tracking")


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


def track(section, run, figures=FIGURES, first=1):
    told = []
    with open_trackers(section, run, told.append) as tracker:
        for epoch, one in enumerate(figures, start=first):
            tracker(epoch, one)
    return told


def test_without_a_name_nothing_is_written(run):
    assert track(TrackSection(), run) == []
    assert not run.folder.exists()


def test_tensorboard_gets_a_curve_for_each_figure(run):
    pytest.importorskip("tensorboard", reason="the extra [tensorboard] is not installed")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert track(TrackSection(to=("tensorboard",)), run) == []
    (folder,) = (run.folder / "tensorboard").iterdir()
    events = EventAccumulator(str(folder))
    events.Reload()
    values = [(event.step, event.tensor_proto.float_val[0]) for event in events.Tensors("metrics/mAP50(B)")]
    assert values == [(1, 0.25), (2, 0.5), (3, 0.75)]


def test_mlflow_keeps_the_run_in_a_local_file_and_a_resumed_training_goes_on_in_it(run):
    pytest.importorskip("mlflow", reason="the extra [mlflow] is not installed")
    section = TrackSection(to=("mlflow",), project="magnets")
    assert track(section, run, FIGURES[:1]) == []
    assert track(section, run, FIGURES[1:], first=2) == []
    with sqlite3.connect(run.folder / "mlflow.db") as base:
        values = base.execute("select step, value from metrics where key = 'metrics/mAP50_B_' order by step").fetchall()
        runs = base.execute("select name, status from runs").fetchall()
        params = dict(base.execute("select key, value from params"))
    base.close()
    assert values == [(1, 0.25), (2, 0.5), (3, 0.75)]
    assert runs == [("magnets train", "FINISHED")]
    assert params == {"epochs": "3", "model": "yolov8n"}


@pytest.mark.parametrize("name", ["mlflow", "tensorboard"])
def test_a_local_tracker_writes_into_a_folder_of_any_name(tmp_path, name):
    pytest.importorskip(name, reason=f"the extra [{name}] is not installed")
    folder = tmp_path / ALL_IN_ONE / "tracking"
    assert track(TrackSection(to=(name,)), TrackedRun("magnets", "0123", {"epochs": 3}, folder)) == []
    assert {"mlflow": folder / "mlflow.db", "tensorboard": folder / "tensorboard"}[name].exists()
    assert [path.name for path in tmp_path.iterdir()] == [ALL_IN_ONE], "nothing lies beside the folder"


def test_wandb_writes_offline_and_calls_nobody(run, monkeypatch):
    pytest.importorskip("wandb", reason="the extra [wandb] is not installed")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setattr(socket, "gethostname", lambda: "name-of-this-machine")
    calls = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        threading.Thread(target=lambda: calls.append(server.accept()), daemon=True).start()
        assert track(TrackSection(to=("wandb",)), run) == []
    assert not calls, "its server was not called"
    (folder,) = (run.folder / "wandb" / "wandb").glob("offline-run-*")
    (log,) = folder.glob("run-*.wandb")
    wait_for(lambda: b"mAP50(B)" in log.read_bytes())  # written by a process of its own
    content = log.read_bytes()
    assert b"magnets train" in content
    assert b"name-of-this-machine" not in content


def test_online_without_a_key_is_refused_before_anything_is_asked(run, monkeypatch):
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    with (
        pytest.raises(RecipeError, match="WANDB_API_KEY"),
        open_trackers(TrackSection(to=("wandb",), wandb_mode="online"), run, print),
    ):
        pass


def test_a_missing_package_is_named_with_its_extra(run, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tensorboard.summary", None)
    with (
        pytest.raises(RecipeError, match=r"partsight\[tensorboard\]"),
        open_trackers(TrackSection(to=("tensorboard",)), run, print),
    ):
        pass


@pytest.mark.skipif(os.name == "nt", reason="folders are made read-only another way there")
def test_a_tracker_that_fails_is_told_once_and_the_others_go_on(run, monkeypatch):
    pytest.importorskip("tensorboard", reason="the extra [tensorboard] is not installed")
    from tensorboard.summary import Writer

    def full(*_given):
        raise OSError("No space left on device")

    section = TrackSection(to=("tensorboard",))
    monkeypatch.setattr(Writer, "add_scalar", full)
    told = track(section, run)
    assert len(told) == 1
    assert "tensorboard: not told any more (No space left on device)" in told[0]
