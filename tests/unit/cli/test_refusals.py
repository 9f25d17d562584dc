"""What the system refuses is told as what it is: which file, which disk, how much memory."""

import errno
import os
import resource
import shutil
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool

import pytest

from partsight.cli import app as cli_app
from partsight.cli.app import run
from partsight.cli.refusals import find_refusal
from partsight.errors import DetectorError, MemoryShortageError, RenderError, StorageError

REFUSED = [
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.EFBIG,
    errno.ESTALE,
    errno.EMFILE,
]
SHORT = [
    MemoryError(),
    OSError(errno.ENOMEM, "Cannot allocate memory"),
    RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 40 bytes"),
    RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("can't start new thread"),
    RuntimeError("std::bad_alloc"),
    ImportError("libtorch_cpu.so: failed to map segment from shared object"),
    BrokenProcessPool("A process in the process pool was terminated abruptly"),
]


@pytest.mark.parametrize("number", REFUSED, ids=errno.errorcode.get)
def test_a_refusal_of_the_disk_names_the_file_wherever_it_was_met(monkeypatch, capsys, number):
    def fail(*_):
        raise OSError(number, os.strerror(number), "/somewhere/file")

    monkeypatch.setattr(cli_app, "asking", fail)
    assert run([]) == 1
    told = capsys.readouterr().err
    assert "StorageError" in told
    assert f"/somewhere/file: cannot be read or written ({os.strerror(number)})" in told


@pytest.mark.parametrize("error", SHORT, ids=str)
def test_a_lack_of_memory_is_told_as_one(error):
    found = find_refusal(error)
    assert isinstance(found, MemoryShortageError)
    assert "GB are free" in str(found)


def test_a_library_that_is_there_but_does_not_fit_is_no_missing_one():
    error = DetectorError("cannot be imported. Install it")
    error.__cause__ = SHORT[6]
    assert isinstance(find_refusal(error), MemoryShortageError)


@pytest.mark.parametrize(
    "error", [RuntimeError("shape mismatch"), ImportError("no module named x"), OSError(errno.ENOENT, "no")]
)
def test_other_errors_are_our_own(error):
    assert find_refusal(error) is None


def test_what_says_it_better_is_kept():
    error = RenderError("render workers died 3 times (out of memory?)")
    error.__cause__ = SHORT[-1]
    assert find_refusal(error) is None
    assert find_refusal(StorageError("x")) is None


def test_a_process_with_too_little_memory_ends_with_a_word(tmp_path, samples):
    shutil.copy(samples / "SD.step", tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", "partsight", "check", "SD.step"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (250 * 2**20,) * 2),
    )  # fmt: skip
    assert ended.returncode == 1
    assert "memory" in ended.stderr
    assert "Traceback" not in ended.stderr
