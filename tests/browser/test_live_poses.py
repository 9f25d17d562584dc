"""Outlines on the live page: a film of renders whose poses are known, the real poser, real Chromium."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageColor

from partsight.deploy.overlay import class_color
from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.pose.optics import read_calibration
from partsight.structures.detections import Detections
from partsight.web.access import Access
from tests.unit.deploy.live.scene import NAMES, running
from tests.unit.deploy.live.shaped import shaped_model
from tests.unit.photos.videos import write_video
from tests.unit.pose.scenes import INTRINSICS, block_part, picture_of

from .chromium import BROWSER, open_browser, open_tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NUM_VIEWS, FRAMES_EACH = 5, 8


class ViewDetector:
    """Knows the box of each view of the film, and tells the views apart by their pixels."""

    class_names = NAMES

    def __init__(self, views):
        self.views = views

    def detect(self, images, min_score, max_detections):
        assert min_score <= 0.9
        assert max_detections >= 1
        return [Detections(self._box(image)[None], [0.9], [0]) for image in images]

    def _box(self, image):
        differences = [np.abs(image.astype(int) - view).mean() for view, _, _ in self.views]
        return self.views[int(np.argmin(differences))][1]


@pytest.fixture(scope="module")
def views():
    """The part from a camera that goes around it."""
    return [picture_of(block_part(), (0.5 + 0.02 * n, -0.4 + 0.02 * n, 0.35)) for n in range(NUM_VIEWS)]


@pytest.fixture
def live(views, tmp_path):
    there_and_back = [*range(NUM_VIEWS), *reversed(range(NUM_VIEWS))]
    frames = [views[n][0] for n in there_and_back for _ in range(FRAMES_EACH)]
    film = write_video(tmp_path / "film.mp4", frames)
    model = replace(shaped_model(tmp_path / "model"), detector=ViewDetector(views))
    job = LiveJob(model, str(film), Access(), loops=True, has_poses=True, calibration=calibration(tmp_path))
    with running(open_live(job, print)) as server:
        yield server


def calibration(folder: Path):
    width, height = INTRINSICS.size_wh
    x, y = INTRINSICS.principal_point_px
    stated = {"width": width, "height": height, "cx": x - 0.5, "cy": y - 0.5}
    (folder / "camera.json").write_text(json.dumps({**stated, **dict.fromkeys(("fx", "fy"), INTRINSICS.focal_px)}))
    return read_calibration(folder / "camera.json")


def colored(tab):
    """Return how many pixels have the color of its class."""
    return tab.value(
        f"""(color => {{
          const canvas = document.getElementById('stage');
          const {{ data }} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let at = 0; at < data.length; at += 4) if (color.every((one, n) => Math.abs(data[at + n] - one) < 12)) count += 1;
          return count;
        }})({json.dumps(ImageColor.getrgb(class_color(0)))})"""
    )


def test_the_outline_of_the_cad_model_is_drawn_told_in_numbers_and_can_be_switched_off(live, views, tmp_path_factory):
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on the PATH")
    with (
        open_browser(BROWSER, tmp_path_factory.mktemp("profile")) as port,
        open_tab(port, live.link) as tab,
    ):
        tab.wait("document.body?.dataset.poses === '1'", 60)
        tab.wait("document.body.dataset.poses === '1' && (document.getElementById('freeze').click(), true)")
        told = tab.value("document.querySelector('#parts .pose').textContent")
        note = tab.value("document.getElementById('pose-note').textContent")
        with_outline = colored(tab)
        tab.value("document.getElementById('outlines').click()")
        tab.wait("document.body.dataset.poses === '0'")
        without = colored(tab)
        tab.key("o")
        tab.wait("document.body.dataset.poses === '1'")
        assert colored(tab) == with_outline
    assert with_outline > 1.3 * without, "edges lie inside of the box"
    x, y, z = (float(value.replace("−", "-")) for value in re.findall(r"[xyz] (−?\d+)", told))
    distances = [np.linalg.norm(np.array([x, y, z]) - 1000 * truth[:3, 3]) for _, _, truth in views]
    assert min(distances) < 30, told
    assert re.match(r"Outlines: \d+\.\d poses/s, up to \d+ ms older than the picture\.$", note), note
