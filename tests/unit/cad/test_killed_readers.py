"""Processes that read CAD files are killed: by the system, by a person. The file is not at fault, and is read once more."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from partsight.cad import reading
from partsight.cad.process import processes
from partsight.cad.process.processes import HAS_FORK, ChildExit, ReaderProcesses
from partsight.cad.reading import read_file
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError, ExtraError, MemoryShortageError

pytestmark = pytest.mark.skipif(not HAS_FORK, reason="children are forked on POSIX only")


class Killer(threading.Thread):
    """Kills children of the reading process, or that process itself, a number of times."""

    def __init__(self, times: int, *, generation: int):
        super().__init__(daemon=True)
        self.left, self.generation, self.is_over = times, generation, threading.Event()

    def run(self):
        while self.left and not self.is_over.is_set():
            for victim in self.victims():
                victim.send_signal(signal.SIGKILL)
                self.left -= 1
                time.sleep(0.05)
            time.sleep(0.002)

    def victims(self):
        try:
            own = [one for one in children_of(psutil.Process()) if "partsight.cad.process.zygote" in one.cmdline()]
            return own if self.generation == 1 else [child for one in own for child in children_of(one)]
        except (psutil.Error, OSError):
            return []


def children_of(process: psutil.Process) -> list[psutil.Process]:
    """Return the children, fast enough to meet one that lives for half a second on a busy machine."""
    if not sys.platform.startswith("linux"):
        return process.children()
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    return [psutil.Process(int(pid)) for task in tasks for pid in (task / "children").read_text().split()]


def read_while_killing(samples, times: int, generation: int):
    path = samples / "SD.step"
    killer = Killer(times, generation=generation)
    with ReaderProcesses() as processes:
        killer.start()
        try:
            return read_file("SD", path, PartSection(files=(path,)), CadSection(), (None, processes)), killer.left
        finally:
            killer.is_over.set()
            killer.join()


@pytest.mark.slow
@pytest.mark.parametrize("generation", [1, 2], ids=["the process that starts children", "the child"])
def test_a_killed_reader_is_tried_once_more(samples, generation):
    parts, left = read_while_killing(samples, times=1, generation=generation)
    assert left == 0
    assert len(parts) == 1


@pytest.mark.slow
def test_a_reader_that_is_killed_again_is_told_without_blaming_the_file(samples):
    with pytest.raises(CadError, match=r"SD\.step: the CAD reader was killed twice \(SIGKILL\).*memory") as caught:
        read_while_killing(samples, times=2, generation=2)
    assert "Export" not in str(caught.value)


@pytest.mark.parametrize(
    ("ended", "was_killed"),
    [
        (ChildExit(-signal.SIGKILL, ""), True),
        (ChildExit(-signal.SIGTERM, ""), True),
        (ChildExit(1, "", is_lost=True), True),
        (ChildExit(-signal.SIGSEGV, ""), False),
        (ChildExit(-signal.SIGABRT, ""), False),
        (ChildExit(-signal.SIGALRM, "", timed_out=True), False),
        (ChildExit(3, ""), False),
    ],
)
def test_only_what_others_did_counts_as_killed(ended, was_killed):
    assert ended.was_killed == was_killed


READERS = {
    "memory": (
        "ImportError: libTK.so: failed to map segment from shared object",
        4,
        MemoryShortageError,
        "lift a limit",
    ),
    "a library": ("ImportError: libGL.so.1: cannot open shared object file", 3, ExtraError, "Install"),
    "without a word": (None, 1, MemoryShortageError, "exit code 1"),
}


@pytest.mark.parametrize(("said", "code", "error", "advice"), READERS.values(), ids=READERS)
def test_a_reader_that_cannot_be_loaded_blames_no_file(samples, monkeypatch, said, code, error, advice):
    """It ends before it has read what it is asked, so that the pipe to it breaks."""
    program = f"import os, sys; os.close(0); said = {said!r}; said and print(said, flush=True); os._exit({code})"
    command = [sys.executable, "-c", program]
    usual = subprocess.Popen

    def start(_command, **choices):
        process = usual(command, **choices)
        process.wait(timeout=20)
        return process

    monkeypatch.setattr(processes.subprocess, "Popen", start)
    path = samples / "SD.step"
    with pytest.raises(error, match=advice) as caught:
        read_file("SD", path, PartSection(files=(path,)), CadSection())
    assert said is None or said in str(caught.value)
    assert "SD.step" not in str(caught.value)


@pytest.mark.parametrize(
    ("code", "limit", "told"),
    [
        (4, None, "more than 4 GB.*cad.memory_limit_gb"),
        (4, 10**9, r"1\.0 GB.*ulimit -v"),
        (-signal.SIGSEGV, 10**9, r"SIGSEGV.*for want of memory.*1\.0 GB.*ulimit -v"),
        (-signal.SIGSEGV, None, r"died of it \(SIGSEGV\)\. Export"),
    ],
)
def test_a_limit_of_the_process_below_the_recipes_is_told(samples, monkeypatch, code, limit, told):
    path = samples / "SD.step"
    monkeypatch.setattr(ReaderProcesses, "run", lambda *_: ChildExit(code, ""))
    monkeypatch.setattr(reading, "memory_limit", lambda: limit)
    with pytest.raises(CadError, match=told):
        read_file("SD", path, PartSection(files=(path,)), CadSection(memory_limit_gb=4))
