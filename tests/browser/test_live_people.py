"""The live page for people in the hall: many parts of a kind, small ones, keys, the check screen, a phone as the camera, the loop."""

import json
import time
from contextlib import contextmanager
from importlib.util import find_spec

import numpy as np
import pytest

from partsight.config.sections.live import LiveSection
from partsight.deploy.model import load
from partsight.deploy.model_folder import read_model_folder, written_folder
from partsight.detector.detector import Checkpoint
from partsight.labels.kept_proposals import read_proposals
from partsight.labels.store import open_label_store
from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.pipeline.photos.snapshots import SnapshotKeeper
from partsight.web.access import Access
from tests.unit.deploy.conftest import IMAGE_SIZE, fill_model_folder
from tests.unit.deploy.conftest import NAMES as NETWORK_NAMES
from tests.unit.deploy.live.scene import NAMES, SIZE_WH, color_model, running
from tests.unit.photos.videos import RATE, write_video

from .chromium import BROWSER, open_browser, open_tab, wait_for
from .test_label_flow import served
from .test_label_page import boxes, draw, ready, saved
from .test_live_page import TOKEN, click, text

pytestmark = pytest.mark.browser

RED, BLUE = (220, 20, 20), (20, 20, 220)
SQUARE = (60, 120, 120, 180)
POSTS = tuple((190 + 24 * number, 60, 206 + 24 * number, 84) for number in range(3))
"""Three small ones side by side, each narrower than its name."""
TRAY = {"corners": [[0.55, 0.15], [0.99, 0.15], [0.99, 0.5], [0.55, 0.5]]}
KIT = {"parts": {"post": 3}, "zone": "tray", "trigger": "still", "still_s": 0.5}
SECTION = LiveSection(zones={"tray": TRAY}, check={"gearbox": KIT})


def frame(*things):
    image = np.full((SIZE_WH[1], SIZE_WH[0], 3), 120, np.uint8)
    image[::8] = 90
    for (left, top, right, bottom), color in things:
        image[top:bottom, left:right] = color
    return image


FULL = frame((SQUARE, RED), *((post, BLUE) for post in POSTS))
LACKING = frame((SQUARE, RED), (POSTS[0], BLUE))


@contextmanager
def watching(folder, frames, *, section=SECTION, loops=True, **options):
    """A live server that watches a film."""
    write_video(folder / "film.mp4", frames)
    model = color_model(folder / "model")
    keeper = SnapshotKeeper(folder / "photos", "live-monday")
    job = LiveJob(model, str(folder / "film.mp4"), Access(), loops=loops, keeper=keeper, section=section, **options)
    with running(open_live(job, print)) as server:
        yield server


@pytest.fixture(scope="module")
def hall(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hall")
    section = SECTION.but(history=folder / "checks")
    with watching(folder, [FULL] * RATE, section=section) as server:
        yield folder, server


@pytest.fixture
def tab(browser, hall):
    with open_tab(browser, hall[1].link) as tab:
        tab.wait("document.body?.dataset.parts === '4'")
        yield tab


def rows(tab, place="parts"):
    return tab.value(f"[...document.querySelectorAll('#{place} .part b')].map(one => one.textContent)")


def test_parts_of_one_kind_are_one_row_with_their_number(tab):
    assert sorted(rows(tab)) == ["post × 3", "square"]
    assert text(tab, "count") == "4"


def test_what_is_gone_collapses_to_a_line(tab):
    tab.value(
        "(one => { one.value = 0.7; one.dispatchEvent(new Event('input')); })(document.getElementById('threshold'))"
    )
    tab.wait("document.querySelectorAll('#gone-parts .part').length === 1", 8)
    assert rows(tab) == ["square"]
    assert rows(tab, "gone-parts") == ["post"]
    assert "seen" in tab.value("document.querySelector('#gone-parts .score').textContent")


def test_small_parts_are_not_hidden_by_names(tab):
    """Names stand beside small boxes, never on one of them."""
    tab.key(" ")
    inside = [((left + right) / 2, (top + bottom) / 2) for left, top, right, bottom in POSTS]
    found = tab.value(
        f"""(places => {{
          const canvas = document.getElementById('stage'), pen = canvas.getContext('2d');
          const scale = Math.min(canvas.width / {SIZE_WH[0]}, canvas.height / {SIZE_WH[1]});
          const left = (canvas.width - scale * {SIZE_WH[0]}) / 2, top = (canvas.height - scale * {SIZE_WH[1]}) / 2;
          return places.map(([x, y]) => [...pen.getImageData(left + scale * x, top + scale * y, 1, 1).data].slice(0, 3));
        }})({json.dumps(inside)})"""
    )
    for color in found:
        assert color == pytest.approx(BLUE, abs=60), "the part itself is seen"


def test_keys_work_after_the_slider_was_touched_and_a_clicked_button_does_not_take_them(tab):
    click(tab, "#threshold")
    tab.key(" ")
    assert not tab.value("document.getElementById('frozen').hidden")
    click(tab, "#freeze")
    assert tab.value("document.getElementById('frozen').hidden")
    tab.key(" ")
    assert not tab.value("document.getElementById('frozen').hidden"), "Space did not press the button that was clicked"


def test_a_card_without_documents_says_how_to_add_one(tab):
    click(tab, "#parts .part[aria-label^='post']")
    tab.wait("document.getElementById('card').open")
    assert "[parts.post]" in text(tab, "card-empty")
    assert "document = " in text(tab, "card-empty")


def test_signs_and_keys_are_explained_and_the_link_is_offered(tab):
    tab.key("?")
    tab.wait("document.getElementById('keys').open")
    assert "from memory" in text(tab, "keys")
    tab.key("Escape")
    click(tab, "#share")
    tab.wait("document.getElementById('links').open")
    assert not tab.value("document.getElementById('links-how').hidden"), "reached from this machine alone"


def test_a_threshold_is_used_from_now_on(tab, hall, browser):
    folder, server = hall
    assert tab.value("document.getElementById('store').hidden")
    tab.value(
        "(one => { one.value = 0.45; one.dispatchEvent(new Event('input')); })(document.getElementById('threshold'))"
    )
    click(tab, "#store")
    tab.wait("document.getElementById('store').hidden")
    assert read_model_folder(folder / "model").description.threshold == pytest.approx(0.45)
    with open_tab(browser, server.link) as other:
        other.wait("document.body?.dataset.parts === '4'")
        assert text(other, "threshold-value") == "45 %"


def test_the_check_screen_is_green_for_a_complete_kit_and_a_key_writes_it_down(tab, hall):
    tab.wait("document.getElementById('check').dataset.verdict === 'complete'")
    assert text(tab, "check-expected") == "Expected: 3 × post"
    before = (
        len((hall[0] / "checks/checks.csv").read_text().splitlines()) if (hall[0] / "checks/checks.csv").exists() else 1
    )
    tab.key("c")
    tab.wait("document.getElementById('toast').textContent.includes('written down as pictures/')")
    lines = (hall[0] / "checks/checks.csv").read_text().splitlines()
    assert len(lines) >= before + 1
    assert "gearbox,complete" in lines[-1]


def test_the_check_screen_turns_green_when_the_kit_is_complete(browser, tmp_path):
    film = [LACKING] * (4 * RATE) + [FULL] * (4 * RATE)
    section = SECTION.but(history=tmp_path / "checks")
    with watching(tmp_path, film, section=section, loops=True) as server, open_tab(browser, server.link) as tab:
        tab.wait("document.getElementById('check')?.dataset.verdict === 'incomplete'")
        assert text(tab, "check-missing") == "Missing: 2 × post"
        red = tab.value("getComputedStyle(document.getElementById('check')).backgroundColor")
        tab.wait("document.getElementById('check').dataset.verdict === 'complete'")
        assert text(tab, "check-missing") == ""
        assert tab.value("getComputedStyle(document.getElementById('check')).backgroundColor") != red
        history = tmp_path / "checks/checks.csv"
        wait_for(lambda: history.is_file() and "gearbox,complete" in history.read_text(), 10, "written down when still")
        assert "gearbox,incomplete,2 × post" in history.read_text()


def test_a_full_disk_is_told_and_the_picture_is_held_until_it_can_be_kept(browser, hall, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    with open_tab(browser, hall[1].link) as tab:
        tab.wait("document.body?.dataset.parts === '4'")
        with monkeypatch.context() as patch:
            patch.setattr("partsight.pipeline.photos.snapshots.write_picture", full)
            tab.key("k")
            tab.wait("document.getElementById('toast').textContent.includes('No space left')")
        held = tab.value("document.body.dataset.look")
        assert not tab.value("document.getElementById('frozen').hidden")
        time.sleep(0.5)
        assert tab.value("document.body.dataset.look") == held
        tab.key("k")
        tab.wait("document.getElementById('toast').textContent.startsWith('Kept')")
        assert tab.value("document.getElementById('frozen').hidden"), "it goes on once it is kept"
    assert len(list((hall[0] / "photos/to_label/live-monday").iterdir())) == 1


def test_a_film_that_has_ended_is_no_complete_kit(browser, tmp_path):
    with watching(tmp_path, [FULL] * RATE, loops=False) as server, open_tab(browser, server.link) as tab:
        tab.wait("document.getElementById('state')?.dataset.state === 'ended'")
        assert tab.value("document.getElementById('check').dataset.verdict") == "no picture"


def test_a_wrong_frame_is_kept_corrected_on_the_labeling_page_and_taken_up_as_a_label(browser, tmp_path):
    with watching(tmp_path, [FULL] * RATE) as server, open_tab(browser, server.link) as tab:
        tab.wait("document.body?.dataset.parts === '4'")
        tab.key("k")
        tab.wait("document.getElementById('toast').textContent.includes('with 4 boxes as proposals')")
        assert tab.value("document.getElementById('frozen').hidden"), "the picture goes on once it is kept"
    photos = tmp_path / "photos"
    store = open_label_store(photos, NAMES)
    (key,) = store.list_keys()
    assert key.startswith("live-monday/film-"), "the frame's time in the film"
    with served(photos, NAMES) as link, open_tab(browser, link) as tab:
        ready(tab, key)
        tab.wait("document.querySelectorAll('.box.proposal').length === 4")
        scores = tab.value("[...document.querySelectorAll('.box.proposal .quiet')].map(one => one.textContent)")
        assert scores == ["50 %", "50 %", "50 %", "90 %"]
        tab.key("Tab")
        tab.key("Delete")  # the detector was wrong here
        draw(tab, (10, 200, 50, 230))  # and missed this
        tab.key("2")
        tab.key("g")
        saved(tab)
        tab.wait("document.body.dataset.state === 'done'")
        assert len(boxes(tab)) == 4
    labels = store.read(key)
    assert labels.state == "done"
    assert sorted(box.class_name for box in labels.boxes) == ["post", "post", "post", "square"]
    assert (photos / "labels" / key).with_suffix(".txt").is_file()


@pytest.mark.slow
def test_what_is_kept_of_a_real_network_is_what_the_page_showed(browser, tmp_path):
    """The network is untrained: what it finds is nonsense with low scores, which is what is kept for correction."""
    if find_spec("ultralytics") is None:
        pytest.skip("the extra [yolo] is not installed")
    from partsight.detector.families.ultralytics.weights import build_network, write_model

    description = {"model": "yolov8n", "class_names": list(NETWORK_NAMES), "image_size": IMAGE_SIZE}
    (tmp_path / "checkpoint").mkdir()
    write_model(tmp_path / "checkpoint", build_network("yolov8n", len(NETWORK_NAMES)), description)
    with written_folder(tmp_path / "model") as folder:
        fill_model_folder(folder, Checkpoint(tmp_path / "checkpoint", "ultralytics", NETWORK_NAMES))
    write_video(tmp_path / "film.mp4", [FULL] * RATE)
    keeper = SnapshotKeeper(tmp_path / "photos", "live-monday")
    job = LiveJob(
        load(tmp_path / "model", runtime="onnx", threads=1),
        str(tmp_path / "film.mp4"),
        Access(),
        loops=True,
        keeper=keeper,
    )
    with running(open_live(job, print)) as server, open_tab(browser, server.link) as tab:
        tab.wait("Number(document.body?.dataset.parts) > 0", 30)
        tab.key(" ")
        shown = int(tab.value("document.body.dataset.parts"))
        tab.key("k")
        tab.wait("!document.getElementById('toast').hidden")
        said = text(tab, "toast")
    (key,) = open_label_store(tmp_path / "photos", NETWORK_NAMES).list_keys()
    kept = read_proposals(tmp_path / "photos", key)
    assert 0 < len(kept) <= shown
    assert f"with {len(kept)} box" in said
    assert max(one.score for one in kept) < 0.2


@pytest.fixture(scope="module")
def phone_browser(tmp_path_factory):
    """A second browser, with a camera that shows a film and no doubts about our certificate."""
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on the PATH")
    folder = tmp_path_factory.mktemp("phone")
    with (folder / "camera.y4m").open("wb") as stream:
        stream.write(b"YUV4MPEG2 W320 H240 F10:1 Ip A1:1 C420jpeg\n")
        for _ in range(5):
            stream.write(b"FRAME\n" + _i420(FULL))
    flags = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--ignore-certificate-errors"]
    flags.append(f"--use-file-for-fake-video-capture={folder / 'camera.y4m'}")
    with open_browser(BROWSER, folder / "profile", *flags) as port:
        yield port


def _i420(image):
    """Return a frame as the fake camera takes it: BT.601, color at half the resolution."""
    red, green, blue = (image[..., channel].astype(float) for channel in range(3))
    luma = 16 + (65.5 * red + 128.6 * green + 25 * blue) / 255
    chroma = (
        128 + (-37.8 * red - 74.2 * green + 112 * blue) / 255,
        128 + (112 * red - 93.8 * green - 18.2 * blue) / 255,
    )
    planes = [luma, *(plane.reshape(SIZE_WH[1] // 2, 2, SIZE_WH[0] // 2, 2).mean((1, 3)) for plane in chroma)]
    return b"".join(np.clip(plane, 0, 255).astype(np.uint8).tobytes() for plane in planes)


def test_a_phone_is_the_camera_over_tls_and_sees_its_boxes_soon(phone_browser, browser, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    said = []
    job = LiveJob(color_model(tmp_path / "model"), "phone", Access(token=TOKEN), is_self_signed=True)
    with running(open_live(job, said.append)) as server:
        assert any("fingerprint" in line for line in said)
        assert server.link.startswith("https://")
        with open_tab(phone_browser, server.link, size_wh=(390, 800), touch=True) as phone:
            phone.wait("document.getElementById('phone') && !document.getElementById('phone').hidden")
            assert "open this page on the phone" in text(phone, "notice")
            click(phone, "#phone")
            phone.wait("document.body.dataset.parts === '4'", 30)
            phone.wait("document.getElementById('state').dataset.state === 'live'")
            phone.wait("Number(document.body.dataset.delay) > 0")
            delays = phone.value(
                "(async () => { const all = []; for (let i = 0; i < 15; i++) { await new Promise(r => setTimeout(r, 100));"
                " all.push(Number(document.body.dataset.delay)); } return all; })()"
            )
            assert sorted(delays)[len(delays) // 2] < 300, delays
            phone.screenshot(tmp_path / "phone.png")
            with open_tab(phone_browser, server.link) as desk:
                desk.wait("document.body?.dataset.parts === '4'")
            # the phone sleeps: its connection ends; when it wakes it is the camera again
            phone.send("Page.bringToFront")
            phone.value("document.getElementById('phone').click()")
            phone.wait("document.getElementById('notice').textContent.includes('sleeps')", 30)
            phone.value("document.getElementById('phone').click()")
            phone.wait("document.getElementById('state').dataset.state === 'live'", 30)
            assert (tmp_path / "config/partsight/tls/cert.pem").is_file()
