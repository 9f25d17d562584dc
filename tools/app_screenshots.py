"""Draw the pictures of the app's pages (docs/how-to/app.md), from the app itself in headless Chromium.

    partsight demo                                                  # makes partsight-demo, in minutes
    python -m tools.app_screenshots partsight-demo docs/pictures

Each picture is a PNG of at most 150 kB. A page that shows results needs a project that was evaluated, as the demo is.
"""

import argparse
import io
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from tests.browser.chromium import open_browser, open_tab

SIZE_WH = (1366, 768)
WIDTH_PX = 1024
LARGEST_BYTES = 150_000
COLORS = (None, 256, 128, 64)
"""Numbers of colors that are tried; None: all that there are."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Write all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path, help="a project folder; that of `partsight demo` shows every page")
    parser.add_argument("out", type=Path, help="folder of the pictures")
    parser.add_argument("--only", nargs="*", choices=PAGES, default=list(PAGES), help="pages to draw")
    given = parser.parse_args()
    with served(given.project) as link, tab_on(link) as tab:
        for page in given.only:
            tab.value(f"location.hash = '#{page}'")
            tab.wait(f"document.querySelector('#steps a[aria-current]')?.hash === '#{page}'", 60)
            PAGES[page](tab)
            time.sleep(1.0)  # what is drawn last is there
            write(tab, given.out / f"app-{page}.png")


def show_parts(tab: Any) -> None:
    """Choose a sub-part of the first part, once its mesh is there."""
    tab.wait("document.querySelectorAll('.tree button').length > 2", 300)
    time.sleep(3.0)
    tab.value("document.querySelectorAll('.tree button')[2].click()")


def show_scene(tab: Any) -> None:
    """Wait for the drafts, with their labels."""
    tab.wait("/drafts in/.test(document.querySelector('main').textContent)", 300)
    tab.value("[...document.querySelectorAll('main button')].find((one) => one.textContent === 'Show labels').click()")
    tab.wait("/drafts in/.test(document.querySelector('main').textContent)", 300)


def show_photos(tab: Any) -> None:
    """Show the page as it is."""
    tab.wait("document.querySelector('main h2')", 60)


def show_train(tab: Any) -> None:
    """Wait for the plan and for what was found last."""
    tab.wait("!/Reckoning/.test(document.querySelector('main').textContent)", 120)
    tab.value("document.querySelector('[aria-label=\"What it finds now\"]')?.scrollIntoView({ block: 'end' })")


def show_results(tab: Any) -> None:
    """Wait for figures and errors."""
    tab.wait("document.querySelector('.figures dd')", 120)


PAGES: dict[str, Callable[[Any], None]] = {
    "parts": show_parts,
    "scene": show_scene,
    "photos": show_photos,
    "train": show_train,
    "results": show_results,
}


@contextmanager
def served(project: Path) -> Iterator[str]:
    """Start the app and yield its link."""
    command = [sys.executable, "-m", "partsight", "app", str(project), "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            found = re.search(r"http\S+", process.stdout.readline() if process.stdout else "")
            if found is None:
                raise SystemExit("the app did not start")
            yield found.group()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


@contextmanager
def tab_on(link: str) -> Iterator[Any]:
    """Open the link in a browser with software 3D."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise SystemExit(f"none of {', '.join(BROWSERS)} is on the PATH")
    with (
        tempfile.TemporaryDirectory() as profile,
        open_browser(browser, Path(profile), "--enable-unsafe-swiftshader") as port,
        open_tab(port, link, size_wh=SIZE_WH) as tab,
    ):
        tab.wait("document.querySelector('main h2')", 60)
        yield tab


def write(tab: Any, path: Path) -> None:
    """Write the tab's picture with as many colors as fit into the largest size. Raises SystemExit where none do."""
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.png"
        tab.screenshot(whole)
        picture = Image.open(whole).convert("RGB")
    picture = picture.resize((WIDTH_PX, round(picture.height * WIDTH_PX / picture.width)), Image.Resampling.LANCZOS)
    for colors in COLORS:
        content = encoded(picture, colors)
        if len(content) <= LARGEST_BYTES:
            break
    else:
        raise SystemExit(f"{path}: {len(content)} bytes, more than {LARGEST_BYTES}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    print(f"{path}: {len(content) / 1000:.0f} kB, {colors or 'all'} colors")


def encoded(picture: Image.Image, colors: int | None) -> bytes:
    """Return a PNG of so many colors, without noise between them."""
    stream = io.BytesIO()
    method = Image.Quantize.FASTOCTREE  # keeps rare colors, such as that of a small button
    reduced = picture.quantize(colors, method=method, dither=Image.Dither.NONE) if colors else picture
    reduced.save(stream, "PNG", optimize=True)
    return stream.getvalue()


if __name__ == "__main__":
    main()
