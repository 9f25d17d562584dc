"""The labeling page as a person uses it: real Chromium, the real command, real files."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image as PillowImage

from partsight.config.sections.photos import PhotosSection
from partsight.dataset.photos import read_photos
from partsight.files import read_json, write_json

from .chromium import open_tab, wait_for
from .realistic import NAMES, realistic_pictures

pytestmark = pytest.mark.browser

SHIFT = 8


class Page:
    """A photos folder of four pictures, the command that serves it, and a browser."""

    def __init__(self, folder, browser_port):
        self.folder, self.browser_port = folder, browser_port
        self.server, self.link = None, ""

    def serve(self, port=0):
        command = [sys.executable, "-m", "partsight", "photos", "label", "--photos", str(self.folder), "--no-open"]
        command += ["--classes", ",".join(NAMES), "--port", str(port)]
        environment = {**os.environ, "COLUMNS": "500"}
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=self.folder, env=environment)
        self.link = next(line for line in self.server.stdout if "labeling page" in line).split("page: ")[1].strip()

    def kill(self):
        self.server.send_signal(signal.SIGKILL)
        self.server.wait(10)
        self.server.stdout.close()

    def tab(self, **options):
        return open_tab(self.browser_port, self.link, **options)

    def dataset(self):
        return read_photos(PhotosSection(folder=self.folder), NAMES)


@pytest.fixture
def page(tmp_path, browser):
    realistic_pictures(tmp_path / "to_label" / "monday", 4)
    page = Page(tmp_path, browser)
    page.serve()
    yield page
    page.kill()


def ready(tab, key="monday/0000.jpg"):
    tab.wait(f"document.body?.dataset.key === {json.dumps(key)} && document.getElementById('board').dataset.view")


def on_screen(tab, x, y):
    """Return where a pixel of the photo is on the screen."""
    scale, left, top = json.loads(tab.value("document.getElementById('board').dataset.view"))
    place = tab.value("(({x, y}) => [x, y])(document.getElementById('board').getBoundingClientRect())")
    return place[0] + left + x * scale, place[1] + top + y * scale


def draw(tab, box):
    tab.drag(on_screen(tab, *box[:2]), on_screen(tab, *box[2:]))


def boxes(tab):
    return json.loads(
        tab.value("JSON.stringify([...document.querySelectorAll('.box')].map(b => JSON.parse(b.dataset.box)))")
    )


def saved(tab):
    tab.wait("document.getElementById('saved').textContent === 'all saved'")


def text(tab, element):
    return tab.value(f"document.getElementById('{element}').textContent")


def done(tab):
    """Nothing is asked where nothing is missing."""
    tab.key("d")


def test_a_drawn_box_with_its_class_key_becomes_a_label_that_training_reads(page):
    with page.tab() as tab:
        ready(tab)
        draw(tab, (100, 80, 300, 240))
        tab.key("3")
        saved(tab)
        assert not (page.folder / "labels").exists(), "a photo that nobody called done counts nowhere"
        done(tab)
        ready(tab, "monday/0001.jpg")
    (sample,) = page.dataset().samples
    assert sample.boxes_xyxy[0] == pytest.approx((100, 80, 300, 240), abs=1.5)
    assert NAMES[sample.class_ids[0]] == NAMES[2]
    assert sample.session == "monday"


def test_undo_takes_back_a_box_and_redo_brings_it_again(page):
    with page.tab() as tab:
        ready(tab)
        draw(tab, (100, 80, 300, 240))
        tab.key("z")
        assert boxes(tab) == []
        tab.key("y")
        assert len(boxes(tab)) == 1


def test_corners_of_an_outline_are_moved_and_the_outline_goes_with_its_box(page):
    outline = [[100, 80], [300, 80], [200, 240]]
    draft = {"intent": "keep", "boxes": [{"class": NAMES[2], "box": [100, 80, 300, 240], "outline": outline}]}
    write_json(page.folder / "drafts" / "monday" / "0000.jpg.json", draft)
    with page.tab() as tab:
        ready(tab)
        tab.drag(on_screen(tab, 200, 130), on_screen(tab, 200, 130))  # a click: the box is chosen
        tab.drag(on_screen(tab, 200, 240), on_screen(tab, 220, 280))
        assert boxes(tab)[0] == pytest.approx([100, 80, 300, 280], abs=2.5)
        tab.drag(on_screen(tab, 200, 130), on_screen(tab, 230, 150))
        saved(tab)
        kept = read_json(page.folder / "drafts" / "monday" / "0000.jpg.json")["boxes"][0]["outline"]
        np.testing.assert_allclose(kept, [[130, 100], [330, 100], [250, 300]], atol=3)
        tab.drag(on_screen(tab, *boxes(tab)[0][2:]), on_screen(tab, 400, 340))
        saved(tab)
        assert "outline" not in read_json(page.folder / "drafts" / "monday" / "0000.jpg.json")["boxes"][0]
        tab.key("z")
        done(tab)
        ready(tab, "monday/0001.jpg")
    (sample,) = page.dataset().samples
    np.testing.assert_allclose(sample.outlines[0], kept, atol=0.01)


def test_boxes_are_moved_resized_nudged_and_deleted(page):
    with page.tab() as tab:
        ready(tab)
        draw(tab, (100, 80, 300, 240))
        tab.drag(on_screen(tab, 200, 160), on_screen(tab, 230, 170))
        assert boxes(tab)[0] == pytest.approx([130, 90, 330, 250], abs=2.5)
        tab.drag(on_screen(tab, *boxes(tab)[0][2:]), on_screen(tab, 400, 300))
        assert boxes(tab)[0][2:] == pytest.approx([400, 300], abs=2.5)
        left = boxes(tab)[0][0]
        tab.key("ArrowRight", SHIFT)
        assert boxes(tab)[0][0] == pytest.approx(left + 1)
        tab.key("Delete")
        assert boxes(tab) == []


def test_nothing_here_makes_a_negative(page):
    with page.tab() as tab:
        ready(tab)
        tab.key("n")
        ready(tab, "monday/0001.jpg")
        saved(tab)
    (sample,) = page.dataset().samples
    assert len(sample.class_ids) == 0


def test_what_was_drawn_is_there_after_a_reload(page):
    with page.tab() as tab:
        ready(tab)
        draw(tab, (100, 80, 300, 240))
        saved(tab)
        before = boxes(tab)
        tab.value("window.isOld = true")
        tab.send("Page.reload")
        tab.wait("!window.isOld && document.querySelectorAll('.box').length === 1")
        assert boxes(tab)[0] == pytest.approx(before[0])


def test_the_second_tab_is_told_and_overwrites_nothing(page):
    with page.tab() as first:
        ready(first)
        with page.tab() as second:
            ready(second)
            first.send("Page.bringToFront")
            draw(first, (100, 80, 300, 240))
            saved(first)
            second.send("Page.bringToFront")
            draw(second, (400, 80, 500, 200))
            second.wait("document.getElementById('notice').textContent.includes('another tab')")
            second.wait("document.querySelectorAll('.box:not(.proposal)').length === 1")
            assert boxes(second)[0] == pytest.approx(boxes(first)[0])


def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_acknowledged(page):
    port = int(page.link.split(":")[2].split("/")[0])
    with page.tab() as tab:
        ready(tab)
        draw(tab, (100, 80, 300, 240))
        saved(tab)
        acknowledged = boxes(tab)
        tab.key("ArrowRight", SHIFT)
        page.kill()
        page.serve(port)
        with page.tab() as again:
            again.wait("document.querySelectorAll('.box').length === 1")
            assert boxes(again)[0] == pytest.approx(acknowledged[0], abs=1.01)
    assert not list(page.folder.rglob("*.txt.*")), "nothing half-written"


def test_before_done_the_page_asks_for_classes_seen_elsewhere_in_the_session(page):
    with page.tab() as tab:
        ready(tab)
        tab.key("ArrowRight")
        ready(tab, "monday/0001.jpg")
        draw(tab, (100, 80, 300, 240))
        tab.key("2")
        done(tab)
        saved(tab)
        first = json.dumps("monday/0000.jpg")  # boxes are carried on to later photos only
        tab.value(f"document.body.dataset.key = ''; location.hash = {first}; location.reload()")
        ready(tab)
        draw(tab, (100, 80, 300, 240))
        tab.key("1")
        tab.key("d")
        tab.wait("document.getElementById('ask').open")
        assert NAMES[1] in tab.value("document.querySelector('.missing').textContent")
        tab.value("document.getElementById('ask-no').click()")
        assert tab.value("document.body.dataset.state") == "open"


def test_boxes_of_the_photo_before_are_proposed_and_count_only_when_accepted(page):
    shutil.copy(page.folder / "to_label/monday/0000.jpg", page.folder / "to_label/monday/0001.jpg")
    with page.tab() as tab:
        ready(tab)
        draw(tab, (100, 80, 300, 240))
        saved(tab)
        tab.key("ArrowRight")
        ready(tab, "monday/0001.jpg")
        tab.wait("document.querySelectorAll('.box.proposal').length === 1")
        assert not (page.folder / "drafts/monday/0001.jpg.json").exists()
        tab.key("a")
        saved(tab)
        assert boxes(tab)[0] == pytest.approx([100, 80, 300, 240], abs=3)


def test_a_box_drawn_over_a_proposal_takes_its_place_and_class(page):
    with proposed(page) as tab:
        tab.key("2")  # the class of boxes drawn elsewhere
        draw(tab, (110, 90, 305, 245))
        saved(tab)
        assert tab.value("document.querySelectorAll('.box.proposal').length") == 0
        (entry,) = json.loads((page.folder / "drafts/monday/0001.jpg.json").read_text())["boxes"]
        assert entry["class"] == NAMES[0]
        assert entry["box"] == pytest.approx([110, 90, 305, 245], abs=3)


def test_a_dismissed_proposal_stays_away_after_a_reload(page):
    with proposed(page) as tab:
        tab.value("document.querySelector('.box.proposal').click()")
        tab.key("Delete")
        tab.wait("document.querySelectorAll('.box.proposal').length === 0")
        tab.value("document.body.dataset.key = 'before the reload'; location.reload()")
        ready(tab, "monday/0001.jpg")
        tab.wait("performance.getEntriesByType('resource').some(one => /proposals.*0001/.test(one.name))")
        time.sleep(0.3)
        assert tab.value("document.querySelectorAll('.box.proposal').length") == 0


@contextmanager
def proposed(page):
    """A tab that shows the second photo, with one proposal: the box of the first."""
    shutil.copy(page.folder / "to_label/monday/0000.jpg", page.folder / "to_label/monday/0001.jpg")
    with page.tab() as tab:
        ready(tab)
        draw(tab, (100, 80, 300, 240))
        saved(tab)
        tab.key("ArrowRight")
        ready(tab, "monday/0001.jpg")
        tab.wait("document.querySelectorAll('.box.proposal').length === 1")
        yield tab


def test_one_finger_draws_and_two_fingers_zoom(page):
    with page.tab(size_wh=(1024, 768), touch=True) as tab:
        ready(tab)
        start, end = on_screen(tab, 100, 80), on_screen(tab, 300, 240)
        tab.touch("touchStart", start)
        tab.touch("touchMove", end)
        tab.touch("touchEnd")
        assert len(boxes(tab)) == 1
        before = json.loads(tab.value("document.getElementById('board').dataset.view"))[0]
        x, y = on_screen(tab, 320, 240)
        tab.touch("touchStart", (x - 40, y), (x + 40, y))
        tab.touch("touchMove", (x - 120, y), (x + 120, y))
        tab.touch("touchEnd")
        assert json.loads(tab.value("document.getElementById('board').dataset.view"))[0] == pytest.approx(
            3 * before, rel=0.1
        )
        assert len(boxes(tab)) == 1, "a pinch draws nothing"


@pytest.mark.parametrize(("size_wh", "dark"), [((1280, 800), False), ((820, 1180), True)])
def test_nothing_is_cut_off_on_desktop_and_tablet(page, size_wh, dark, tmp_path):
    with page.tab(size_wh=size_wh, dark=dark) as tab:
        ready(tab)
        draw(tab, (100, 80, 300, 240))
        tab.screenshot(tmp_path / "page.png")
        assert tab.value("document.documentElement.scrollWidth") <= size_wh[0]
        assert tab.value("document.documentElement.scrollHeight") <= size_wh[1]
    with PillowImage.open(tmp_path / "page.png") as shot:
        assert (sum(shot.convert("RGB").getpixel((size_wh[0] - 3, size_wh[1] - 3))) < 200) == dark


def test_without_the_token_nothing_is_shown(page):
    with open_tab(page.browser_port, "about:blank") as tab:
        tab.send("Network.clearBrowserCookies")
        tab.send("Page.navigate", url=page.link.split("?")[0])
        wait_for(lambda: "open the link" in (tab.value("document.body?.textContent") or ""), 10)
