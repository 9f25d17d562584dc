"""Jobs with real processes: in turn, stoppable, continued after a kill, never two at a time."""

import os
import signal
import time

import psutil
import pytest
from PIL import Image as Pillow

from partsight.errors import JobError
from partsight.pipeline.jobs.job import PROGRESS
from partsight.pipeline.jobs.queue import JobQueue
from partsight.pipeline.jobs.record import Recorder, read_record

SERVE = ("photos", "label", "--no-open", "--no-detector", "--classes", "QD")
"""A command that goes on until it is stopped."""


@pytest.fixture
def queue(tmp_path):
    """The jobs of a project with one photo; whatever still runs is ended."""
    (tmp_path / "photos" / "images" / "monday").mkdir(parents=True)
    Pillow.new("RGB", (40, 30)).save(tmp_path / "photos" / "images" / "monday" / "a.png")
    jobs = JobQueue(tmp_path / "runs", tmp_path)
    yield jobs
    for job in jobs.jobs():
        if job.state in ("waiting", "running"):
            jobs.stop(job.number)
    wait_until(lambda: not any(job.is_alive for job in jobs.jobs()))


def wait_until(condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.05)


def serves(job):
    return "labeling page" in job.output()


def test_a_command_that_fails_says_why(queue):
    job = queue.start(["run", "--plan"], "plan")
    wait_until(lambda: job.state == "failed")
    assert "no such recipe" in job.output()
    with pytest.raises(JobError, match="failed already"):
        queue.stop(job.number)


def test_work_waits_for_its_turn_and_a_stopped_job_goes_on_from_its_command(queue):
    first = queue.start(SERVE, "first")
    wait_until(lambda: serves(first))
    second = queue.start(["runs"], "second")
    time.sleep(0.6)
    assert (first.state, second.state) == ("running", "waiting")
    queue.stop(first.number)
    wait_until(lambda: first.state == "stopped" and second.state in ("done", "failed"))
    queue.resume(first.number)
    wait_until(lambda: serves(first))
    assert first.state == "running"


def test_a_waiting_job_can_be_stopped_and_never_runs(queue):
    first = queue.start(SERVE, "first")
    second = queue.start(["runs"], "second")
    queue.stop(second.number)
    wait_until(lambda: second.state == "stopped")
    assert second.output() == ""
    assert first.is_alive


def test_a_command_whose_worker_was_killed_counts_as_running_and_can_be_stopped(queue):
    job = queue.start(SERVE, "page")
    wait_until(lambda: serves(job))
    (worker,) = (one for one in psutil.process_iter(["cmdline"]) if str(job.folder) in (one.info["cmdline"] or []))
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: not job.has_worker)
    assert job.state == "running"
    queue.stop(job.number)
    wait_until(lambda: job.state == "lost")
    assert queue.resume(job.number).state in ("waiting", "running")


def test_pages_do_not_wait(queue):
    page = queue.start(SERVE, "page", "page")
    work = queue.start(["runs"], "work")
    wait_until(lambda: work.state in ("done", "failed"))
    assert page.is_alive


def test_what_others_left_in_the_folder_is_no_job(queue):
    (queue.folder / "7").mkdir(parents=True)
    (queue.folder / "7" / "job.json").write_text('{"command": 3}')
    (queue.folder / ".lock").touch()
    assert queue.jobs() == ()
    with pytest.raises(JobError, match="job 7: there is none"):
        queue.find(7)


def test_progress_is_read_as_it_was_written_and_damage_is_no_error(tmp_path):
    recorder = Recorder(tmp_path / PROGRESS)
    with recorder.stage("render", 4, "pictures") as advance:
        advance(4, "000003.png")
        recorder.say("drawn by scalar_rgb")
    record = read_record(tmp_path / PROGRESS)
    assert [(stage.name, stage.done, stage.total) for stage in record.stages] == [("render", 4, 4)]
    assert record.stages[0].ended_s is not None
    assert record.said == ("drawn by scalar_rgb",)
    (tmp_path / PROGRESS).write_text('{"stages": [{"name"')
    assert read_record(tmp_path / PROGRESS) is None
