"""Renders and a sweep through a real Slurm: jobs submitted by sbatch, a worker killed, nothing lost."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cluster.one_node import one_node_slurm, why_not

pytestmark = pytest.mark.cluster
ROOT = Path(__file__).resolve().parents[2]
SETTINGS = ("render.variant=scalar_rgb", "render.samples_per_pixel=8", "train.weights=scratch", "sweep.seeds=1")
LIMIT_S = 300


@pytest.fixture(scope="module")
def slurm(tmp_path_factory):
    """A running Slurm, as the environment in which its programs find it."""
    pytest.importorskip("parsl", reason="the extra [cluster] is not installed")
    if reason := why_not():
        pytest.skip(reason)
    with one_node_slurm(tmp_path_factory.mktemp("slurm")) as conf:
        yield {**os.environ, "SLURM_CONF": str(conf)}


def partsight(environment, *arguments):
    """Run a command of ours in a process of its own, as a user would."""
    command = [sys.executable, "-m", "partsight", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=LIMIT_S, check=False)


def options(out, *settings):
    words = ["--recipe", str(ROOT / "recipes" / "smoke.toml"), "--out", str(out)]
    return words + [word for setting in (*SETTINGS, *settings) for word in ("--set", setting)]


def on_slurm(workers=2):
    return (
        'cluster.kind="slurm"',
        'cluster.partition="test"',
        f"cluster.workers_per_node={workers}",
        'cluster.address="127.0.0.1"',
    )


def dataset_hash(out):
    (manifest,) = (out / "render").glob("*/manifest.json")
    return json.loads(manifest.read_text())["dataset_hash"]


def kill_a_worker_once(pattern, after, stop):
    """Kill one of the processes that render, as soon as there is a first picture."""
    while not stop.is_set():
        if len(list(after.glob("render/*/labels/*.json"))) >= 2:
            found = subprocess.run(["pgrep", "-f", pattern], capture_output=True, text=True, check=False).stdout.split()
            if found:
                os.kill(int(found[-1]), signal.SIGKILL)
                return
        time.sleep(0.02)


@pytest.mark.slow
def test_renders_through_sbatch_equal_local_ones_even_when_a_worker_is_killed(slurm, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    local = partsight(slurm, "render", *options(here, "render.count=40", "render.workers=1"))
    assert local.returncode == 0, local.stderr
    stop = threading.Event()
    killer = threading.Thread(target=kill_a_worker_once, args=("process_worker_pool.py", there, stop))
    killer.start()
    remote = partsight(slurm, "render", *options(there, "render.count=40", *on_slurm()))
    killed = not killer.is_alive()
    stop.set()
    killer.join()
    assert remote.returncode == 0, remote.stderr
    assert killed
    assert dataset_hash(there) == dataset_hash(here)
    assert list((there / "cluster").glob("**/submit_scripts/*")), "no job was submitted"


@pytest.mark.slow
def test_a_sweep_runs_through_sbatch(slurm, tmp_path):
    if find_spec("ultralytics") is None:
        pytest.skip("the extra [yolo] is not installed")
    grid = 'sweep.grid={"render.count"=[8, 10]}'
    done = partsight(slurm, "sweep", *options(tmp_path, grid, *on_slurm(workers=1)))
    assert done.returncode == 0, done.stdout + done.stderr
    cells = json.loads((tmp_path / "sweep.json").read_text())
    assert [cell["values"] for cell in cells] == [{"render.count": 8}, {"render.count": 10}]
    assert all(cell["problem"] == "" for cell in cells)
