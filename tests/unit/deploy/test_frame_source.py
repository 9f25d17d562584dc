"""Frames of files and streams: in their order, with their times, and nothing else is opened than what was named."""

import functools
import http.server
import threading

import numpy as np
import pytest

from partsight.deploy.frame_source import is_stream, num_frames, read_frames, shown_source
from partsight.errors import SourceError
from tests.unit.photos.videos import SIZE_WH, pan, write_video


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("videos") / "walk.mp4", pan(12), [0.1 * number for number in range(12)])


@pytest.fixture(scope="module")
def address(video):
    """The folder of the video, served on loopback."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_arguments):
            pass

    handler = functools.partial(Quiet, directory=video.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_all_frames_come_in_order_with_their_times(video):
    told = []
    frames = list(read_frames(str(video), told.append))
    assert [frame.number for frame in frames] == list(range(12))
    assert not told
    np.testing.assert_allclose([frame.time_s for frame in frames], 0.1 * np.arange(12), atol=0.002)
    for frame, image in zip(frames, pan(12), strict=True):
        assert frame.image.shape == (SIZE_WH[1], SIZE_WH[0], 3)
        assert np.abs(frame.image.astype(int) - image).mean() < 8


def test_an_address_gives_the_frames_that_the_file_gives(video, address):
    write_video(video.with_name("streamed.mkv"), pan(12))
    from_file = [frame.image for frame in read_frames(str(video.with_name("streamed.mkv")), print)]
    from_address = [frame.image for frame in read_frames(f"{address}/streamed.mkv", print)]
    assert len(from_file) == len(from_address) == 12
    assert all(np.array_equal(a, b) for a, b in zip(from_file, from_address, strict=True))


def test_a_cut_file_gives_the_frames_before_the_cut_and_tells(video, tmp_path):
    whole = write_video(tmp_path / "whole.mkv", pan(40))
    (tmp_path / "cut.mkv").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 0 < len(list(read_frames(str(tmp_path / "cut.mkv"), print))) < 40


def test_a_play_list_leads_nowhere(video, address):
    """Neither a file to an address, nor an address to a file, nor a file to its neighbor under another name."""
    segment = write_video(video.with_name("segment.ts"), pan(12))
    entries = {"to_address.m3u8": f"{address}/segment.ts", "to_file.m3u8": f"file://{segment}"}
    for name, entry in entries.items():
        text = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1.0,\n{entry}\n#EXT-X-ENDLIST\n"
        (video.parent / name).write_text(text)
    (video.parent / "list.mp4").write_text("ffconcat version 1.0\nfile walk.mp4\n")
    for source in (str(video.parent / "to_address.m3u8"), f"{address}/to_file.m3u8", str(video.parent / "list.mp4")):
        with pytest.raises(SourceError):
            list(read_frames(source, lambda _: None))


@pytest.mark.parametrize("name", ["missing.mp4", "text.mp4", "http://127.0.0.1:9/none.mp4"])
def test_what_is_no_video_is_named(tmp_path, name):
    (tmp_path / "text.mp4").write_text("not a video")
    source = name if is_stream(name) else str(tmp_path / name)
    with pytest.raises(SourceError, match=name):
        list(read_frames(source, print))


def test_a_password_in_an_address_is_not_shown():
    assert shown_source("rtsp://admin:secret@10.0.0.7/stream") == "rtsp://…@10.0.0.7/stream"
    assert shown_source("videos/walk.mp4") == "videos/walk.mp4"


def test_a_windows_path_is_no_stream():
    assert not is_stream(r"C:\videos\walk.mp4")
    assert is_stream("RTSP://camera/1")


def test_a_file_says_how_many_frames_it_has(video):
    assert num_frames(str(video)) == 12
