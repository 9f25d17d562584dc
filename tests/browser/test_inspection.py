"""The CAD check as a reader sees it, in a real browser."""

import numpy as np
import pytest

from partsight.cli.app import run

from .chromium import BROWSER
from .test_report import browse, look

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory, samples):
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on the PATH")
    out = tmp_path_factory.mktemp("check") / "check.html"
    assert (
        run(["check", str(samples / "QF.step"), str(samples / "QD.step"), str(samples / "SD.step"), "--out", str(out)])
        == 0
    )
    return out


def test_the_page_shows_drawings_in_the_colors_of_the_parts(page):
    shot = look(page, "light", size_wh=(1280, 2400))
    assert shot[:40].mean() > 240
    is_blue = (shot[..., 2] > 100) & (shot[..., 0] < 60) & (shot[..., 1] < 100)
    assert is_blue.sum() > 5_000, "QF's blue yoke is not to be seen"


def test_the_page_is_whole_without_a_network(page):
    dumped = browse(page, "--dump-dom")
    assert dumped.count("<img") == 3 * 8 + 3 * 3
    assert "http://" not in dumped
    assert "https://" not in dumped


def test_on_a_phone_nothing_is_wider_than_the_screen(page):
    shot = look(page, "phone", size_wh=(500, 2400))
    assert np.asarray(shot[:, -6:]).std() < 30
