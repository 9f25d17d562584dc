"""Every server of a page bears a crowd: the live page and the labeling page, with few file descriptors."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest
from PIL import Image as PillowImage

from tests.unit.deploy.live.scene import color_model, film
from tests.unit.photos.videos import RATE, write_video
from tests.unit.web.served import crowd_at

FEW_FILES = 200
LIMIT = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({FEW_FILES}, {FEW_FILES})); "
LIVE = """
from pathlib import Path
from partsight.web.access import Access
from partsight.deploy.model import Model
from partsight.deploy.model_folder import read_model_folder
from partsight.pipeline.delivery.live import LiveJob, open_live
from tests.unit.deploy.live.scene import ColorDetector
import sys
model = Model(read_model_folder(Path(sys.argv[1])), ColorDetector())
live = open_live(LiveJob(model, sys.argv[2], Access(), loops=True), print)
print("page:", live.link, flush=True)
live.run()
"""
LABEL = """
import sys
from partsight.cli.app import run
run(["photos", "label", "--photos", sys.argv[1], "--classes", "part", "--no-open", "--no-detector"])
"""


@pytest.fixture
def live_command(tmp_path):
    color_model(tmp_path / "model")
    path = write_video(tmp_path / "film.mp4", film(2 * RATE))
    return [sys.executable, "-c", LIMIT + LIVE, str(tmp_path / "model"), str(path)]


@pytest.fixture
def label_command(tmp_path):
    (tmp_path / "photos" / "to_label").mkdir(parents=True)
    PillowImage.new("RGB", (64, 48)).save(tmp_path / "photos" / "to_label" / "a.png")
    return [sys.executable, "-c", LIMIT + LABEL, str(tmp_path / "photos")]


@contextmanager
def running(command, out):
    """Run a server; give its link."""
    environment = {**os.environ, "COLUMNS": "500"}
    with out.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT, env=environment)
    try:
        end = time.monotonic() + 60
        while "page: " not in out.read_text():
            assert process.poll() is None, out.read_text()
            assert time.monotonic() < end
            time.sleep(0.1)
        yield next(line for line in out.read_text().splitlines() if "page: " in line).split("page: ")[1]
    finally:
        process.kill()
        process.wait()


@pytest.mark.slow
@pytest.mark.parametrize("page", ["live", "label"])
def test_a_page_is_answered_beside_an_idle_crowd(page, request, tmp_path):
    out = tmp_path / "out"
    with (
        running(request.getfixturevalue(f"{page}_command"), out) as link,
        httpx.Client(follow_redirects=True) as client,
    ):
        port = httpx.URL(link).port
        assert client.get(link).status_code == 200
        with crowd_at(port, 400, b"GET / HTTP/1.1\r\nHost: x\r\n"):
            for _ in range(10):
                started_s = time.monotonic()
                assert client.get(link).status_code == 200
                assert time.monotonic() - started_s < 5
    assert "Traceback" not in out.read_text()
