"""The jobs of a project: started, listed, stopped, continued. Their order and their states are in files, not in this process."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from partsight.errors import JobError
from partsight.files import storage_errors
from partsight.pipeline.jobs.job import COMMAND, ENDED, OUTPUT, PROGRESS, STOP, WORKER, Job, Lane, read_job, write_job

JOBS = "jobs"
_STARTED_S = 10.0
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class JobQueue:
    """The jobs of one workspace."""

    root: Path
    """The workspace's folder."""
    directory: Path
    """Where commands run: the project's folder."""

    @property
    def folder(self) -> Path:
        """Where jobs lie."""
        return self.root / JOBS

    def jobs(self) -> tuple[Job, ...]:
        """Return all jobs, the oldest first."""
        return list_jobs(self.folder)

    def find(self, number: int) -> Job:
        """Return one job. Raises JobError."""
        job = read_job(self.folder / str(number))
        if job is None:
            known = ", ".join(str(one.number) for one in self.jobs()) or "none"
            raise JobError(f"job {number}: there is none in {self.folder}. Known: {known}.")
        return job

    def start(self, command: Sequence[str], title: str, lane: Lane = "work") -> Job:
        """Start a command of this program as a job: at once where nothing else runs, else when it is its turn. Raises StorageError."""
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock"):
            number = max((job.number for job in self.jobs()), default=0) + 1
            job = Job(self.folder / str(number), tuple(command), title, lane, self.directory.resolve(), time.time())
            write_job(job)
        _launch(job)
        return job

    def stop(self, number: int) -> Job:
        """Ask a job to stop; what it has finished is kept, and it can be continued. Raises JobError."""
        job = self.find(number)
        if job.state not in ("waiting", "running"):
            raise JobError(f"job {number} ({job.title}): {job.state} already, there is nothing to stop.")
        (job.folder / STOP).touch()
        if not job.has_worker and job.command_pid is not None:
            interrupt(job.command_pid)
        return job

    def resume(self, number: int) -> Job:
        """Run the command of a job that ended early once more: it carries on where it stopped. Raises JobError."""
        job = self.find(number)
        if job.state not in ("stopped", "failed", "lost"):
            raise JobError(f"job {number} ({job.title}): {job.state}; only one that ended early can be continued.")
        for name in (ENDED, STOP, WORKER, COMMAND, OUTPUT, PROGRESS):
            (job.folder / name).unlink(missing_ok=True)
        _launch(job)
        return job


def list_jobs(folder: Path) -> tuple[Job, ...]:
    """Return all jobs of a folder, the oldest first."""
    found = folder.iterdir() if folder.is_dir() else ()
    jobs = [job for one in found if (job := read_job(one)) is not None]
    return tuple(sorted(jobs, key=lambda job: job.number))


def interrupt(pid: int) -> None:
    """Ask a process to stop, as Ctrl+C does; one that has ended meanwhile is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)


def _launch(job: Job) -> None:
    """Start the worker of a job, apart from this process, and wait until it has said that it is there. Raises JobError."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "partsight.pipeline.jobs.worker", str(job.folder.resolve())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    threading.Thread(target=worker.wait, daemon=True).start()  # takes note of its end, so that no zombie is left
    until_s = time.monotonic() + _STARTED_S
    while not (job.folder / WORKER).exists() and worker.poll() is None and time.monotonic() < until_s:
        time.sleep(_POLL_S)
    if not (job.folder / WORKER).exists():
        raise JobError(
            f"job {job.number} ({job.title}): its process could not be started. Run it yourself: {_line(job)}"
        )


def _line(job: Job) -> str:
    return " ".join(["partsight", *job.command])
