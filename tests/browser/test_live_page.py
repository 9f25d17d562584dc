"""The live page as people in the hall use it: real Chromium, the real server, a film in which it is known what is where."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageColor

from partsight.deploy.overlay import class_color
from partsight.labels.kept_proposals import read_proposals
from partsight.labels.store import open_label_store
from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.pipeline.photos.snapshots import SnapshotKeeper
from partsight.web.access import Access
from tests.unit.deploy.live.scene import NAMES, POST, SIZE_WH, ColorDetector, color_model, film, running, wait_for
from tests.unit.photos.videos import RATE, write_video

from .chromium import open_tab

pytestmark = pytest.mark.browser

TOKEN = "a-secret-of-this-test"  # noqa: S105 - of this test
SIZES = {"desktop": (1280, 800), "tablet": (820, 1180), "phone": (390, 800)}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A model folder, a film, and a photos folder."""
    folder = tmp_path_factory.mktemp("hall")
    write_video(folder / "film.mp4", film(2 * RATE))
    return folder, color_model(folder / "model")


@pytest.fixture(scope="module")
def live(project):
    folder, model = project
    keeper = SnapshotKeeper(folder / "photos", "live-monday")
    job = LiveJob(model, str(folder / "film.mp4"), Access(), loops=True, keeper=keeper)
    with running(open_live(job, print)) as server:
        yield server


@pytest.fixture
def tab(browser, live):
    with open_tab(browser, live.link) as tab:
        tab.wait("document.body?.dataset.parts === '2'")
        yield tab


def text(tab, element):
    return tab.value(f"document.getElementById('{element}').textContent")


def click(tab, selector):
    x, y = tab.value(
        f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])"
        f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
    )
    tab.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
    tab.mouse("mouseReleased", x, y, button="left", buttons=0, clickCount=1)


def colors_at(tab, places):
    """Return the colors that the page shows at pixels of the camera's picture."""
    return tab.value(
        f"""(places => {{
          const canvas = document.getElementById('stage'), pen = canvas.getContext('2d');
          const scale = Math.min(canvas.width / {SIZE_WH[0]}, canvas.height / {SIZE_WH[1]});
          const left = (canvas.width - scale * {SIZE_WH[0]}) / 2, top = (canvas.height - scale * {SIZE_WH[1]}) / 2;
          const at = ([x, y]) => pen.getImageData(Math.round(left + scale * x), Math.round(top + scale * y), 1, 1).data;
          return places.map(place => [...at(place)].slice(0, 3));
        }})({json.dumps(places)})"""
    )


def test_a_box_in_the_color_of_its_class_lies_on_the_edges_of_the_part(tab):
    left, top, right, bottom = POST
    edges = [(left, (top + bottom) / 2), (right, (top + bottom) / 2), ((left + right) / 2, bottom)]
    expected = ImageColor.getrgb(class_color(NAMES.index("post")))
    for found in colors_at(tab, edges):
        assert found == pytest.approx(expected, abs=3)
    (inside,) = colors_at(tab, [((left + right) / 2, (top + bottom) / 2)])
    assert inside != pytest.approx(expected, abs=30)


def test_the_pixels_of_a_mask_are_tinted_in_the_color_of_its_class_and_the_ground_beside_them_is_not(browser, project):
    folder, model = project
    masked = replace(model, detector=ColorDetector(finds_masks=True))
    left, top, right, bottom = POST
    places = [((left + right) / 2, (top + bottom) / 2), (left + 8, bottom - 8), (right + 15, top + 30)]
    with (
        running(open_live(LiveJob(masked, str(folder / "film.mp4"), Access(), loops=True), print)) as server,
        open_tab(browser, server.link) as tab,
    ):
        tab.wait("document.body?.dataset.parts === '2'")
        *inside, beside = colors_at(tab, places)
    own, tint = np.array([20, 20, 220]), np.array(ImageColor.getrgb(class_color(NAMES.index("post"))))
    for found in inside:
        assert found == pytest.approx(0.6 * own + 0.4 * tint, abs=12)
    assert max(beside) - min(beside) < 20, "the ground is gray"


def test_a_part_in_view_has_a_card_with_its_picture_text_and_documents(tab):
    tab.wait("document.querySelectorAll('#parts .part').length === 2")
    click(tab, "#parts .part[aria-label^='square']")
    tab.wait("document.getElementById('card').open && document.getElementById('card-picture').naturalWidth > 0")
    assert text(tab, "card-name") == "square"
    assert text(tab, "card-text") == "Four corners"
    assert "4711" in text(tab, "card-details")
    links = tab.value("[...document.querySelectorAll('#card-documents a')].map(a => a.href)")
    assert links[0].startswith(tab.value("location.origin"))
    assert links[2] == "https://example.org/square"
    tab.wait("document.getElementById('card-score').textContent.includes('in view')")
    tab.key("Escape")
    tab.wait("!document.getElementById('card').open")


def test_touching_a_part_in_the_picture_opens_its_card(tab):
    tab.key(" ")  # frozen, so that nothing moves under the pointer
    x, y = tab.value(
        f"""(() => {{
          const canvas = document.getElementById('stage'), place = canvas.getBoundingClientRect();
          const scale = Math.min(place.width / {SIZE_WH[0]}, place.height / {SIZE_WH[1]});
          return [place.x + place.width / 2 + scale * ({(POST[0] + POST[2]) / 2 - SIZE_WH[0] / 2}),
                  place.y + place.height / 2 + scale * ({(POST[1] + POST[3]) / 2 - SIZE_WH[1] / 2})];
        }})()"""
    )
    tab.mouse("mousePressed", x, y, button="left", buttons=1, clickCount=1)
    tab.mouse("mouseReleased", x, y, button="left", buttons=0, clickCount=1)
    tab.wait("document.getElementById('card').open")
    assert text(tab, "card-name") == "post"


def test_the_threshold_decides_what_is_shown(tab):
    tab.value(
        "(slider => { slider.value = 0.7; slider.dispatchEvent(new Event('input')); })(document.getElementById('threshold'))"
    )
    tab.wait("document.body.dataset.parts === '1'")
    assert text(tab, "threshold-value") == "70 %"
    time.sleep(0.3)
    assert tab.value("document.body.dataset.parts") == "1", "and it stays so with the next frames"


def test_a_frozen_picture_stays_until_it_goes_on(tab):
    tab.key(" ")
    frozen = tab.value("document.body.dataset.look")
    time.sleep(0.6)
    assert tab.value("document.body.dataset.look") == frozen
    assert not tab.value("document.getElementById('frozen').hidden")
    click(tab, "#freeze")
    tab.wait(f"Number(document.body.dataset.look) > {frozen}")


def test_a_wrong_picture_is_kept_with_its_boxes_as_a_photo_to_label(tab, project):
    photos = project[0] / "photos"
    before = len(list(photos.glob("to_label/*/*")))
    tab.key(" ")
    click(tab, "#keep")
    tab.wait("!document.getElementById('toast').hidden")
    assert "Kept as to_label/live-monday/film-" in text(tab, "toast")
    assert len(list(photos.glob("to_label/*/*"))) == before + 1
    store = open_label_store(photos, NAMES)
    labels = store.read(store.list_keys()[-1])
    assert (labels.state, labels.boxes) == ("open", ()), "a person decides"
    (post,) = (one.box for one in read_proposals(photos, labels.key) if one.box.class_name == "post")
    assert post.box_xyxy == pytest.approx(POST, abs=3)


def test_two_people_watch_at_once(tab, browser, live):
    with open_tab(browser, live.link) as other:
        other.wait("document.body?.dataset.parts === '2'")
        tab.wait("document.getElementById('viewers').textContent === '2'")
        looks = [int(one.value("document.body.dataset.look")) for one in (tab, other)]
        wait_for(lambda: all(int(one.value("document.body.dataset.look")) > max(looks) + 5 for one in (tab, other)))


def test_frames_and_delay_are_shown(tab):
    tab.wait("parseFloat(document.getElementById('fps').textContent) > 5")
    tab.wait("parseInt(document.getElementById('delay').textContent) >= 0")
    assert text(tab, "state") == "live"


def test_the_page_asks_no_other_host(tab):
    asked = tab.value("performance.getEntriesByType('resource').map(one => new URL(one.name).origin)")
    assert asked
    assert set(asked) == {tab.value("location.origin")}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off_on_any_screen(browser, live, size, dark, tmp_path):
    with open_tab(browser, live.link, size_wh=SIZES[size], touch=size != "desktop", dark=dark) as tab:
        tab.wait("document.body?.dataset.parts === '2'")
        tab.screenshot(tmp_path / f"{size}.png")
        assert tab.value("document.documentElement.scrollWidth <= innerWidth")
        inside = "[...document.querySelectorAll('header, main, footer, footer button, #stage')]"
        assert tab.value(
            f"{inside}.every(one => (box => box.left >= -1 && box.right <= innerWidth + 1)(one.getBoundingClientRect()))"
        )
        assert tab.value("document.getElementById('stage').clientHeight > 150")


def test_the_link_with_the_token_lets_in_and_leaves_no_token_in_the_address_bar(browser, project):
    folder, model = project
    job = LiveJob(model, str(folder / "film.mp4"), Access(token=TOKEN), loops=True)
    with running(open_live(job, print)) as server:
        with open_tab(browser, server.link.split("?")[0]) as stranger:
            stranger.wait("document.body?.innerText.includes('token')")
            assert stranger.value("document.getElementById('stage') === null")
        with open_tab(browser, server.link) as tab:
            tab.wait("document.body?.dataset.parts === '2'")
            assert TOKEN not in tab.value("location.href")
            assert tab.value("document.getElementById('keep').hidden"), "no folder was given for photos"


def test_when_the_video_ends_the_page_says_so_and_keeps_the_last_picture(browser, project):
    folder, model = project
    with (
        running(open_live(LiveJob(model, str(folder / "film.mp4"), Access()), print)) as server,
        open_tab(browser, server.link) as tab,
    ):
        tab.wait("document.getElementById('state')?.dataset.state === 'ended'")
        assert text(tab, "notice") == "The video has ended."
