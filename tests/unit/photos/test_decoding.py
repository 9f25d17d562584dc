"""Decoding: true times, the right way up, true colors; damage costs the damaged frames only and is told."""

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from partsight.errors import PhotosError
from partsight.photos.decoding import Video, read_video_facts

from .videos import RATE, pan, write_video

STREAMED = {"movflags": "frag_keyframe+empty_moov"}
"""MP4 that can be read without its end, as action cameras write it."""


def look(path: Path):
    findings: list[str] = []
    return list(Video(path).preview_frames(findings.append)), findings


def test_all_frames_come_with_their_times_and_nothing_is_told(tmp_path):
    preview_frames, findings = look(write_video(tmp_path / "a.mp4", pan(30)))
    assert [preview.number for preview in preview_frames] == list(range(30))
    np.testing.assert_allclose([preview.time_s for preview in preview_frames], np.arange(30) / RATE, atol=0.002)
    assert findings == []


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_times_of_a_varying_frame_rate_are_those_of_the_file(tmp_path, suffix):
    times_s = [0.0, 0.05, 0.4, 0.45, 1.7, 1.75, 1.8, 3.0]
    preview_frames, _ = look(write_video(tmp_path / f"a{suffix}", pan(8), times_s))
    np.testing.assert_allclose([preview.time_s for preview in preview_frames], times_s, atol=0.002)


def test_times_start_at_the_first_frame(tmp_path):
    preview_frames, _ = look(write_video(tmp_path / "a.mkv", pan(3), [5.0, 5.5, 6.0]))
    np.testing.assert_allclose([preview.time_s for preview in preview_frames], [0.0, 0.5, 1.0], atol=0.002)


def test_a_stream_without_time_stamps_gets_the_times_of_its_frame_rate(tmp_path):
    preview_frames, _ = look(write_video(tmp_path / "a.h264", pan(10)))
    assert len(preview_frames) == 10
    times_s = [preview.time_s for preview in preview_frames]
    assert times_s[0] == 0
    assert all(later > earlier for earlier, later in pairwise(times_s))


@pytest.mark.parametrize("rotation_deg", [0, 90, 180, -90])
def test_pictures_are_turned_as_the_file_says(tmp_path, rotation_deg):
    image = np.full((120, 160, 3), 30, np.uint8)
    image[:40, :60] = (220, 40, 40)
    path = write_video(tmp_path / "a.mp4", [image] * 3, rotation_deg=rotation_deg)
    ((_, shown),) = Video(path).frames([1])
    expected = np.rot90(image, rotation_deg // 90)
    assert shown.shape == expected.shape
    assert np.abs(shown.astype(int) - expected).mean() < 4
    preview_frames, _ = look(path)
    assert preview_frames[0].gray.shape == expected.shape[:2]


def test_frames_asked_for_are_the_ones_looked_at(tmp_path):
    images = pan(25)
    path = write_video(tmp_path / "a.mp4", images)
    for number, image in Video(path).frames([3, 4, 19]):
        assert image.dtype == np.uint8
        differences = [np.abs(image.astype(int) - other).mean() for other in images]
        assert int(np.argmin(differences)) == number


def test_high_definition_without_a_stated_matrix_is_taken_as_bt709(tmp_path):
    image = np.full((720, 1280, 3), (200, 40, 60), np.uint8)
    path = write_video(tmp_path / "a.mkv", [image] * 2, bt709=True)
    with av.open(str(path)) as container:
        is_stated = next(container.decode(video=0)).colorspace != 2
    ((_, shown),) = Video(path).frames([0])
    assert not is_stated
    np.testing.assert_allclose(shown[300, 600], (200, 40, 60), atol=4)


@pytest.mark.parametrize(("name", "options"), [("a.mp4", {"movflags": "faststart"}), ("a.mkv", {})])
def test_a_missing_tail_gives_the_frames_before_it_and_a_finding(tmp_path, name, options):
    path = write_video(tmp_path / name, pan(60), options=options)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    preview_frames, findings = look(path)
    assert 10 < len(preview_frames) < 50
    assert any(f"{name}: ends after" in finding and "of 3.0 s" in finding for finding in findings)


def test_a_cut_stream_gives_the_frames_before_the_cut(tmp_path):
    path = write_video(tmp_path / "a.mp4", pan(60), options=STREAMED)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    preview_frames, _ = look(path)
    assert 20 < len(preview_frames) < 60


def test_damage_in_the_middle_costs_only_the_damaged_frames_and_is_told(tmp_path):
    path = write_video(tmp_path / "a.mp4", pan(60))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    preview_frames, findings = look(path)
    assert 40 < len(preview_frames) <= 60
    assert any("damaged" in finding for finding in findings)


def test_an_mp4_cut_before_its_index_is_an_error_that_says_what_to_do(tmp_path):
    path = write_video(tmp_path / "a.mp4", pan(20))
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(PhotosError, match=r"a\.mp4: not a readable video.*copy it again"):
        look(path)


@pytest.mark.parametrize(
    ("content", "told"), [(b"", "empty"), (b"not a video" * 100, "not a readable"), (None, "no such")]
)
def test_what_is_no_video_is_an_error(tmp_path, content, told):
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PhotosError, match=told):
        look(path)
    with pytest.raises(PhotosError, match=told):
        read_video_facts(path)


def test_sound_alone_is_an_error(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(PhotosError, match="no video stream"):
        look(path)


def test_a_play_list_that_names_other_files_is_refused(tmp_path):
    write_video(tmp_path / "secret.ts", pan(5))
    (tmp_path / "a.mp4").write_text("#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n")
    with pytest.raises(PhotosError, match="not a readable video"):
        look(tmp_path / "a.mp4")
