"""A job: one command of this program, run by a process of its own. All that is known of it lies in its folder."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import psutil

from partsight.errors import StorageError
from partsight.files import read_json, write_json
from partsight.pipeline.jobs.record import ProgressRecord, read_record

JobState: TypeAlias = Literal["waiting", "running", "done", "failed", "stopped", "lost"]
"""`lost`: its process ended without a word (killed, machine switched off); it can be continued like one that was stopped."""
Lane: TypeAlias = Literal["work", "page"]
"""`work` waits for its turn, one at a time; a `page` serves the browser beside it."""

DESCRIPTION, WORKER, COMMAND, ENDED = "job.json", "worker.json", "command.json", "ended.json"
PROGRESS, OUTPUT, STOP = "progress.json", "output.txt", "stop"
INTERRUPTED = 130
"""Exit code of a command that was asked to stop."""
_TAIL_BYTES = 20_000
_CLOCK_S = 2.0
"""Two readings of when a process began may differ by so much."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its folder describes it."""

    folder: Path
    command: tuple[str, ...]
    """Arguments of `partsight`."""
    title: str
    lane: Lane
    directory: Path
    """Where the command runs: the project's folder."""
    created_s: float
    """Seconds since 1970."""

    @property
    def number(self) -> int:
        """Its number in the project."""
        return int(self.folder.name)

    @property
    def state(self) -> JobState:
        """What becomes of it."""
        ended = self._ended()
        if ended is not None:
            return _state_of(ended["code"], was_stopped=(self.folder / STOP).exists())
        if not self.is_alive:
            return "lost"
        return "running" if (self.folder / OUTPUT).exists() else "waiting"

    @property
    def is_alive(self) -> bool:
        """Whether its worker is there, or the command, which outlives a worker that was killed."""
        return self.has_worker or self.command_pid is not None

    @property
    def has_worker(self) -> bool:
        """Whether the process is there that heeds a wish to stop."""
        return _living_pid(self.folder / WORKER) is not None

    @property
    def command_pid(self) -> int | None:
        """Number of the process that runs the command; None while there is none."""
        return _living_pid(self.folder / COMMAND)

    @property
    def seconds(self) -> float:
        """How long it has run, or ran."""
        ended, worker = self._ended(), _read(self.folder / WORKER)
        if ended is not None:
            return float(ended["seconds"])
        return 0.0 if worker is None else max(0.0, time.time() - float(worker["began_s"]))

    @property
    def progress(self) -> ProgressRecord | None:
        """How far it is, None before its command said anything."""
        return read_record(self.folder / PROGRESS)

    def output(self) -> str:
        """Return the last lines that it printed."""
        try:
            with (self.folder / OUTPUT).open("rb") as stream:
                size = stream.seek(0, 2)
                stream.seek(max(0, size - _TAIL_BYTES))
                return stream.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def _ended(self) -> Mapping[str, Any] | None:
        return _read(self.folder / ENDED)


def write_job(job: Job) -> None:
    """Write a job's description. Raises StorageError."""
    content = {
        "command": job.command,
        "title": job.title,
        "lane": job.lane,
        "directory": str(job.directory),
        "created_s": job.created_s,
    }
    write_json(job.folder / DESCRIPTION, content)


def read_job(folder: Path) -> Job | None:
    """Return the job of a folder; None where there is none, or what describes it is damaged."""
    content = _read(folder / DESCRIPTION) if folder.name.isdigit() else None
    if content is None:
        return None
    try:
        command, directory = tuple(map(str, content["command"])), Path(content["directory"])
        return Job(folder, command, content["title"], content["lane"], directory, content["created_s"])
    except (KeyError, TypeError):
        return None


def note_process(path: Path, pid: int) -> None:
    """Write which process it is. Raises StorageError."""
    write_json(path, {"pid": pid, "began_s": began_s(pid)})


def _living_pid(path: Path) -> int | None:
    noted = _read(path)
    return noted["pid"] if noted is not None and is_same_process(noted["pid"], noted["began_s"]) else None


def began_s(pid: int) -> float:
    """Return when a process began, in seconds since 1970. Raises psutil.NoSuchProcess."""
    return float(psutil.Process(pid).create_time())


def is_same_process(pid: int, began: float) -> bool:
    """Return whether the process of this number is the one that began then; numbers are given again."""
    try:
        is_zombie = psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        return not is_zombie and abs(began_s(pid) - began) < _CLOCK_S
    except psutil.Error:
        return False


def _state_of(code: int, *, was_stopped: bool) -> JobState:
    if code == 0:
        return "done"
    return "stopped" if was_stopped or code == INTERRUPTED else "failed"


def _read(path: Path) -> Mapping[str, Any] | None:
    try:
        content = read_json(path)
    except (OSError, StorageError):
        return None
    return content if isinstance(content, dict) else None
