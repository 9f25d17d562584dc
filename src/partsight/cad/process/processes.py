"""Child processes that read CAD files, with a limit on time; whatever happens in them, the caller lives."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

from partsight.errors import CadError
from partsight.extras import need_package

HAS_FORK = hasattr(os, "fork")
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Of numeric libraries: a forked child would wait for threads that it did not inherit."""


@dataclass(frozen=True, slots=True)
class ChildExit:
    """How a child ended."""

    code: int
    """Exit code; negative for a signal."""
    said: str
    """Its messages; of a process that is lost, what it said when it could not be loaded."""
    timed_out: bool = False
    is_lost: bool = False
    """Whether the process that was to start it is gone."""

    @property
    def never_loaded(self) -> bool:
        """Whether the process that was to start it ended by itself: it would for every file."""
        return self.is_lost and (bool(self.said) or self.code >= 0 or -self.code in _OWN_FAULTS)

    @property
    def was_killed(self) -> bool:
        """Whether somebody else ended it: the system when memory is short, or a person; not the file that it read."""
        is_signaled = self.code < 0 and not self.timed_out and -self.code not in _OWN_FAULTS
        return self.is_lost or is_signaled


_OWN_FAULTS = {
    getattr(signal, name, None) for name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS")
}
"""Signals that a process brings upon itself."""


class ReaderProcesses:
    """Reads requests in child processes, from any number of threads; a context manager that ends them all."""

    def __init__(self) -> None:
        self._idle: SimpleQueue[subprocess.Popen[str]] = SimpleQueue()
        while _started_early:
            self._idle.put(_started_early.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while True:
            try:
                _end(self._idle.get_nowait())
            except Empty:
                return

    def run(self, request: Path, log: Path, timeout_s: float) -> ChildExit:
        """Read one request, once more where the process was killed; its messages pass through a log file.

        Raises CadError when no process can be started.
        """
        ended = self._run_once(request, log, timeout_s)
        is_worth_it = ended.was_killed and not (ended.never_loaded and ended.said)
        return self._run_once(request, log, timeout_s) if is_worth_it else ended

    def _run_once(self, request: Path, log: Path, timeout_s: float) -> ChildExit:
        if not HAS_FORK:
            return _run_alone(request, timeout_s)
        process = self._take()
        answer = _ask(process, request, log, timeout_s)
        code = int(answer) if answer.lstrip("-").isdigit() else None
        if code is None:
            _end(process)
            return ChildExit(process.returncode, answer, is_lost=True)
        said = log.read_text(errors="replace") if log.exists() else ""
        self._idle.put(process)
        return ChildExit(code, said, timed_out=code == -signal.SIGALRM)

    def _take(self) -> "subprocess.Popen[str]":
        try:
            return self._idle.get_nowait()
        except Empty:
            return _start()


def start_early() -> None:
    """Start a process that the next ReaderProcesses will take over: it loads the CAD kernel while the caller loads other things."""
    if HAS_FORK and not _started_early:
        _started_early.append(_start())


_started_early: "list[subprocess.Popen[str]]" = []


def _start() -> "subprocess.Popen[str]":
    need_package("OCP", "reading CAD files")
    command = [sys.executable, "-P", "-m", "partsight.cad.process.zygote"]
    environment = {**os.environ, **_ONE_THREAD}
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
    except OSError as error:
        raise CadError(f"the CAD reader cannot be started ({error}). Free some memory and try again.") from error


def _ask(process: "subprocess.Popen[str]", request: Path, log: Path, timeout_s: float) -> str:
    """Return the answer to a request: the child's exit code, or what is the matter with its parent; empty when that is gone."""
    assert process.stdin is not None  # noqa: S101  # opened as pipes above
    assert process.stdout is not None  # noqa: S101
    with contextlib.suppress(BrokenPipeError):  # it may have said why before it ended
        process.stdin.write(json.dumps({"request": str(request), "log": str(log), "timeout_s": timeout_s}) + "\n")
        process.stdin.flush()
    return process.stdout.readline().strip()


def _end(process: "subprocess.Popen[str]") -> None:
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(BrokenPipeError):  # closing sends what a process that is gone has not read
            if pipe is not None:
                pipe.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _run_alone(request: Path, timeout_s: float) -> ChildExit:
    """Where the system cannot fork: a whole new process for each file."""
    command = [sys.executable, "-P", "-m", "partsight.cad.process.worker", str(request)]
    try:
        result = subprocess.run(command, capture_output=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return ChildExit(1, "", timed_out=True)
    return ChildExit(result.returncode, result.stderr.decode(errors="replace"))
