"""A kept frame is what was shown: that frame, with the boxes seen in it, once."""

from datetime import datetime, timedelta

import av
import numpy as np
import pytest

from partsight.deploy.live.camera import CameraFrame
from partsight.deploy.live.frame_results import FrameResult, Lazy
from partsight.deploy.live.keeping import ShownFrame, shown_frame
from partsight.deploy.live.tracking import Track
from partsight.errors import StorageError
from partsight.labels.kept_proposals import read_proposals
from partsight.labels.label import Label
from partsight.labels.photo_labels import Proposal
from partsight.photos.storage import read_records
from partsight.pipeline.photos.snapshots import SnapshotKeeper

TAKEN_AT = datetime(2026, 11, 30, 14, 5, 6, 250_000).astimezone()
BOX = (4.0, 5.0, 20.0, 30.0)


def picture(value):
    return np.full((48, 64, 3), value, np.uint8)


def frame(value=90, *, source="camera 0", time_s=None, taken_at=TAKEN_AT, score=0.8):
    proposals = (Proposal(Label(BOX, "QF"), score, "live"),)
    return ShownFrame(picture(value), proposals, source, time_s, taken_at)


@pytest.fixture
def keeper(tmp_path):
    return SnapshotKeeper(tmp_path / "photos", "live-monday")


def test_boxes_from_memory_and_boxes_that_are_not_shown_are_not_kept():
    tracks = (
        Track(1, 0, 0.9, BOX, is_seen=True),
        Track(2, 1, 0.8, BOX, is_seen=False),
        Track(3, 1, 0.3, BOX, is_seen=True),
    )
    camera_frame = CameraFrame(7, 0.0, av.VideoFrame.from_ndarray(picture(90), "rgb24"), taken_at=TAKEN_AT, time_s=1.5)
    look = FrameResult(3, camera_frame, (64, 48), tracks, 0.0, Lazy(bytes))
    shown = shown_frame(look, {1, 2}, ("QF", "QD"), "walk.mp4")
    assert [(one.box.class_name, one.score) for one in shown.proposals] == [("QF", 0.9)]
    assert (shown.time_s, shown.taken_at) == (1.5, TAKEN_AT)


@pytest.mark.parametrize(
    ("source", "time_s", "name"),
    [
        ("camera 0", None, "live-20261130T140506250.jpg"),
        ("films/walk.mp4", 12.48, "walk-12480.jpg"),
        ("films/walk.mp4", 0.0, "walk-0.jpg"),
    ],
)
def test_the_name_says_when_the_frame_was_taken_not_when_it_was_kept(keeper, source, time_s, name):
    assert keeper.keep(frame(source=source, time_s=time_s)).file == f"to_label/live-monday/{name}"


def test_the_same_frame_kept_twice_is_one_photo_with_what_was_shown_last(keeper):
    first = keeper.keep(frame(source="walk.mp4", time_s=1.0, score=0.8))
    again = keeper.keep(frame(source="walk.mp4", time_s=1.0, taken_at=TAKEN_AT + timedelta(seconds=9), score=0.4))
    frozen_feed = keeper.keep(frame(taken_at=TAKEN_AT + timedelta(seconds=20), score=0.3))
    assert (first.is_new, again.is_new, frozen_feed.is_new) == (True, False, False)
    assert first.file == again.file == frozen_feed.file
    assert len(read_records(keeper.photos).pictures) == 1
    assert [one.score for one in read_proposals(keeper.photos, "live-monday/walk-1000.jpg")] == [0.3]


def test_two_frames_of_one_moment_are_two_photos(keeper):
    files = {keeper.keep(frame(value)).file for value in (90, 91)}
    assert len(files) == len(read_records(keeper.photos).pictures) == 2


@pytest.mark.parametrize("step", ["write_picture", "write_proposals", "write_records"])
def test_a_disk_that_is_full_at_any_step_is_told_and_nothing_kept_before_is_lost(keeper, step, monkeypatch):
    before = keeper.keep(frame(90))

    def full(*_arguments, **_choices):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(f"partsight.pipeline.photos.snapshots.{step}", full)
        with pytest.raises(StorageError, match="No space left"):
            keeper.keep(frame(200, taken_at=TAKEN_AT + timedelta(seconds=1)))
    assert [one.file for one in read_records(keeper.photos).pictures] == [before.file]
    later = keeper.keep(frame(200, taken_at=TAKEN_AT + timedelta(seconds=1)))
    assert later.is_new
    assert [one.file for one in read_records(keeper.photos).pictures] == [before.file, later.file]
    assert sum(1 for _ in keeper.photos.glob("to_label/*/*.jpg")) == 2
