"""Labeling without loss and without ceremony: what is undone after the jump, what is asked, how photos are found."""

import json
import threading
from contextlib import contextmanager

import pytest

from partsight.errors import StorageError
from partsight.labels.kept_proposals import write_proposals
from partsight.labels.label import Label
from partsight.labels.photo_labels import Proposal
from partsight.labels.store import open_label_store
from partsight.photos.label_page.server import make_app
from partsight.pipeline.photos.proposals import PhotoProposer
from partsight.web.access import Access
from partsight.web.serving import listen, page_server

from .chromium import open_tab, wait_for
from .realistic import NAMES, realistic_pictures
from .test_label_page import boxes, draw, ready, saved, text

pytestmark = pytest.mark.browser

SURE, UNSURE = Label((100.0, 80.0, 300.0, 240.0), NAMES[0]), Label((400.0, 80.0, 500.0, 200.0), NAMES[1])
FIRST, SECOND = "monday/0000.jpg", "monday/0001.jpg"


class Desk:
    def __init__(self, folder, browser_port, link):
        self.folder, self.browser_port, self.link = folder, browser_port, link
        self.store = open_label_store(folder, NAMES)

    def tab(self, **options):
        return open_tab(self.browser_port, self.link, **options)

    def state(self, key):
        labels = self.store.read(key)
        return labels.state, len(labels.boxes)


@pytest.fixture
def desk(tmp_path, browser):
    """Three photos of Monday, the first with two proposals, and one of Tuesday; the page's server in this process."""
    realistic_pictures(tmp_path / "to_label/monday", 3)
    realistic_pictures(tmp_path / "to_label/tuesday", 1)
    write_proposals(tmp_path, FIRST, [Proposal(SURE, 0.93, "live"), Proposal(UNSURE, 0.41, "live")])
    with served(tmp_path) as link:
        yield Desk(tmp_path, browser, link)


@contextmanager
def served(folder, names=NAMES):
    store = open_label_store(folder, names)
    listener = listen("127.0.0.1", 0)
    access = Access(port=listener.getsockname()[1], page="label")
    server = page_server(make_app(store, PhotoProposer(store, None), access), listener, say=print)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: server.has_started, 10)
        yield f"http://127.0.0.1:{access.port}/"
    finally:
        server.stop()
        thread.join(10)


def proposed(tab, count=2):
    tab.wait(f"document.querySelectorAll('.box.proposal').length === {count}")


def strip(tab):
    return tab.value("[...document.querySelectorAll('#strip .photo .name')].map(one => one.textContent)")


def choose(tab, element, value):
    tab.value(
        f"(one => {{ one.value = {json.dumps(value)}; one.dispatchEvent(new Event(one.type === 'search' ? 'input' : 'change')); }})"
        f"(document.getElementById('{element}'))"
    )


def test_nothing_here_is_taken_back_after_the_jump_and_its_proposals_come_back(desk):
    with desk.tab() as tab:
        ready(tab, FIRST)
        proposed(tab)
        tab.key("n")
        ready(tab, SECOND)
        saved(tab)
        assert desk.state(FIRST) == ("nothing", 0)
        tab.key("z")
        ready(tab, FIRST)
        proposed(tab)
        saved(tab)
        assert desk.state(FIRST) == ("open", 0)
        tab.key("n")
        ready(tab, SECOND)
        tab.value("document.getElementById('hint-undo').click()")
        ready(tab, FIRST)
        proposed(tab)


def test_done_is_taken_back_with_all_that_was_drawn_and_after_a_reload_too(desk):
    with desk.tab() as tab:
        ready(tab, FIRST)
        proposed(tab)
        draw(tab, (520, 300, 600, 400))
        tab.key("g")
        ready(tab, SECOND)
        saved(tab)
        assert desk.state(FIRST) == ("done", 3)
        tab.key("z")
        ready(tab, FIRST)
        saved(tab)
        assert desk.state(FIRST) == ("open", 3)
        tab.key("z")
        proposed(tab)
        assert len(boxes(tab)) == 3, "the box that was drawn, and two proposals again"
        tab.key("g")
        ready(tab, SECOND)
        saved(tab)
        tab.value(f"document.body.dataset.key = ''; location.hash = {json.dumps(FIRST)}; location.reload()")
        ready(tab, FIRST)
        assert text(tab, "nothing") == "Open again"
        tab.key("n")
        saved(tab)
        assert desk.state(FIRST) == ("open", 3)


def test_done_with_open_proposals_offers_to_accept_them(desk):
    with desk.tab() as tab:
        ready(tab, FIRST)
        proposed(tab)
        tab.key("d")
        tab.wait("document.getElementById('ask').open")
        assert "2 proposed boxes" in text(tab, "ask-open")
        assert tab.value("document.getElementById('ask-yes').hidden"), "without any box it would be no done"
        tab.key("a")
        ready(tab, SECOND)
        saved(tab)
        assert desk.state(FIRST) == ("done", 2)
        proposed(tab)
        tab.key("Tab")
        tab.key("Delete")
        tab.key("Delete")
        proposed(tab, 0)
        draw(tab, (100, 80, 300, 240))
        tab.key("1")
        tab.key("d")
        tab.wait("document.getElementById('ask').open")
        assert NAMES[1] in text(tab, "ask-missing"), "seen in this session, but not here"
        tab.key("Enter")
        ready(tab, "monday/0002.jpg")


def test_a_proposal_shows_its_score_and_its_dismissal_can_be_undone(desk):
    with desk.tab() as tab:
        ready(tab, FIRST)
        proposed(tab)
        scores = tab.value("[...document.querySelectorAll('.box.proposal .quiet')].map(one => one.textContent)")
        assert scores == ["41 %", "93 %"], "the least sure one first"
        tab.key("Tab")
        tab.key("Delete")
        proposed(tab, 1)
        tab.key("Delete")
        proposed(tab, 0)
        tab.key("z")
        tab.key("z")
        proposed(tab, 2)
        assert desk.state(FIRST) == ("open", 0)
        assert not (desk.folder / "drafts").exists(), "looking at proposals labels nothing"


def test_photos_are_found_by_name_session_class_state_doubt_and_age(desk):
    with desk.tab() as tab:
        ready(tab, FIRST)
        tab.wait("document.querySelector('.state.proposed')")
        assert strip(tab) == ["0000.jpg", "0001.jpg", "0002.jpg", "0000.jpg"]
        choose(tab, "filter-state", "proposed")
        assert strip(tab) == ["0000.jpg"]
        choose(tab, "filter-state", "")
        choose(tab, "filter-session", "tuesday")
        assert strip(tab) == ["0000.jpg"]
        assert text(tab, "num-shown") == "1 of 4 photos"
        tab.value("document.getElementById('clear-filters').click()")
        choose(tab, "search", "0002")
        assert strip(tab) == ["0002.jpg"]
        tab.key("ArrowRight")
        ready(tab, "monday/0002.jpg")
        choose(tab, "search", "")
        choose(tab, "order", "newest")
        assert strip(tab)[0] == "0000.jpg"
        choose(tab, "order", "doubt")
        assert strip(tab)[0] == "0000.jpg"
        assert tab.value("document.querySelector('#strip .photo .quiet').textContent") == "2 ?"
        choose(tab, "filter-class", NAMES[2])
        assert strip(tab) == []
        assert not tab.value("document.getElementById('none-fits').hidden")


def test_thumbnails_are_small_and_kept(desk):
    with desk.tab() as tab:
        ready(tab, FIRST)
        tab.wait("[...document.querySelectorAll('#strip img')].every(one => one.naturalWidth > 0)")
        assert (
            tab.value("Math.max(...[...document.querySelectorAll('#strip img')].map(one => one.naturalWidth))") <= 160
        )
    assert len(list((desk.folder / ".thumbnails").iterdir())) == 4


def test_two_who_label_one_photo_are_told_and_the_second_loses_no_box(desk):
    with desk.tab() as first, desk.tab() as second:
        for tab in (first, second):
            tab.send("Page.bringToFront")
            ready(tab, FIRST)
        first.wait("!document.getElementById('shared').hidden", 12)
        first.send("Page.bringToFront")
        draw(first, (520, 300, 600, 400))
        saved(first)
        second.send("Page.bringToFront")
        draw(second, (20, 300, 90, 400))
        second.wait("document.getElementById('notice').textContent.includes('somebody else')")
        second.wait(
            "[...document.querySelectorAll('.box.proposal .quiet')].some(one => one.textContent.includes('your change'))"
        )
        assert desk.state(FIRST) == ("open", 1)
        second.key("n")
        assert desk.state(FIRST) == ("open", 1), "there are boxes"
        second.key("a")
        saved(second)
        assert desk.state(FIRST) == ("open", 4)


def test_a_full_disk_is_told_and_what_was_drawn_is_saved_once_it_can_be(desk, monkeypatch):
    def full(path, *_arguments):
        raise StorageError(f"{path}: No space left on device")

    with desk.tab() as tab:
        ready(tab, FIRST)
        proposed(tab)
        with monkeypatch.context() as patch:
            patch.setattr("partsight.labels.store.write_json", full)
            draw(tab, (520, 300, 600, 400))
            tab.wait("document.getElementById('notice').textContent.includes('No space left')")
            tab.key("ArrowRight")  # what is not saved is not left behind
        saved(tab)
        ready(tab, SECOND)
        assert desk.state(FIRST) == ("open", 1)
        assert text(tab, "notice") == ""


@pytest.mark.parametrize("dark", [False, True])
def test_on_a_phone_progress_is_visible_and_nothing_is_cut_off(desk, dark, tmp_path):
    with desk.tab(size_wh=(390, 800), touch=True, dark=dark) as tab:
        ready(tab, FIRST)
        proposed(tab)
        assert text(tab, "count") == "0 of 4"
        shown = "(box => box.width > 60 && box.right <= innerWidth && box.bottom <= innerHeight)"
        assert tab.value(f"{shown}(document.getElementById('progress').getBoundingClientRect())")
        assert tab.value("document.documentElement.scrollWidth <= innerWidth")
        assert tab.value("document.getElementById('board').clientHeight > 250")
        tab.key("d")
        tab.wait("document.getElementById('ask').open")
        assert tab.value("document.getElementById('ask').scrollWidth <= document.getElementById('ask').clientWidth")
        tab.screenshot(tmp_path / "phone.png")
