"""The newest frame and no other, and a camera that comes back."""

import time

import numpy as np
import pytest

from partsight.deploy.live.camera import LiveCamera
from partsight.deploy.live.devices import is_device, is_file
from partsight.deploy.live.frame_results import VIEW_WIDTH, encode_view
from tests.unit.deploy.live.scene import CutStream, film, wait_for
from tests.unit.photos.videos import RATE, pan, write_video


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Two seconds of film."""
    return write_video(tmp_path_factory.mktemp("films") / "film.mp4", film(2 * RATE))


@pytest.fixture
def watched():
    """Start cameras and stop them after the test."""
    cameras = []

    def start(source, **options):
        camera = LiveCamera(str(source), first_pause_s=0.05, **options)
        cameras.append(camera)
        camera.start()
        return camera

    yield start
    for camera in cameras:
        camera.stop()


def test_a_slow_reader_gets_the_newest_frame_not_the_next(watched, clip):
    camera = watched(clip)
    first = camera.take(-1, 5.0)
    time.sleep(0.6)
    second = camera.take(first.number, 5.0)
    assert second.number - first.number > 6
    assert time.monotonic() - second.captured_s < 0.15


def test_a_file_plays_at_its_own_rate_and_ends(watched, clip):
    camera = watched(clip)
    started_s = time.monotonic()
    wait_for(lambda: camera.report().state == "ended")
    assert 1.7 < time.monotonic() - started_s < 3.5
    assert camera.report().num_frames == 2 * RATE


def test_a_looped_file_goes_on(watched, clip):
    camera = watched(clip, loops=True)
    wait_for(lambda: camera.report().num_frames > 2.5 * RATE)
    assert camera.report().state == "live"


def test_no_frame_is_given_twice(watched, clip):
    camera = watched(clip)
    numbers = [camera.take(-1, 5.0).number]
    while (frame := camera.take(numbers[-1], 0.4)) is not None:
        numbers.append(frame.number)
    assert numbers == sorted(set(numbers))


def test_a_stream_that_is_cut_again_and_again_comes_back(watched, tmp_path):
    content = write_video(tmp_path / "film.ts", film(RATE)).read_bytes()
    stream = CutStream(content)
    said = []
    camera = watched(stream.address, say=said.append)
    wait_for(lambda: camera.report().num_losses >= 5, 30)
    before = camera.report().num_frames
    assert before > 0
    wait_for(lambda: camera.report().num_frames > before, 20)
    stream.is_up = False
    wait_for(lambda: camera.report().state == "lost", 20)
    assert "127.0.0.1" in camera.report().problem
    stream.is_up = True
    wait_for(lambda: camera.report().state == "live", 20)
    wait_for(lambda: said[-1].endswith("frames come again"))
    assert "127.0.0.1" in said[-2]
    assert said[-2].endswith(". Trying again.")
    stream.close()


def test_damaged_data_in_a_stream_stops_nothing(watched, tmp_path):
    content = bytearray(write_video(tmp_path / "film.ts", pan(40)).read_bytes())
    generator = np.random.default_rng(0)
    for place in generator.integers(2000, len(content) - 2000, 60):
        content[place : place + 40] = generator.bytes(40)
    stream = CutStream(bytes(content))
    camera = watched(stream.address)
    wait_for(lambda: stream.num_served >= 3, 30)
    assert camera.report().num_frames > 0
    assert camera._thread.is_alive()
    stream.close()


def test_a_stream_that_changes_its_size_goes_on_with_the_new_one(watched, tmp_path):
    small = write_video(tmp_path / "small.ts", pan(20)).read_bytes()
    large = write_video(tmp_path / "large.ts", pan(20, size_wh=(640, 480))).read_bytes()
    stream = CutStream(small + large)
    camera = watched(stream.address)
    sizes, seen = set(), -1

    def next_size():
        nonlocal seen
        frame = camera.take(seen, 0.2)
        if frame is not None:
            seen = frame.number
            sizes.add(frame.image().shape[:2])
        return len(sizes) == 2

    wait_for(next_size, 20)
    assert sizes == {(240, 320), (480, 640)}
    stream.close()


def test_a_camera_that_is_not_there_is_told_and_waited_for(watched):
    camera = watched("http://127.0.0.1:9/none")
    report = wait_for(lambda: camera.report().num_losses >= 2 and camera.report())
    assert report.state == "lost"
    assert "127.0.0.1:9" in report.problem


def test_a_password_is_never_told(watched):
    camera = watched("http://admin:secret@127.0.0.1:9/none")
    wait_for(lambda: camera.report().state == "lost")
    assert "secret" not in camera.name + camera.report().problem


def test_stopping_is_quick_even_while_waiting_for_a_lost_camera(watched):
    camera = watched("http://127.0.0.1:9/none")
    wait_for(lambda: camera.report().state == "lost")
    started_s = time.monotonic()
    camera.stop()
    assert time.monotonic() - started_s < 1.5


def test_pages_get_frames_of_bounded_width_the_right_way_up(watched, tmp_path):
    import io

    from PIL import Image as PillowImage

    wide = write_video(tmp_path / "wide.mp4", pan(4, size_wh=(1920, 1080)), rotation_deg=90)
    frame = watched(wide, loops=True).take(-1, 10.0)
    shown = np.asarray(PillowImage.open(io.BytesIO(encode_view(frame))))
    full = frame.image()
    assert (full.shape[0] > full.shape[1]) == (shown.shape[0] > shown.shape[1])
    assert max(shown.shape) <= VIEW_WIDTH
    small = np.asarray(PillowImage.fromarray(full).resize(shown.shape[1::-1]))
    assert np.abs(small.astype(int) - shown).mean() < 8


@pytest.mark.parametrize(
    ("source", "kind"), [("0", "device"), ("/dev/video2", "device"), ("rtsp://a/b", "stream"), ("0.mp4", "file")]
)
def test_what_a_camera_is_follows_from_its_name(source, kind):
    assert (is_device(source), is_file(source)) == (kind == "device", kind == "file")
