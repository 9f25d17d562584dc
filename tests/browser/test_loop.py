"""The loop of the hall: a wrong frame is kept, corrected, taken into training, judged, and the live page uses what was learned."""

from importlib.util import find_spec

import numpy as np
import pytest
import trimesh
from PIL import Image

from partsight.config.loading import read_recipe
from partsight.deploy.model import load
from partsight.pipeline.delivery import export
from partsight.pipeline.delivery.export import ExportPlan, export_model
from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.photo_folders import photos_folder
from partsight.pipeline.photos.snapshots import SnapshotKeeper
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.waiting_photos import add_to_training, find_waiting
from partsight.progress import Silence
from partsight.web.access import Access
from tests.unit.deploy.live.scene import SIZE_WH, film, running, square_box
from tests.unit.photos.videos import RATE, write_video

from .chromium import BROWSER, open_browser, open_tab, wait_for
from .test_label_flow import served
from .test_label_page import draw, ready, saved
from .test_live_page import click, text

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLASS = "magnet"
SESSION = "live-monday"
RECIPE = """
name = "hall"
seed = 3
[parts]
magnet = { files = ["magnet.stl"] }
[photos]
folder = "photos"
validation = ["tuesday"]
test = ["wednesday"]
[render]
count = 4
width = 64
height = 64
samples_per_pixel = 1
variant = "scalar_rgb"
workers = 1
[train]
family = "compact"
model = "lite0"
weights = "scratch"
image_size = 96
epochs = 1
batch = 2
finetune = { epochs = 2, pictures = 4 }
[verify]
enabled = false
[evaluate]
bootstrap = 50
"""


@pytest.fixture
def hall(tmp_path):
    """A recipe without training photos, a film, and labeled frames of it on other days, which validate and test."""
    trimesh.creation.box((40, 30, 20)).export(tmp_path / "magnet.stl")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    write_video(tmp_path / "film.mp4", film(RATE))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "classes.txt").write_text(f"{CLASS}\n")
    for session, first in (("tuesday", 3), ("wednesday", 8)):
        for number, frame in enumerate(film(first + 2)[first:], first):
            add_labeled(tmp_path / "photos", f"{session}/{number}", frame, square_box(number))
    return tmp_path


def add_labeled(photos, key, frame, box):
    for kind in ("images", "labels"):
        (photos / kind / key).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(frame).save(photos / "images" / f"{key}.png")
    left, top, right, bottom = np.divide(box, SIZE_WH * 2)
    line = f"0 {(left + right) / 2:.6f} {(top + bottom) / 2:.6f} {right - left:.6f} {bottom - top:.6f}\n"
    (photos / "labels" / f"{key}.txt").write_text(line)


def deliver(folder):
    """Train what is not trained, write the report and the model folder; return the report's text."""
    recipe = read_recipe(folder / "recipe.toml")
    experiment = Experiment(recipe, Workspace(folder / "runs"), Silence())
    page = experiment.report().read_text()
    export_model(experiment, ExportPlan((), folder / "model", threshold=0.0))
    return page


def states(folder):
    """Return the titles of stages that are still to be made."""
    experiment = Experiment(read_recipe(folder / "recipe.toml"), Workspace(folder / "runs"), Silence())
    return [stage.title for stage in experiment.plan().stages if stage.state != "found"]


def test_a_wrong_frame_makes_the_next_detector_and_the_open_page_uses_it(tmp_path, hall, monkeypatch):
    if BROWSER is None or find_spec("torch") is None or find_spec("onnx") is None:
        pytest.skip("no Chromium, or the extra [compact] is not installed")
    monkeypatch.setattr(export, "_time", lambda *_: ())  # speed and parity are rules of other tests, and all
    monkeypatch.setattr(export, "check_parity", lambda _: None)  # scores of so little training are nearly the same
    assert "Since the evaluation before" not in deliver(hall), "the first one has none before"
    said = []
    job = LiveJob(
        load(hall / "model", runtime="onnx", threads=1),
        str(hall / "film.mp4"),
        Access(),
        loops=True,
        keeper=SnapshotKeeper(photos_folder(None, hall / "recipe.toml"), SESSION),
        load=lambda: load(hall / "model", runtime="onnx", threads=1),
    )
    with (
        open_browser(BROWSER, tmp_path / "profile") as browser,
        running(open_live(job, said.append)) as server,
        open_tab(browser, server.link) as live,
    ):
        live.wait("Number(document.body?.dataset.parts) > 0", 30)
        live.key("k")
        live.wait("!document.getElementById('toast').hidden")
        assert "kept" in text(live, "toast").lower()
        correct(browser, hall)
        waiting = find_waiting(read_recipe(hall / "recipe.toml"), hall / "photos")
        assert waiting.unused == ((SESSION, 1),), "what was corrected is offered for training"
        add_to_training(hall / "recipe.toml", [SESSION])
        assert states(hall) == ["dataset", "photos", "evaluate", "report"], "renders and first stage stay"
        page = deliver(hall)
        assert "Since the evaluation before, on the same pictures: mAP50" in page
        assert said == [], "a page that is open goes on with what it has"
        live.send("Page.reload")
        wait_for(lambda: any("exported anew is used" in line for line in said), 20)
        live.wait("Number(document.body?.dataset.parts) > 0", 30)
    assert states(hall) == []


def correct(browser, hall):
    """Draw what is there, and leave the nonsense that was proposed."""
    with served(hall / "photos", (CLASS,)) as link, open_tab(browser, link) as tab:
        tab.wait("location.hash.includes('live-monday')", 20)
        key = tab.value("decodeURIComponent(location.hash.slice(1))")
        ready(tab, key)
        draw(tab, (20, 120, 80, 180))
        tab.key("d")
        tab.wait("document.getElementById('ask').open || document.body.dataset.state === 'done'")
        is_asked = tab.value("document.getElementById('ask').open")
        if is_asked:  # not where the new box covers all that was proposed
            click(tab, "#ask-yes")
        saved(tab)
        tab.wait("document.body.dataset.state === 'done'")
