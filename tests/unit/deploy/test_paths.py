"""Videos in folders of any name, given by relative paths: a colon is no protocol, a per cent sign no number."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from partsight.deploy.annotated import AnnotatedFolder
from partsight.deploy.live.devices import open_camera
from partsight.deploy.sources import View, list_sources
from partsight.photos.decoding import Video
from partsight.structures.detections import Detections
from tests.hostile_names import ALL_IN_ONE, NAMES
from tests.unit.deploy.live.scene import NAMES as SHOWN
from tests.unit.deploy.live.scene import film
from tests.unit.photos.videos import write_video


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("film") / "film.mp4", film(4))


@pytest.mark.parametrize("name", [*NAMES, ALL_IN_ONE])
def test_a_video_is_read_watched_and_written_whatever_its_folder_is_called(video, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    folder = Path(f"{name}x")
    folder.mkdir()
    path = folder / f"{name}.mp4"
    shutil.copy(video, path)
    assert len(list(Video(path).preview_frames(print))) == 4
    with open_camera(str(path)) as (_container, stream):
        assert stream.width == 320
    (source,) = list_sources([str(folder)])
    with AnnotatedFolder(folder / "out", SHOWN) as annotated:
        nothing = Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, int))
        annotated.add(View(source, 0, 0.0, film(1)[0]), nothing)
    assert len(list(Video(folder / "out" / f"{name}.mp4").preview_frames(print))) == 1
