"""The process of one job: waits for its turn, runs the command, and passes a wish to stop on to it."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from partsight.files import write_json
from partsight.pipeline.jobs.job import (
    COMMAND,
    ENDED,
    INTERRUPTED,
    OUTPUT,
    PROGRESS,
    STOP,
    WORKER,
    Job,
    note_process,
    read_job,
)
from partsight.pipeline.jobs.queue import interrupt, list_jobs
from partsight.progress import RECORD_VARIABLE

_POLL_S = 0.2
_PATIENCE_S = 60.0
"""How long a command may take to stop before it is killed: it keeps the picture or the epoch that it is at."""


def main(folder: Path) -> None:
    """Run the job of a folder."""
    job = read_job(folder)
    if job is None:
        return
    note_process(folder / WORKER, os.getpid())
    code, started_s = INTERRUPTED, time.monotonic()
    with contextlib.ExitStack() as turn:
        if _wait_for_turn(job, turn):
            started_s = time.monotonic()
            code = _run(job)
        write_json(folder / ENDED, {"code": code, "seconds": round(time.monotonic() - started_s, 2)})


def _wait_for_turn(job: Job, turn: contextlib.ExitStack) -> bool:
    """Return whether it is the job's turn, which it keeps as long as `turn` is open; False when it was stopped before."""
    while not (job.folder / STOP).exists():
        if job.lane == "page":
            return True
        if not any(other.is_alive for other in _earlier(job)):
            with contextlib.suppress(Timeout):
                turn.enter_context(FileLock(job.folder.parent / ".running.lock", timeout=0))
                return True
        time.sleep(_POLL_S)
    return False


def _earlier(job: Job) -> Iterator[Job]:
    return (other for other in list_jobs(job.folder.parent) if other.number < job.number and other.lane == "work")


def _run(job: Job) -> int:
    environment = {**os.environ, RECORD_VARIABLE: str(job.folder / PROGRESS), "PYTHONUNBUFFERED": "1"}
    with open(job.folder / OUTPUT, "ab", opener=_for_us_alone) as output:  # links with their secrets are in it
        command = subprocess.Popen(
            [sys.executable, "-m", "partsight", *job.command],
            cwd=job.directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        note_process(job.folder / COMMAND, command.pid)
        return _watch(command, job)


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _watch(command: subprocess.Popen[bytes], job: Job) -> int:
    """Wait for a command; one that shall stop gets an interrupt, and is killed when it does not heed it."""
    asked_s: float | None = None
    while (code := command.poll()) is None:
        if asked_s is None and (job.folder / STOP).exists():
            asked_s = time.monotonic()
            interrupt(command.pid)
        if asked_s is not None and time.monotonic() - asked_s > _PATIENCE_S:
            command.kill()
        time.sleep(_POLL_S)
    return code


if __name__ == "__main__":
    main(Path(sys.argv[1]))
