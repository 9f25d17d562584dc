"""What is given on the command line, and what is looked at."""

import numpy as np
import pytest
from PIL import Image

from partsight.deploy.looking import LookPlan, Tally, look
from partsight.deploy.model import load
from partsight.deploy.sources import count_views, list_sources, views
from partsight.errors import SourceError
from tests.unit.deploy.conftest import LOW
from tests.unit.photos.videos import pan, write_video


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two pictures, one below, and a video of ten frames."""
    folder = tmp_path_factory.mktemp("sources")
    (folder / "hall").mkdir()
    for name in ("frame_10.png", "frame_2.png", "hall/b.jpg"):
        Image.fromarray(pan(1)[0]).save(folder / name)
    write_video(folder / "walk.mp4", pan(10))
    (folder / "notes.txt").write_text("not looked at")
    return folder


def test_a_folder_gives_its_pictures_and_videos_in_name_order(folder):
    sources = list_sources([str(folder)])
    assert [source.place for source in sources] == ["frame_2.png", "frame_10.png", "hall/b.jpg", "walk.mp4"]
    assert [source.is_video for source in sources] == [False, False, False, True]


def test_everything_that_is_not_there_is_named_at_once(folder, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError) as raised:
        list_sources([str(tmp_path / "none.jpg"), str(folder / "notes.txt"), str(tmp_path / "empty"), str(folder)])
    assert all(word in str(raised.value) for word in ("none.jpg", "notes.txt", "empty"))


def test_an_address_is_a_stream_and_is_named_without_its_password():
    (source,) = list_sources(["rtsp://me:secret@10.0.0.7:554/hall"])
    assert source.is_video
    assert "secret" not in source.name + source.place
    assert "/" not in source.place


def test_of_a_video_every_nth_frame_is_looked_at(folder):
    (source,) = list_sources([str(folder / "walk.mp4")])
    assert [view.frame for view in views(source, 4, print)] == [0, 4, 8]
    assert count_views(source, 4) == 3


def test_a_bad_file_is_told_and_the_rest_goes_on(folder, model_path, tmp_path):
    for name in ("a.png", "c.png"):
        Image.fromarray(pan(1)[0]).save(tmp_path / name)
    (tmp_path / "b.png").write_text("broken")
    (tmp_path / "d.mp4").write_text("broken")
    tally = Tally()
    plan = LookPlan(LOW, 5)
    found = list(look(load(model_path, threads=1), list_sources([str(tmp_path)]), plan, tally=tally, tell=print))
    assert [view.source.place for view, _ in found] == ["a.png", "c.png"]
    assert [problem.count(name) > 0 for problem, name in zip(tally.problems, ("b.png", "d.mp4"), strict=True)] == [
        True,
        True,
    ]
    assert tally.num_pictures == 2
    assert tally.num_parts == sum(len(record.detections.scores) for _, record in found) > 0
    assert np.isfinite(tally.detection_s)
