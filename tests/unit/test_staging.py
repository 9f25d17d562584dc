"""Changes of a folder are whole or absent, and temporary files go with the process that made them, or with the next one."""

import itertools
import multiprocessing
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from partsight import scratch, staging
from partsight.errors import StorageError
from partsight.scratch import scratch_folder
from partsight.staging import LOCK, staged

NAMES = ("a.txt", "deep/b.txt", "images/c.jpg", "labels/c.txt")


def change(folder: Path, text: str) -> None:
    with staged(folder) as changes:
        for name in NAMES:
            changes.write(folder / name, text.encode())
        changes.commit()


def held(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != LOCK)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def change_and_die(folder: Path, num_calls: int) -> None:
    """End this process without a word at the n-th call of what touches files."""
    calls = itertools.count()

    def dying(function):
        def call(*arguments, **choices):
            if next(calls) == num_calls:
                os._exit(9)
            return function(*arguments, **choices)

        return call

    Path.replace, Path.mkdir, os.fsync = dying(Path.replace), dying(Path.mkdir), dying(os.fsync)
    change(folder, "new")
    os._exit(0)


@pytest.mark.parametrize("num_calls", range(0, 48, 3))
def test_a_change_cut_at_any_moment_is_whole_or_absent_for_the_next_one(tmp_path, num_calls):
    change(tmp_path, "old")
    process = multiprocessing.get_context("fork").Process(target=change_and_die, args=(tmp_path, num_calls))
    process.start()
    process.join()
    with staged(tmp_path):
        pass
    assert held(tmp_path) in (dict.fromkeys(NAMES, "old"), dict.fromkeys(NAMES, "new"))


def test_what_is_not_committed_leaves_nothing(tmp_path):
    change(tmp_path, "old")
    with staged(tmp_path) as changes:
        changes.write(tmp_path / "a.txt", b"new")
        assert changes.place(tmp_path / "a.txt").read_bytes() == b"new"
    assert held(tmp_path) == dict.fromkeys(NAMES, "old")


def test_a_folder_in_use_is_told(tmp_path):
    with staged(tmp_path), pytest.raises(StorageError, match="another partsight process"), staged(tmp_path):
        pass


def test_pictures_come_last_so_that_one_always_has_its_labels():
    assert max(NAMES, key=staging._labels_first) == "images/c.jpg"


KILLED = """
import time
from partsight.scratch import scratch_folder
with scratch_folder("test") as folder:
    (folder / "big").write_text("x")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path))
    scratch._delete_left.cache_clear()
    yield tmp_path
    scratch._delete_left.cache_clear()


def start(temporary: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", KILLED]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(temporary)})
    process.stdout.readline()
    return process


def test_what_a_killed_process_left_the_next_one_deletes_and_nothing_else(temporary):
    killed, living = start(temporary), start(temporary)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    (temporary / "partsight-mine").mkdir()  # without a lock: not of this kind
    assert len([path for path in temporary.iterdir() if path.is_dir()]) == 3
    with scratch_folder("next") as folder:
        left = {path for path in temporary.iterdir() if path.is_dir()} - {folder}
        assert len(left) == 2
    living.kill()
    living.communicate()
    killed.communicate()
    assert (temporary / "partsight-mine") in left
    assert (next(iter(left - {temporary / "partsight-mine"})) / "big").exists()


def test_a_folder_for_temporary_files_is_gone_afterwards(temporary):
    with scratch_folder("test") as folder:
        (folder / "deep").mkdir()
    assert list(temporary.iterdir()) == []


def test_without_a_place_for_temporary_files_the_error_says_what_to_set(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setattr(scratch.tempfile, "tempdir", str(tmp_path / "file"))
    with pytest.raises(StorageError, match="TMPDIR"), scratch_folder("test"):
        pass
