"""Poses beside the detection loop: they come with frames, and hold none up."""

import json
import struct
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from partsight.cli.app import app
from partsight.deploy.live.camera import LiveCamera
from partsight.deploy.live.detection_loop import DetectionLoop, WatchPlan
from partsight.deploy.live.live_poses import STALE_S, LivePoses
from partsight.deploy.live.pose_process import ModelPosers
from partsight.deploy.live.viewers import _message
from partsight.deploy.posing import PosedPicture
from partsight.errors import ModelError, SourceError
from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.pose.finding import FoundPose
from partsight.pose.optics import Calibration, KnownCamera
from partsight.pose.outline import PosedOutline
from partsight.structures.detections import Detections
from partsight.structures.world.camera import centered_intrinsics
from partsight.structures.world.transform import rigid
from partsight.web.access import Access
from tests.unit.deploy.live.looks import SIZE_WH, look, part
from tests.unit.deploy.live.scene import SIZE_WH as FILM_WH
from tests.unit.deploy.live.scene import ColorDetector, wait_for
from tests.unit.deploy.live.shaped import shaped_model, with_shape
from tests.unit.pose.scenes import block_shape

CAMERA = KnownCamera(centered_intrinsics(SIZE_WH, 200.0), "estimated", 0.25)
FAR = rigid(np.eye(3), [0.01, -0.02, 0.5])
GOOD, BAD = 0.8, 0.1


class Posers:
    """Lays a cross over each box; a class may fit badly, a pose may take as long as a gate is shut."""

    def __init__(self, fits=(GOOD, GOOD)):
        self.fits, self.tried, self.problem = fits, [], None
        self.gate, self.begun = threading.Event(), threading.Event()
        self.gate.set()

    def renew(self):
        return False

    def new(self):
        return self

    def close(self):
        self.gate.set()

    def pose(self, image, found, *, is_frame):
        assert is_frame
        assert image.shape[1::-1] in (SIZE_WH, FILM_WH)
        self.begun.set()
        assert self.gate.wait(20)
        if self.problem:
            raise SourceError(self.problem)
        (one,) = found
        self.tried.append(one.class_id)
        left, top, right, bottom = one.box_xyxy
        lines = [[[left, top], [right, bottom]], [[left, bottom], [right, top]]]
        outline = PosedOutline(lines, (("valve", left, top),))
        return PosedPicture(CAMERA, (FoundPose(FAR, self.fits[one.class_id]),), (outline,))


@contextmanager
def posing(posers, *, is_watched=True, limit=0.5):
    poses = LivePoses(posers, lambda _: limit, is_watched=lambda: is_watched)
    poses.start()
    try:
        yield poses
    finally:
        posers.gate.set()
        poses.stop()


def shown(poses, frame):
    """Have a look posed, and return the pose of its first part."""
    poses(frame)
    return wait_for(lambda: poses.shown(frame))[frame.tracks[0].number]


def test_a_posed_frame_carries_lines_names_position_and_fit_to_pages():
    frame = look(part(7, 0.5, 0.5))
    with posing(Posers()) as poses:
        shown(poses, frame)
        message = _message(frame, {}, poses.shown)
    (length,) = struct.unpack(">I", message[:4])
    (sent,) = json.loads(message[4 : 4 + length])["parts"]
    assert sent[9] == {
        "at_mm": [10, -20, 500], "fit": GOOD, "behind_ms": 0,
        "lines": [95, 45, 105, 55, 95, 55, 105, 45], "names": [["valve", 95, 45]],
    }  # fmt: skip


def test_without_poses_pages_are_sent_what_they_were_sent_before():
    message = _message(look(part(7, 0.5, 0.5)), {}, lambda _: {})
    (length,) = struct.unpack(">I", message[:4])
    (sent,) = json.loads(message[4 : 4 + length])["parts"]
    assert len(sent) == 9


def test_an_outline_goes_along_with_the_box_of_its_part_and_says_how_old_it_is():
    with posing(Posers()) as poses:
        before = shown(poses, look(part(7, 0.5, 0.5)))
        later = poses.shown(look(part(7, 0.6, 0.5), time_s=0.2, number=1))[7]
    np.testing.assert_allclose(later.lines - before.lines, np.broadcast_to([20, 0], (2, 2, 2)))
    assert later.names == (("valve", 115.0, 45.0),)
    assert later.behind_s == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("change", "time_s"),
    [
        ({}, STALE_S + 0.1),
        ({"box_xyxy": (90, 45, 110, 55)}, 0.1),
        ({"class_id": 1}, 0.1),
        ({"is_seen": False}, 0.1),
        ({"number": 8}, 0.1),
    ],
    ids=["old", "turned", "renamed", "from memory", "another part"],
)
def test_an_outline_that_would_be_a_guess_is_not_shown(change, time_s):
    first = part(7, 0.5, 0.5)
    with posing(Posers()) as poses:
        shown(poses, look(first))
        assert poses.shown(look(first, time_s=0.1, number=1))
        assert not poses.shown(look(replace(first, **change), time_s=time_s, number=1))


def test_a_slow_poser_delays_no_frame_and_goes_on_with_the_newest(film_path):
    posers = Posers()
    posers.gate.clear()
    with posing(posers) as poses:
        camera = LiveCamera(str(film_path), loops=True, say=print)
        watch = DetectionLoop(camera, ColorDetector(), WatchPlan(0.1, [poses], lambda: False))
        watch.start()
        try:
            assert posers.begun.wait(10)
            begun = watch.newest.number
            wait_for(lambda: watch.newest.number > begun + 10, 10)
            assert posers.tried == [], "the first pose is still being found"
            posers.gate.set()
            age_s = wait_for(lambda: [one.behind_s for one in poses.shown(watch.newest).values()])
        finally:
            watch.stop()
    assert max(age_s) <= STALE_S


def test_a_part_whose_pose_is_not_found_leaves_the_others_their_turn():
    posers = Posers((GOOD, BAD))
    with posing(posers) as poses:
        for number in range(12):
            poses(look(part(7, 0.2, 0.5), part(8, 0.8, 0.5, class_id=1), time_s=number / 30, number=number))
            wait_for(lambda number=number: posers.tried.count(0) > number)
        seen = poses.shown(look(part(7, 0.2, 0.5), part(8, 0.8, 0.5, class_id=1), time_s=0.4, number=12))
    assert posers.tried.count(1) == 1
    assert list(seen) == [7], "a pose that fits badly is not drawn"


def test_many_parts_are_posed_in_turn():
    posers, parts = Posers(), [part(number, number / 10, 0.5, class_id=number % 2) for number in range(1, 7)]
    with posing(posers) as poses:
        frame = look(*parts)
        poses(frame)
        wait_for(lambda: len(poses.shown(frame)) == 6)
        poses(look(*parts, number=1))
        wait_for(lambda: len(posers.tried) == 12)
    assert posers.tried[:6].count(0) == posers.tried[6:].count(0) == 3


@pytest.mark.parametrize("tracks", [[part(7, 0.5, 0.5, score=0.3)], [replace(part(7, 0.5, 0.5), is_seen=False)], []])
def test_what_pages_do_not_show_is_not_posed(tracks):
    posers = Posers()
    with posing(posers) as poses:
        poses(look(*tracks))
        shown(poses, look(part(9, 0.5, 0.5, class_id=1), *tracks, number=1))
    assert posers.tried == [1]


def test_while_nobody_watches_nothing_is_posed():
    posers = Posers()
    with posing(posers, is_watched=False) as poses:
        poses(look(part(7, 0.5, 0.5)))
        assert not posers.begun.wait(0.3)


def test_what_hinders_posing_is_told_and_passes():
    posers = Posers()
    posers.problem = "camera.json: is for pictures of another shape"
    with posing(posers) as poses:
        poses(look(part(7, 0.5, 0.5)))
        wait_for(lambda: poses.state()["problem"] == posers.problem)
        posers.problem = None
        time.sleep(1.1)  # a part of which no pose was found is left for a second
        shown(poses, look(part(7, 0.5, 0.5), time_s=1.1, number=1))
        assert (poses.state()["problem"], poses.state()["focal_error"]) == ("", 0.25)


def test_a_model_without_shapes_is_refused_and_says_to_export_again(colors, film_path):
    with pytest.raises(ModelError, match="Export the model again"):
        open_live(LiveJob(colors, str(film_path), Access(), has_poses=True), print)


def test_a_calibration_without_poses_is_refused_before_the_model_is_read(tmp_path):
    ended = CliRunner().invoke(app, ["live", str(tmp_path), "--calibration", "camera.json"])
    assert isinstance(ended.exception, SourceError)
    assert "give `pose`" in str(ended.exception)


def test_shapes_that_were_exported_anew_are_taken_up_and_other_changes_build_nothing_anew(tmp_path):
    folder = shaped_model(tmp_path / "model").folder
    posers = ModelPosers(lambda: folder)
    first = posers.shapes
    folder = replace(folder, description=folder.description.model_copy(update={"threshold": 0.7}))
    assert not posers.renew()
    assert posers.shapes is first
    folder = with_shape(folder, block_shape([((0.1, 0.1, 0.1), (0, 0, 0))]))
    assert posers.renew()
    assert len(posers.shapes[0].triangles) == 12


def test_a_process_that_ended_is_told_and_started_again_and_errors_come_from_it_as_they_are(tmp_path):
    folder = shaped_model(tmp_path / "model").folder
    image, tiny = np.zeros((100, 200, 3), np.uint8), Detections([[5, 5, 12, 12]], [0.9], [0])
    posers = ModelPosers(lambda: folder, Calibration(Path("camera.json"), CAMERA.intrinsics))
    try:
        assert posers.new().pose(image, tiny, is_frame=True).poses == (None,)
        with pytest.raises(SourceError, match=r"camera.json: is for pictures of 200 × 100"):
            posers.new().pose(image[:, :100], tiny, is_frame=True)
        posers._child.process.kill()
        with pytest.raises(ModelError, match="started again"):
            posers.new().pose(image, tiny, is_frame=True)
        assert posers.new().pose(image, tiny, is_frame=True).poses == (None,)
        process = posers._child.process
    finally:
        posers.close()
    assert not process.is_alive()
