"""What the commands say of the photos stands beside them: real Chromium, the real check as a job."""

import shutil

import numpy as np
import pytest
import trimesh

from partsight.config.loading import read_recipe
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.photo_answers import keep_drawing, keeping
from partsight.pipeline.portraits import encode_png
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence

from .chromium import open_tab
from .realistic import realistic_pictures
from .test_app import SIZES, app, broken_rules, end_pages, go
from .test_label_page import ready

pytestmark = pytest.mark.browser

SAID = "[aria-label='What looks wrong'] li"
SHOWN = "document.querySelector('.side img')?.complete && document.querySelector('.side img').naturalWidth"
REMARK = "cube: from which side your photos show it is estimated by its shape."


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Two labeled sessions that share a picture, and what `photos suggest` said of them."""
    folder = tmp_path_factory.mktemp("app") / "bench"
    (folder / "cad").mkdir(parents=True)
    trimesh.creation.box((40, 30, 20)).export(folder / "cad" / "cube.stl")
    photos = '[photos]\nfolder = "photos"\ntrain = ["monday"]\nvalidation = ["tuesday"]\n'
    (folder / "recipe.toml").write_text(f'preset = "hand"\n[parts]\ncube.files = ["cad/cube.stl"]\n{photos}')
    images = folder / "photos" / "images"
    realistic_pictures(images / "monday", 2)
    shutil.copytree(images / "monday", images / "tuesday")
    for picture in images.rglob("*.*"):
        path = folder / "photos" / "labels" / picture.relative_to(images).with_suffix(".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("0 0.5 0.5 0.4 0.4\n")
    (folder / "photos" / "classes.txt").write_text("cube\n")
    keep_suggestions(folder)
    return folder


def keep_suggestions(folder):
    workspace = Workspace(folder / "runs")
    drawing = keep_drawing(workspace, encode_png(np.full((160, 160, 3), 200, np.uint8)))
    drawings = [{"side": f"from the {side}", "picture": drawing} for side in ("back", "left and below", "front right")]
    wishes = [f"cube {one['side']}, small in the picture (stand 0.2 to 0.5 m away)" for one in drawings]
    part = {"name": "cube", "remark": REMARK, "sentences": wishes, "drawings": drawings}
    with keeping(Experiment(read_recipe(folder / "recipe.toml"), workspace, Silence()), "suggest") as answer:
        answer.update(parts=[part], unsure=[{"photo": "monday/0000.png", "doubt": 0.8}])


@pytest.fixture(scope="module")
def link(project):
    with app(project) as link:
        yield link
    end_pages(project)


@pytest.mark.parametrize(("dark", "size"), [(False, "laptop"), (True, "tablet")], ids=["light", "dark"])
def test_what_the_commands_say_is_beside_the_photos_and_readable(browser, link, dark, size):
    """The check starts by itself; the missing sides are drawn, the photos that are meant have buttons."""
    with open_tab(browser, link, size_wh=SIZES[size], dark=dark) as tab:
        tab.wait("document.querySelector('main h2')")
        go(tab, "photos")
        tab.wait(f'document.querySelector("{SAID} button")', 90)
        tab.wait(SHOWN)
        told = tab.value("document.querySelector('main').innerText")
        assert "same picture in two sessions" in told
        assert "Take cube from the back" in told
        assert REMARK in told
        assert not any(word in told for word in ("null", "undefined", "have changed since"))
        assert tab.value("document.documentElement.scrollWidth <= innerWidth")
        assert broken_rules(tab) == []


def test_a_photo_that_is_meant_opens_on_the_labeling_page(browser, project, link):
    with open_tab(browser, link, size_wh=SIZES["laptop"]) as tab:
        tab.wait("document.querySelector('main h2')")
        tab.value("window.open = (address) => { window.opened = address; }; undefined")
        go(tab, "photos")
        tab.wait(f'document.querySelector("{SAID} button")', 90)
        key = tab.value(f'document.querySelector("{SAID} button").textContent')
        assert (project / "photos" / "images" / key).is_file()
        tab.value(f'document.querySelector("{SAID} button").click()')
        tab.wait("window.opened", 95)
        with open_tab(browser, tab.value("window.opened")) as labels:
            ready(labels, key)


def test_a_changed_label_is_looked_at_again_and_old_advice_says_that_it_is_old(browser, project, link):
    with open_tab(browser, link, size_wh=SIZES["laptop"]) as tab:
        tab.wait("document.querySelector('main h2')")
        go(tab, "photos")
        tab.wait(f'document.querySelector("{SAID}")', 90)
        label = next((project / "photos" / "labels" / "monday").iterdir())
        label.write_text("0 0.5 0.5 0.005 0.4\n")
        go(tab, "parts")
        go(tab, "photos")
        tab.wait("document.querySelector('main')?.innerText.includes('tiny boxes')", 90)
        assert "have changed since" in tab.value("document.querySelector('main').innerText")
