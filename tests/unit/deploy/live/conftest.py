"""A live server on a real socket, watching a film."""

import pytest

from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.pipeline.photos.snapshots import SnapshotKeeper
from partsight.web.access import Access
from tests.unit.deploy.live.scene import color_model, film, running
from tests.unit.photos.videos import RATE, write_video

TOKEN = "a-secret-of-this-test"  # noqa: S105 - of this test


@pytest.fixture(scope="session")
def film_path(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("film") / "film.mp4", film(2 * RATE))


@pytest.fixture(scope="session")
def colors(tmp_path_factory):
    return color_model(tmp_path_factory.mktemp("colors") / "model")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return tmp_path_factory.mktemp("project") / "photos"


@pytest.fixture(scope="module")
def live(colors, film_path, photos):
    """A server for this machine only."""
    keeper = SnapshotKeeper(photos, "live-monday")
    job = LiveJob(colors, str(film_path), Access(), loops=True, keeper=keeper)
    with running(open_live(job, print)) as server:
        yield server


@pytest.fixture(scope="module")
def guarded(colors, film_path):
    """A server that asks for a token, reached under a proxy's name too."""
    access = Access(token=TOKEN, names=("hall.example.org",))
    with running(open_live(LiveJob(colors, str(film_path), access, loops=True), print)) as server:
        yield server
