"""The documentation as a site: its search answers what people ask in public, and nothing in it comes from elsewhere."""

import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.browser.chromium import BROWSER, open_browser, open_tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
QUESTIONS = {
    "how to decrease false positives": "how-to/false-positives",  # ultralytics/yolov5#666
    "tile to detect small objects": "how-to/small-parts",  # ultralytics/yolov5#4317
    "how to use background images in training": "how-to/false-positives",  # ultralytics/yolov5#2844
    "a big delay when using RTSP stream": "how-to/camera-pc",  # ultralytics/yolov5#4173
    "train new data without forgetting old trained data": "how-to/keep-up-to-date",  # ultralytics/ultralytics#7790
    "render the glass material for my own model": "how-to/shiny-or-transparent-parts",  # DLR-RM/BlenderProc#172
    "having confusion between two classes": "how-to/look-alikes",  # AlexeyAB/darknet#5165
    "amount of images needed for training": "how-to/few-photos",  # AlexeyAB/darknet#13
    "export import annotations ultralytics yolo detection": "how-to/labels-from-another-tool",  # cvat-ai/cvat#9433
    "train with custom dataset and deploy on raspberry pi": "how-to/camera-pc",  # dog-qiuqiu/Yolo-FastestV2#73
}
"""Titles of public threads, and the page that answers each."""
SEARCH = "[...document.body.children].map(one => one.shadowRoot).find(one => one)"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of a site that was built strictly."""
    pytest.importorskip("zensical", reason="needs the extra [docs]")
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    (folder / "src").symlink_to(ROOT / "src")
    shutil.copy(ROOT / "zensical.toml", folder)
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder / "site"


@pytest.fixture
def address(site):
    """Where the site is served."""
    quiet = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_pages_load_nothing_from_elsewhere(site):
    loads = re.compile(r'(?:src|<link[^>]*href)="(https?:[^"]+)"|url\(["\']?(https?:[^)"\']+)')
    pages = [*site.rglob("*.html"), *site.rglob("*.css")]
    found = {page.name: loads.findall(page.read_text(encoding="utf-8")) for page in pages}
    assert len(pages) > 50
    assert {name: loaded for name, loaded in found.items() if loaded} == {}


def test_what_people_ask_is_answered_by_the_first_page_that_the_search_offers(address, tmp_path):
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on the PATH")
    with open_browser(BROWSER, tmp_path) as port, open_tab(port, address) as tab:
        tab.wait(f"document.querySelector('.md-search__button') && {SEARCH}", 60)
        tab.value("document.querySelector('.md-search__button').click()")
        tab.wait(f"{SEARCH}.querySelector('input')", 60)
        offered = {question: first_offered(tab, question) for question in QUESTIONS}
    answers = {question: page.removeprefix(address).partition("/?")[0] for question, page in offered.items()}
    assert answers == QUESTIONS


def test_the_site_is_dark_where_the_reader_wishes_it(address, tmp_path):
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on the PATH")
    with open_browser(BROWSER, tmp_path) as port, open_tab(port, address, dark=True) as tab:
        tab.wait("document.body && document.body.dataset.mdColorScheme === 'slate'", 60)


def first_offered(tab, question):
    """Return the address of the first page that the search offers for a question, after the results of the one before are gone."""
    type_into_search(tab, "")
    tab.wait(f"!{SEARCH}.querySelector('a')")
    type_into_search(tab, question)
    tab.wait(f"{SEARCH}.querySelector('a')")
    return tab.value(f"{SEARCH}.querySelector('a').href")


def type_into_search(tab, text):
    typed = f"input.value = {text!r}; input.dispatchEvent(new Event('input', {{bubbles: true}}))"
    tab.value(f"(() => {{ const input = {SEARCH}.querySelector('input'); input.focus(); {typed}; return 0 }})()")
