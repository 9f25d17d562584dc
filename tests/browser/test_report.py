"""The report as a reader sees it, in a real browser."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from partsight.config.sections.report import ReportSection
from partsight.report.page import write_report

from .chromium import BROWSER
from .realistic import realistic_content

pytestmark = pytest.mark.browser

QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
ALONE = ("--disable-component-update", "--disable-sync", "--hide-scrollbars", "--virtual-time-budget=3000")
DARK = "--blink-settings=preferredColorScheme=0"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on the PATH")
    folder = tmp_path_factory.mktemp("report")
    return write_report(realistic_content(folder), ReportSection(), folder / "report.html")


def look(page, name, *options, size_wh=(1280, 3000)):
    """Return the screenshot as (H, W, 3)."""
    picture = page.with_name(f"{name}.png")
    browse(page, f"--screenshot={picture}", f"--window-size={size_wh[0]},{size_wh[1]}", *options)
    with PillowImage.open(picture) as opened:
        return np.asarray(opened.convert("RGB")).astype(int)


def browse(page, *options):
    profile = f"--user-data-dir={page.parent / 'profile'}"
    command = [BROWSER, *QUIET, *ALONE, profile, *options, page.as_uri()]
    return subprocess.run(command, check=True, timeout=120, capture_output=True, text=True).stdout


def test_the_page_shows_text_charts_and_pictures(page):
    shot = look(page, "light")
    assert shot[:40].mean() > 240
    assert len(np.unique(shot.reshape(-1, 3), axis=0)) > 1000
    for top in range(0, 3000, 500):
        assert shot[top : top + 500].std() > 5, f"nothing is drawn from {top} px to {top + 500} px"


def test_the_page_is_dark_where_the_reader_prefers_dark(page):
    shot = look(page, "dark", DARK)
    assert shot[:40].mean() < 40
    assert shot.max() > 200


def test_on_a_phone_nothing_is_wider_than_the_screen(page):
    """A page whose content overflows is scrolled sideways: a probe frame of 400 px reports its scroll width."""
    probe = page.with_name("probe.html")
    unguarded = page.read_text().replace("default-src 'none'", "default-src 'self' 'unsafe-inline'")
    page.with_name("unguarded.html").write_text(unguarded)
    script = "document.title = frame.contentDocument.documentElement.scrollWidth"
    frame = f'<iframe id="frame" width="400" height="900" src="unguarded.html" onload="{script}"></iframe>'
    probe.write_text(f"<!DOCTYPE html><title>unknown</title>{frame}")
    text = browse(probe, "--allow-file-access-from-files", "--dump-dom", "--window-size=900,1000")
    assert int(text.split("<title>")[1].split("</title>")[0]) <= 400


def test_the_page_prints_to_pdf(page):
    pdf = page.with_name("report.pdf")
    browse(page, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    assert pdf.read_bytes().startswith(b"%PDF")
    assert Path(pdf).stat().st_size > 50_000
