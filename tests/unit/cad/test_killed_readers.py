"""Processes that read CAD files are killed: by the system, by a person. The file is not at fault, and is read once more."""

import signal
import threading
import time

import psutil
import pytest

from partsight.cad.process.processes import HAS_FORK, ChildExit, ReaderProcesses
from partsight.cad.reading import read_file
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError

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
            own = [one for one in psutil.Process().children() if "partsight.cad.process.zygote" in one.cmdline()]
            return own if self.generation == 1 else [child for one in own for child in one.children()]
        except psutil.Error:
            return []


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
