"""The app as a new user goes through it: real Chromium, real server, real jobs, on small settings."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from importlib.resources import files
from importlib.util import find_spec

import pytest
import trimesh

from partsight.config.editing import edit_recipe
from partsight.config.loading import read_recipe
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence
from tests.unit.photos.videos import write_video

from .chromium import BROWSER, open_browser, open_tab, wait_for
from .realistic import realistic_pictures
from .test_label_page import done, draw, ready, saved

pytestmark = pytest.mark.browser

PAGES = ("parts", "scene", "photos", "train", "results", "live")
SIZES = {"laptop": (1366, 768), "tablet": (820, 1180)}
SMALL = {
    "render.count": 10, "render.width": 96, "render.height": 96, "render.samples_per_pixel": 4, "render.variant": "scalar_rgb",
    "render.workers": 1, "randomize.camera.object_size": [0.4, 0.9], "dataset.render_validation_share": 0.3,
    "dataset.render_test_share": 0.3, "train.image_size": 96, "train.epochs": 2, "train.batch": 4, "train.weights": "scratch",
    "verify.enabled": False, "evaluate.bootstrap": 50, "seed": 3,
}  # fmt: skip
"""Explicit keys win over the budget: the whole way in a minute."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on the PATH")
    with open_browser(BROWSER, tmp_path_factory.mktemp("profile"), "--enable-unsafe-swiftshader") as port:
        yield port


@contextmanager
def app(folder):
    """The command, and its link."""
    command = [sys.executable, "-m", "partsight", "app", str(folder), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield re.search(r"http\S+", process.stdout.readline()).group()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with two small parts and a session of photos."""
    folder = tmp_path_factory.mktemp("app") / "bench"
    (folder / "cad").mkdir(parents=True)
    trimesh.creation.box((40, 30, 20)).export(folder / "cad" / "cube.stl")
    trimesh.creation.cylinder(10, 60).export(folder / "cad" / "rod.stl")
    (folder / "recipe.toml").write_text(
        'preset = "hand"\n[parts]\ncube.files = ["cad/cube.stl"]\nrod.files = ["cad/rod.stl"]\n'
    )
    realistic_pictures(folder / "photos" / "to_label" / "monday", 2)
    return folder


@pytest.fixture(scope="module")
def link(project):
    with app(project) as link:
        yield link


def go(tab, page):
    tab.value(f"location.hash = '#{page}'")
    tab.wait(
        f"document.querySelector('#steps a[aria-current]')?.hash === '#{page}' && document.querySelector('main h2')"
    )


def choose_files(tab, selector, paths):
    found = tab.send("Runtime.evaluate", expression=f"document.querySelector({selector!r})")["result"]
    tab.send("DOM.setFileInputFiles", objectId=found["objectId"], files=[str(path) for path in paths])


def press(tab, words):
    """Press the first button with these words."""
    tab.wait(
        f"[...document.querySelectorAll('button')].some((one) => one.textContent.includes({words!r}) && !one.disabled)"
    )
    tab.value(f"[...document.querySelectorAll('button')].find((one) => one.textContent.includes({words!r})).click()")


def broken_rules(tab):
    """What axe finds on the page as it is now."""
    if find_spec("axe_core_python") is None:
        pytest.skip("axe is not installed (extra [dev])")
    axe = (files("axe_core_python") / "axe.min.js").read_text()
    tab.value(f"{axe}; undefined")
    return tab.value("axe.run().then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))")


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_page_keeps_the_rules_of_accessibility(browser, link, page, dark):
    with open_tab(browser, link, size_wh=SIZES["laptop"], dark=dark) as tab:
        tab.wait("document.querySelector('main h2')")
        go(tab, page)
        assert broken_rules(tab) == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_wider_than_the_screen(browser, link, page, size):
    with open_tab(browser, link, size_wh=SIZES[size]) as tab:
        tab.wait("document.querySelector('main h2')")
        go(tab, page)
        assert tab.value("document.documentElement.scrollWidth <= innerWidth")


def test_the_steps_and_what_is_on_them_are_reached_by_keyboard(browser, link):
    with open_tab(browser, link) as tab:
        tab.wait("document.querySelector('main h2')")
        tab.value("document.body.focus()")
        reached = set()
        for _ in range(40):
            tab.key("Tab")
            reached.add(
                tab.value("document.activeElement.textContent.trim().slice(0, 20) || document.activeElement.tagName")
            )
        assert {"Parts", "Scene", "Photos", "Train", "Results", "Live", "Choose files", "Add"} <= reached
        tab.value("document.querySelector('#steps a[href=\"#photos\"]').focus()")
        tab.key("Enter")
        tab.wait("document.querySelector('main h2')?.textContent === 'Photos'")


def test_no_page_shows_the_word_for_nothing(browser, link):
    with open_tab(browser, link) as tab:
        tab.wait("document.querySelector('main h2')")
        for page in PAGES:
            go(tab, page)
            assert not re.search(r"null|undefined|NaN|\[object", tab.value("document.body.innerText")), page


def test_the_tour_leads_through_all_steps_and_leaves_the_page_usable(browser, link):
    with open_tab(browser, link) as tab:
        tab.wait("document.querySelector('main h2')")
        press(tab, "Tour")
        seen = []
        for number in range(1, 9):
            tab.wait(f"document.querySelector('dialog.tour')?.textContent.includes('{number} of 8')")
            seen.append(tab.value("location.hash.slice(1)"))
            tab.wait(f"document.querySelector('#steps a[aria-current]').hash === '#{seen[-1]}'")
            press(tab, "Done" if number == 8 else "Next")
        assert tuple(dict.fromkeys(seen)) == PAGES
        tab.wait("!document.querySelector('dialog.tour') && !document.querySelector('.shown')")
        press(tab, "Tour")
        tab.wait("document.querySelector('dialog.tour')")
        assert not tab.value("Boolean(document.querySelector('dialog.tour:modal'))")
        tab.key("Escape")
        tab.wait("!document.querySelector('dialog.tour')")


def test_a_sub_part_gets_a_look_and_a_name_of_its_own(browser, project, link):
    tool_scene().export(project / "cad" / "tool.glb")
    with open_tab(browser, link, size_wh=SIZES["laptop"]) as tab:
        tab.wait("document.getElementById('path')")
        tab.value(f"document.getElementById('path').value = {str(project / 'cad' / 'tool.glb')!r}")
        press(tab, "Add")
        tab.wait("document.querySelector('.list img[src*=tool]')", 60)
        press(tab, "tool")
        for button, wait in (
            ("yellow plastic", lambda: part_of(project).materials == {"HANDLE": "plastic #f2c200"}),
            ("Recognize", lambda: part_of(project).labels == {"HANDLE": ("HANDLE",)}),
            ("Leave it out", lambda: part_of(project).hide == ("HANDLE",)),
        ):
            choose_sub_part(tab, "HANDLE")
            press(tab, button)
            wait_for(wait, 30)
            tab.wait("document.querySelector('.part') && !document.querySelector('.tree [aria-pressed=true]')", 60)


def choose_sub_part(tab, name):
    tab.wait(f"[...document.querySelectorAll('.tree button')].some((one) => one.textContent.trim() === {name!r})", 60)
    press(tab, name)
    tab.wait(f"document.querySelector('.tree [aria-pressed=true]')?.textContent.trim() === {name!r}")


def part_of(project):
    return read_recipe(project / "recipe.toml").parts["tool"]


def tool_scene():
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box((0.1, 0.1, 0.1)), node_name="BODY", geom_name="BODY")
    handle = trimesh.creation.box((0.02, 0.02, 0.1))
    handle.apply_translation((0.1, 0, 0))
    scene.add_geometry(handle, node_name="HANDLE", geom_name="HANDLE")
    return scene


def test_two_tabs_see_the_newest_recipe(browser, link):
    with open_tab(browser, link) as first, open_tab(browser, link) as second:
        for tab in (first, second):
            tab.wait("document.querySelector('main h2')")
            go(tab, "scene")
            tab.wait("document.querySelectorAll('.choices button').length === 4")
        press(first, "In a bin")
        first.wait("document.querySelector('.choices [aria-pressed=true]')?.textContent.includes('In a bin')")
        press(second, "On a table")
        second.wait("document.getElementById('toast').textContent.includes('changed elsewhere')")
        second.wait("document.querySelector('.choices [aria-pressed=true]')?.textContent.includes('In a bin')")


@pytest.mark.slow
def test_from_cad_files_to_live_boxes(browser, tmp_path, samples):
    """The whole way: parts, preset, nine drafts, a film from the phone, one label, training, threshold, a corrected label, live."""
    folder = tmp_path / "magnets"
    with app(folder) as link, open_tab(browser, link, size_wh=SIZES["laptop"]) as tab:
        tab.wait("document.querySelector('.drop input')")
        choose_files(tab, ".drop input", [samples / name for name in ("QF.step", "QD.step", "SD.step")])
        tab.wait("document.querySelectorAll('.list img').length === 3", 120)
        go(tab, "scene")
        press(tab, "Held in the hand")
        tab.wait("document.body?.textContent.includes('9 drafts in')", 180)
        phone_sends_a_film(tab, browser, folder)
        key = label_one_box(tab, browser, folder)
        go(tab, "parts")
        go(tab, "photos")
        let_it_judge(tab, key.rpartition("/")[0])
        wait_for(lambda: read_recipe(folder / "recipe.toml").photos.test, 30)
        edit_recipe(folder / "recipe.toml", SMALL)
        go(tab, "train")
        press(tab, "Start")
        tab.wait("document.querySelector('[aria-label=\\'What it finds now\\'] img')", 300)
        go(tab, "results")
        tab.wait("document.body?.textContent.includes('Precision over the threshold')", 300)
        move_slider(tab, 0.02)
        tab.wait("/Errors: |No errors/.test(document.querySelector('main')?.textContent ?? '')")
        correct_a_label(tab, browser, folder, key)
        press(tab, "Judge again")
        tab.wait("document.getElementById('which')?.options.length === 2", 240)
        put_side_by_side(tab)
        keeps_the_rules(tab)
        press(tab, "Export for live")
        go(tab, "live")
        tab.wait(
            "[...document.querySelectorAll('button')].some((one) => one.textContent === 'Open' && !one.disabled)", 240
        )
        film = folder / "film.mp4"
        tab.value(f"document.getElementById('camera').value = {str(film)!r}")
        press(tab, "Open")
        tab.wait("document.querySelector('main a[rel=noreferrer]')?.href.startsWith('http')", 90)
        with open_tab(browser, tab.value("document.querySelector('main a[rel=noreferrer]').href")) as live:
            live.wait("document.getElementById('state')?.dataset.state === 'live'", 60)
    here = Experiment(read_recipe(folder / "recipe.toml"), Workspace(folder / "runs"), Silence())
    assert {stage.state for stage in here.plan().stages} == {"found"}, "the terminal finds what the page made"
    keys = folders_of(folder)
    subprocess.run([sys.executable, "-m", "partsight", "report"], cwd=folder, check=True, capture_output=True)
    assert folders_of(folder) == keys, "the recipe gives the same keys from the command line: nothing is made anew"
    end_pages(folder)


def let_it_judge(tab, session):
    """Give the labeled session to the test, as a person chooses it."""
    chosen = f"document.querySelector('select[aria-label=\"What session {session} is for\"]')"
    tab.wait(chosen)
    tab.value(f"{chosen}.value = 'test'; {chosen}.dispatchEvent(new Event('change'))")
    tab.wait(f"{chosen}?.value === 'test'")


def correct_a_label(tab, browser, folder, key):
    """From an error to its photo, to the labels, and back: the figures follow."""
    move_slider(tab, 0.98)
    tab.wait("/1 missed/.test(document.querySelector('main').textContent) && document.querySelector('.errors button')")
    press(tab, "missed")
    press(tab, "Correct its labels")
    with open_tab(browser, f"{labels_link(tab)}#{key}") as page:
        ready(page, key)
        draw(page, (210, 60, 300, 200))
        saved(page)
        done(page)
        wait_for(lambda: num_labels(folder, key) == 2, 20)
    tab.value("dispatchEvent(new Event('focus'))")
    tab.wait("document.querySelector('main').textContent.includes('Labels were corrected')", 60)
    tab.wait("document.querySelector('main').textContent.includes('with 2 parts')")


def put_side_by_side(tab):
    """The result by the corrected labels, and that of before beside it."""
    chosen = "document.getElementById('other')"
    tab.value(f"{chosen}.selectedIndex = 2; {chosen}.dispatchEvent(new Event('change'))")
    tab.wait("document.querySelector('section[aria-label^=Side] td')", 60)


def keeps_the_rules(tab):
    """Filled pages have what empty ones lack: a slider, charts, pictures, a table."""
    for dark, size in ((False, "laptop"), (True, "tablet")):
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.send("Emulation.setEmulatedMedia", features=[scheme])
        width, height = SIZES[size]
        tab.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        assert broken_rules(tab) == []
        assert tab.value("document.documentElement.scrollWidth <= innerWidth"), size


def labels_link(tab):
    return tab.value("fetch('/api/label', { method: 'POST' }).then((answer) => answer.json()).then(({ link }) => link)")


def folders_of(folder):
    return sorted(str(path) for path in (folder / "runs").glob("*/*/manifest.json"))


def move_slider(tab, value):
    tab.value(f"document.getElementById('threshold').value = {value}")
    for kind in ("input", "change"):
        tab.value(f"document.getElementById('threshold').dispatchEvent(new Event('{kind}'))")


def phone_sends_a_film(tab, browser, folder):
    write_video(folder / "film.mp4", film_of_noise())
    go(tab, "photos")
    press(tab, "Take photos with a phone")
    tab.wait("document.querySelector('dialog a')", 60)
    link = tab.value("document.querySelector('dialog a').href")
    tab.send("Security.setIgnoreCertificateErrors", ignore=True)
    with open_tab(browser, "about:blank", size_wh=(390, 800), touch=True) as phone:
        phone.send("Security.setIgnoreCertificateErrors", ignore=True)
        phone.send("Page.navigate", url=link)
        phone.wait("document.getElementById('film')", 30)
        choose_files(phone, "#film", [folder / "film.mp4"])
        phone.wait("Number(document.getElementById('pictures').textContent) > 0", 60)
    press(tab, "Done")


def film_of_noise():
    import numpy as np

    rng = np.random.default_rng(0)
    return [np.kron(rng.integers(0, 255, (12, 16, 3), np.uint8), np.ones((20, 20, 1), np.uint8)) for _ in range(20)]


def label_one_box(tab, browser, folder):
    """Return the key of the photo that has it."""
    with open_tab(browser, labels_link(tab)) as page:
        key = page_key(page)
        ready(page, key)
        draw(page, (60, 40, 200, 160))
        saved(page)
        done(page)
        wait_for(lambda: num_labels(folder, key) == 1, 20)
    return key


def num_labels(folder, key):
    path = (folder / "photos" / "labels" / key).with_suffix(".txt")
    return len(path.read_text().splitlines()) if path.is_file() else 0


def page_key(page):
    page.wait("location.hash.length > 1", 30)
    return page.value("decodeURIComponent(location.hash.slice(1))")


def end_pages(folder):
    from partsight.pipeline.jobs.queue import JobQueue

    queue = JobQueue(folder / "runs", folder)
    for job in queue.jobs():
        if job.state in ("running", "waiting"):
            queue.stop(job.number)
