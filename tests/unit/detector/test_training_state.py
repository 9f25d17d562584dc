"""The state of a training: whole or absent, never code, with the one before to fall back on."""

import os
import resource
import signal
import subprocess
import sys
import time

import pytest

torch = pytest.importorskip("torch", reason="no family of detectors is installed")

from partsight.detector.families.training_state import find_state, forget_earlier, read_state, write_state  # noqa: E402
from partsight.errors import DetectorError, StorageError  # noqa: E402
from tests.unit.detector.damage import DAMAGES, flip  # noqa: E402


def state(epoch: int):
    return {"epoch": epoch, "weights": {"a": torch.full((1000,), float(epoch))}, "optimizer": {"groups": [(0.9, None)]}}


def fits(_state) -> str:
    return ""


@pytest.fixture
def path(tmp_path):
    """The states of epochs 1 and 2."""
    path = tmp_path / "run" / "state.pt"
    write_state(path, state(1))
    write_state(path, state(2))
    return path


def found(path, said=None, check=fits):
    state = find_state(path, check, (said if said is not None else []).append)
    return None if state is None else state["epoch"]


def test_a_state_reads_back_as_itself(path):
    read = read_state(path)
    assert read["optimizer"] == {"groups": [(0.9, None)]}
    assert torch.equal(read["weights"]["a"], torch.full((1000,), 2.0))
    assert sorted(one.name for one in path.parent.iterdir()) == ["state-before.pt", "state.pt"]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_what_is_damaged_or_foreign_is_told_and_the_state_before_is_taken(path, tmp_path, damage):
    said = []
    damage(path, tmp_path / "harm")
    assert found(path, said) == 1
    assert len(said) == 1
    assert "state.pt: cannot be gone on from" in said[0]
    assert "Trying the state before it" in said[0]
    assert read_state(path)["epoch"] == 1
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_where_both_are_damaged_the_training_starts_from_the_beginning(path, tmp_path, damage):
    said = []
    for one in list(path.parent.iterdir()):
        damage(one, tmp_path / "harm")
    assert found(path, said) is None
    assert len(said) == 2
    assert "starts from the beginning" in said[1]
    assert not (tmp_path / "harm").exists()


def test_a_damaged_state_never_takes_the_place_of_the_whole_one_before_it(path, tmp_path):
    flip(path, tmp_path / "harm")
    found(path)
    write_state(path, state(3))
    flip(path, tmp_path / "harm")
    assert found(path) == 1


def test_a_state_of_something_else_is_told_and_left_aside(path):
    said = []
    assert found(path, said, lambda state: "too new" if state["epoch"] == 2 else "") == 1
    assert "too new" in said[0]


def test_a_damaged_state_that_must_be_read_is_an_error_of_its_own(path, tmp_path):
    flip(path, tmp_path / "harm")
    with pytest.raises(DetectorError, match=r"state\.pt: damaged"):
        read_state(path)


def test_no_state_is_nothing_to_tell(tmp_path):
    said = []
    assert found(tmp_path / "state.pt", said) is None
    assert said == []


def test_the_state_before_goes_when_it_is_needed_no_more(path):
    forget_earlier(path)
    forget_earlier(path)
    assert [one.name for one in path.parent.iterdir()] == ["state.pt"]


def test_a_state_larger_than_files_may_be_leaves_the_one_before(path):
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, old[1]))
    try:
        with pytest.raises(StorageError, match=r"cannot be written.*MB are free.*ulimit"):
            write_state(path, state(3))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert found(path) == 2


WRITE = """
import sys
from pathlib import Path
import torch
from partsight.detector.families.training_state import write_state

path = Path(sys.argv[1])
for epoch in range(1, 10_000):
    write_state(path, {"epoch": epoch, "weights": torch.full((2_000_000,), float(epoch))})
    print(epoch, flush=True)
"""


@pytest.mark.slow
@pytest.mark.parametrize("delay_s", [0.0, 0.003, 0.01, 0.03])
def test_a_kill_while_a_state_is_written_loses_that_epoch_at_most(tmp_path, delay_s):
    path = tmp_path / "state.pt"
    with subprocess.Popen([sys.executable, "-c", WRITE, str(path)], stdout=subprocess.PIPE, text=True) as process:
        written = [int(process.stdout.readline()) for _ in range(2)][-1]
        while not list(tmp_path.glob("*.partial")):
            time.sleep(0.0002)
        time.sleep(delay_s)
        os.kill(process.pid, signal.SIGKILL)
        written = max([written, *(int(line) for line in process.stdout.read().split())])
    said = []
    assert found(path, said) in (written, written + 1)
    assert said == []
