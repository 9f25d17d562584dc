"""Photos from a phone: what is sent is in the photos folder, whatever is killed meanwhile, and nobody else can send."""

import io
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import httpx
import numpy as np
import pytest
from PIL import Image as Pillow

from partsight.pipeline.photos.receive import RECEIVED
from tests.unit.jobs.test_queue import wait_until


def photo(seed):
    pixels = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), np.uint8)
    buffer = io.BytesIO()
    Pillow.fromarray(pixels).resize((240, 180)).save(buffer, "JPEG")
    return buffer.getvalue()


@contextmanager
def receiving(folder):
    """The command, and a browser that has opened its link."""
    command = [sys.executable, "-m", "partsight", "photos", "receive", "--session", "monday", "--host", "127.0.0.1"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            link = re.search(r"http\S+", process.stdout.readline()).group()
            with httpx.Client(base_url=link.partition("/?")[0], timeout=30) as phone:
                phone.get(link, follow_redirects=True)
                yield process, phone
        finally:
            process.kill()


def stop(process):
    process.send_signal(signal.SIGINT)
    assert process.wait(30) in (0, 130)


def test_what_a_phone_sends_is_in_the_session(tmp_path):
    with receiving(tmp_path) as (process, phone):
        for number in range(2):
            assert phone.post("/files", params={"name": f"IMG_{number}.jpg"}, content=photo(number)).status_code == 200
        assert phone.post("/files", params={"name": "notes.txt"}, content=b"hello").status_code == 200
        wait_until(lambda: phone.get("/state").json()["waiting"] == 0)
        state = phone.get("/state").json()
        stop(process)
    assert (state["received"], state["pictures"], len(state["problems"])) == (3, 2, 1)
    assert "notes.txt" in state["problems"][0]
    assert len(list((tmp_path / "photos" / "to_label" / "monday").glob("*.jpg"))) == 2


def test_without_the_link_nobody_sends_or_sees(tmp_path):
    with receiving(tmp_path) as (process, phone):
        stranger = httpx.Client(base_url=phone.base_url)
        assert stranger.get("/state").status_code == 401
        assert stranger.post("/files", params={"name": "a.jpg"}, content=photo(0)).status_code == 401
        stranger.close()
        stop(process)
    assert not (tmp_path / "photos" / RECEIVED).exists()


def test_what_a_killed_run_had_received_is_taken_up_by_the_next(tmp_path):
    left = tmp_path / "photos" / RECEIVED / "monday"
    left.mkdir(parents=True)
    (left / "IMG_7.jpg").write_bytes(photo(7))
    (left / ".IMG_8.jpg.partial").write_bytes(photo(8)[:100])
    with receiving(tmp_path) as (process, phone):
        wait_until(lambda: phone.get("/state").json()["pictures"] == 1)
        stop(process)
    assert not (left / "IMG_7.jpg").exists()


@pytest.mark.parametrize("session", ["a/b"])
def test_a_session_that_names_no_folder_is_told(tmp_path, session):
    command = [sys.executable, "-m", "partsight", "photos", "receive", "--session", session, "--host", "127.0.0.1"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
