"""One headless Chromium for the tests of a module."""

import pytest

from .chromium import BROWSER, open_browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """The port of its protocol."""
    if BROWSER is None:
        pytest.skip("no Chromium or Chrome on the PATH")
    with open_browser(BROWSER, tmp_path_factory.mktemp("profile")) as port:
        yield port
