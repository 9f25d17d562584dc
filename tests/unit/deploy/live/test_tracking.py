"""What tracking promises: the same part keeps its number and name, boxes are steady, nothing blinks, nothing stays for ever."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partsight.deploy.live.tracking import KEPT_S, BoxTracker, Track, VisibleTracks
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask

SIZE_WH = (1920, 1080)
STEP_S = 1 / 15


def found(*rows):
    """Return detections from (left, top, right, bottom, score, class)."""
    table = np.array(rows, float).reshape(-1, 6)
    return Detections(table[:, :4], table[:, 4], table[:, 5].astype(int))


def follow(tracker, frames, step_s=STEP_S):
    return [tracker.update(frame, number * step_s, SIZE_WH) for number, frame in enumerate(frames)]


def still(kind=0, score=0.8, left=500.0):
    return (left, 300.0, left + 200, 450.0, score, kind)


def test_a_part_is_shown_from_its_second_frame_and_keeps_its_number():
    shown = follow(BoxTracker(), [found(still())] * 10)
    assert [len(tracks) for tracks in shown] == [0] + [1] * 9
    assert len({track.number for tracks in shown for track in tracks}) == 1


def test_a_glimpse_in_one_frame_is_never_shown():
    assert not any(follow(BoxTracker(), [found(still()), found(), found(), found()]))


def test_one_wrong_guess_does_not_change_the_name():
    frames = [found(still(0))] * 6 + [found(still(1, 0.95))] + [found(still(0))] * 6
    assert {track.class_id for tracks in follow(BoxTracker(), frames) for track in tracks} == {0}


def test_a_name_that_was_wrong_is_corrected_soon():
    frames = [found(still(0, 0.5))] * 5 + [found(still(1, 0.9))] * 10
    shown = follow(BoxTracker(), frames)
    assert shown[-1][0].class_id == 1
    assert shown[-1][0].number == shown[2][0].number


def test_two_opinions_about_one_part_are_one_part_with_the_better_name():
    shown = follow(BoxTracker(), [found(still(0, 0.6), still(1, 0.8))] * 5)
    assert [track.class_id for track in shown[-1]] == [1]


def test_a_part_hidden_for_a_moment_keeps_its_number_and_is_marked():
    hidden = int(0.5 * KEPT_S / STEP_S)
    shown = follow(BoxTracker(), [found(still())] * 5 + [found()] * hidden + [found(still())] * 3)
    assert all(len(tracks) == 1 for tracks in shown[1:])
    assert [tracks[0].is_seen for tracks in shown[4 : 6 + hidden]] == [True] + [False] * hidden + [True]
    assert len({tracks[0].number for tracks in shown[1:]}) == 1


def test_a_part_that_left_is_forgotten():
    shown = follow(BoxTracker(), [found(still())] * 5 + [found()] * int(2 * KEPT_S / STEP_S))
    assert shown[-1] == ()


def test_a_moving_part_is_followed_without_lag():
    path = [100 + 40.0 * number for number in range(30)]  # 600 px/s
    shown = follow(BoxTracker(), [found(still(left=left)) for left in path])
    for left, tracks in list(zip(path, shown, strict=True))[8:]:
        assert abs(tracks[0].box_xyxy[0] - left) < 12
    assert len({tracks[0].number for tracks in shown[1:]}) == 1


def test_a_small_part_that_jumps_further_than_its_size_between_slow_frames_is_the_same_within_reach():
    frames = [found((100.0 + 30 * number, 100.0, 140.0 + 30 * number, 140.0, 0.8, 0)) for number in range(8)]
    assert len({track.number for tracks in follow(BoxTracker(), frames, 0.3) for track in tracks}) == 1


def test_two_parts_side_by_side_never_change_numbers():
    generator = np.random.default_rng(4)
    frames = []
    for _ in range(60):
        moved = generator.normal(0, 4, 2)
        rows = [still(0, 0.7, 400 + moved[0]), still(0, 0.7, 620 + moved[1])]
        frames.append(found(*(rows if generator.random() < 0.5 else rows[::-1])))
    lefts = {}
    for tracks in follow(BoxTracker(), frames)[1:]:
        for track in tracks:
            lefts.setdefault(track.number, []).append(track.box_xyxy[0])
    assert len(lefts) == 2
    assert all(np.ptp(values) < 60 for values in lefts.values())


def test_a_noisy_detector_flickers_far_less_when_followed():
    """A detector that misses one frame in five, guesses the wrong class in one of ten and trembles by 4 px."""
    generator = np.random.default_rng(1)
    frames = [noisy_frame(generator) for _ in range(600)]
    followed = follow(BoxTracker(), frames)
    shown = VisibleTracks(lambda _: 0.4)
    steady = [[(track.class_id, track.box_xyxy) for track in shown.update(tracks)] for tracks in followed]
    raw = [
        [
            (int(kind), tuple(box))
            for box, score, kind in zip(frame.boxes_xyxy, frame.scores, frame.class_ids, strict=True)
            if score >= 0.4
        ]
        for frame in frames
    ]
    assert num_changes(steady) * 20 < num_changes(raw)
    assert trembling_px(steady) * 1.5 < trembling_px(raw)


def noisy_frame(generator):
    if generator.random() < 0.2:
        return found()
    left, top, right, bottom, _, _ = still()
    box = np.array([left, top, right, bottom]) + generator.normal(0, 4, 4)
    return found((*box, np.clip(generator.normal(0.6, 0.12), 0, 1), int(generator.random() < 0.1)))


def num_changes(frames):
    """Count frames whose names differ from those of the frame before."""
    names = [sorted(kind for kind, _ in frame) for frame in frames[2:]]
    return sum(a != b for a, b in itertools.pairwise(names))


def trembling_px(frames):
    boxes = np.array([frame[0][1] for frame in frames if frame])
    return float(np.abs(np.diff(boxes, axis=0)).mean())


def test_another_size_of_picture_or_a_long_pause_begins_anew():
    tracker = BoxTracker()
    follow(tracker, [found(still())] * 5)
    assert tracker.update(found(still()), 5 * STEP_S, (640, 480)) == ()
    follow(tracker, [found(still())] * 5)
    assert tracker.update(found(still()), 60.0, SIZE_WH) == ()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(
            st.tuples(
                st.integers(0, 1900), st.integers(0, 1000), st.integers(1, 400), st.integers(1, 400), st.integers(0, 3)
            ),
            max_size=6,
        ),
        max_size=12,
    )
)
def test_whatever_is_detected_tracks_lie_in_the_picture_and_their_numbers_differ(frames):
    tracker = BoxTracker()
    for number, rows in enumerate(frames):
        boxes = [(x, y, min(x + w, 1920), min(y + h, 1080), 0.5, kind) for x, y, w, h, kind in rows]
        tracks = tracker.update(found(*boxes), number * STEP_S, SIZE_WH)
        assert len({track.number for track in tracks}) == len(tracks)
        for track in tracks:
            left, top, right, bottom = track.box_xyxy
            assert 0 <= left <= right <= 1920
            assert 0 <= top <= bottom <= 1080
            assert 0 <= track.score <= 1


@pytest.mark.parametrize(("scores", "expected"), [((0.5, 0.38, 0.41, 0.3), (1, 1, 1, 0)), ((0.38, 0.39), (0, 0))])
def test_a_part_around_the_threshold_does_not_blink(scores, expected):
    shown = VisibleTracks(lambda _: 0.4)
    counts = [len(shown.update([Track(1, 0, score, (0, 0, 1, 1), is_seen=True)])) for score in scores]
    assert tuple(counts) == expected


def with_mask(row):
    """Detections whose pixels are their box but for its right half."""
    left, top, right, bottom = map(int, row[:4])
    pixels = np.zeros(SIZE_WH[::-1], bool)
    pixels[top:bottom, left : (left + right) // 2] = True
    return replace(found(row), masks=(Mask.of(pixels),))


def test_a_part_is_shown_with_the_pixels_that_were_just_seen_and_from_memory_with_none():
    shown = follow(BoxTracker(), [with_mask(still()), with_mask(still()), with_mask(still(left=504.0)), found()])
    for tracks, left in zip(shown[1:3], (500, 504), strict=True):
        (ring,) = tracks[0].outlines
        np.testing.assert_allclose([*ring.min(axis=0), *ring.max(axis=0)], [left, 300, left + 100, 450], atol=2)
    assert not shown[3][0].is_seen
    assert shown[3][0].outlines == ()
