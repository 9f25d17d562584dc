"""What a video held: each part once, with when it came and went."""

import csv
import json

import numpy as np
import pytest

from partsight.deploy.records import Record
from partsight.deploy.track_log import TrackLog, write_tracks
from partsight.errors import SourceError
from partsight.structures.detections import Detections

NAMES = ("bolt", "nut")


def record(frame, boxes, class_ids, source="walk.mp4"):
    found = Detections(np.array(boxes, float).reshape(-1, 4), np.full(len(boxes), 0.9), np.array(class_ids, int))
    return Record(source, frame, None if frame is None else frame / 10, (200, 100), found)


def followed(*records):
    log = TrackLog()
    for one in records:
        log.add(one)
    return log


def moving(frame, left=10):
    return (left + 2 * frame, 10, left + 20 + 2 * frame, 30)


def test_a_part_is_one_track_from_its_first_frame_to_its_last():
    log = followed(
        *(record(frame, [moving(frame)] if 3 <= frame <= 12 else [], [0] * (3 <= frame <= 12)) for frame in range(30))
    )
    ((video),) = log.as_json(NAMES)
    (track,) = video["tracks"]
    assert (track["class"], track["first_frame"], track["last_frame"]) == ("bolt", 4, 12)  # seen twice, it is believed
    assert track["first_s"] == 0.4


def test_counts_tell_how_many_there_were_and_how_many_at_once():
    frames = [record(frame, [moving(frame), moving(frame, 100)], [0, 0]) for frame in range(6)]
    later = [record(40 + frame, [moving(frame, 60)], [0]) for frame in range(6)]
    (video,) = followed(*frames, *later).as_json(NAMES)
    assert video["counts"] == {"bolt": {"tracks": 3, "most_at_once": 2}}


def test_each_video_has_its_own_tracks_and_pictures_have_none():
    records = [record(frame, [moving(frame)], [0], name) for name in ("a.mp4", "b.mp4") for frame in range(4)]
    videos = followed(*records, record(None, [moving(0)], [0], "c.jpg")).as_json(NAMES)
    assert [(one["source"], len(one["tracks"])) for one in videos] == [("a.mp4", 1), ("b.mp4", 1)]


def test_tracks_are_written_as_lines_or_as_json(tmp_path):
    log = followed(*(record(frame, [moving(frame)], [1]) for frame in range(5)))
    write_tracks(log, NAMES, tmp_path / "a.csv")
    write_tracks(log, NAMES, tmp_path / "a.json")
    (line,) = csv.DictReader((tmp_path / "a.csv").read_text().splitlines())
    (video,) = json.loads((tmp_path / "a.json").read_text())["videos"]
    assert line == {"source": "walk.mp4", **{name: str(value) for name, value in video["tracks"][0].items()}}
    with pytest.raises(SourceError, match=r"\.csv or \.json"):
        write_tracks(log, NAMES, tmp_path / "a.txt")
