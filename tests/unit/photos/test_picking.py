"""Picking: sharp frames that differ, no more than asked for, the same ones each time."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partsight.photos.footage import PreviewFrame
from partsight.photos.measuring import Measurement, measure, sharpness
from partsight.photos.picking import ALIKE, NEIGHBORHOOD_S, find_sharp, pick, pick_steps
from partsight.photos.stills import small_gray

from .videos import RATE, blurred, pan, texture


def measured(images, times_s=None):
    times_s = [number / RATE for number in range(len(images))] if times_s is None else times_s
    return [
        measure(PreviewFrame(number, time_s, small_gray(image)))
        for number, (image, time_s) in enumerate(zip(images, times_s, strict=True))
    ]


def direction(seed: int, sharp: float = 1.0, number: int = 0, time_s: float | None = None) -> Measurement:
    look = np.random.default_rng(seed).normal(size=256)
    return Measurement(number, time_s, sharp, (look / np.linalg.norm(look)).astype(np.float16), 0)


def smallest_difference(picked) -> float:
    looks = [measurement.look.astype(float) for measurement in picked]
    return min(np.linalg.norm(a - b) for number, a in enumerate(looks) for b in looks[:number])


def test_blur_lowers_sharpness_whatever_the_scene():
    for seed in range(5):
        image = texture(seed, (640, 480))
        values = [sharpness(small_gray(blurred(image, radius))) for radius in (0.1, 1, 2, 4)]
        assert values == sorted(values, reverse=True)
        assert values[0] > 10 * values[-1]


def test_blurred_frames_are_never_picked_and_are_counted():
    images = pan(100)
    is_blurred = [number % 7 in {2, 3} for number in range(100)]
    images = [blurred(image) if blur else image for image, blur in zip(images, is_blurred, strict=True)]
    picking = pick(measured(images), 20)
    assert len(picking.picked) == 20
    assert not any(is_blurred[measurement.number] for measurement in picking.picked)
    assert picking.num_blurred == sum(is_blurred)


def test_a_blurred_stretch_longer_than_the_neighborhood_is_found():
    images = pan(140, 4)
    images[40:100] = [blurred(image) for image in images[40:100]]
    sharp = np.flatnonzero(find_sharp(measured(images)))
    assert set(sharp) == {*range(40), *range(100, 140)}


def test_a_plain_scene_is_not_taken_for_blurred_beside_a_detailed_one():
    plain = [(100 + (image.astype(float) - 100) * 0.4).astype(np.uint8) for image in pan(60, seed=1)]
    is_sharp = find_sharp(measured([*pan(60), *plain]))
    assert is_sharp[:60].all()
    assert is_sharp[60 + int(NEIGHBORHOOD_S * RATE) + 1 :].all()


def test_pictures_without_times_are_never_called_blurred():
    images = [texture(0, (320, 240)), blurred(texture(1, (320, 240)))]
    assert find_sharp(measured(images, [None, None])).all()


def test_a_camera_that_stands_still_gives_one_frame():
    generator = np.random.default_rng(0)
    scene = texture(0, (320, 240)).astype(float)
    images = [np.clip(scene + generator.normal(0, 3, scene.shape), 0, 255).astype(np.uint8) for _ in range(30)]
    picking = pick(measured(images), 10)
    assert (len(picking.picked), picking.num_alike) == (1, 29)


def test_brighter_copies_are_alike():
    scene = texture(0, (320, 240))
    picking = pick(measured([scene, (scene * 0.7 + 20).astype(np.uint8)]), 10)
    assert len(picking.picked) == 1


def test_long_and_short_stays_count_the_same():
    """Frames at even steps would come from the long stay only; the picked ones cover all views."""
    views = [texture(seed, (320, 240)) for seed in range(4)]
    images = [*[views[0]] * 60, views[1], *[views[2]] * 5, views[3]]
    picking = pick(measured(images), 4)
    assert {60, 66} < {measurement.number for measurement in picking.picked}
    assert smallest_difference(picking.picked) > 0.5


@settings(max_examples=60, deadline=None)
@given(seeds=st.lists(st.integers(0, 12), max_size=30), most=st.integers(1, 8), num_known=st.integers(0, 3))
def test_every_frame_is_accounted_for_and_picked_ones_differ(seeds, most, num_known):
    measurements = [direction(seed, 1 + number % 3, number, number / RATE) for number, seed in enumerate(seeds)]
    known = [direction(seed).look for seed in range(num_known)]
    picking = pick(measurements, most, known)
    counts = (len(picking.picked), picking.num_blurred, picking.num_alike, picking.num_surplus)
    assert sum(counts) == picking.num_seen == len(seeds)
    assert min(counts) >= 0
    assert len(picking.picked) <= most
    numbers = [measurement.number for measurement in picking.picked]
    assert numbers == sorted(set(numbers))
    if len(numbers) > 1:
        assert smallest_difference(picking.picked) >= ALIKE * 0.99
    assert not {seeds[number] for number in numbers} & set(range(num_known))
    assert picking == pick(measurements, most, known)


def test_the_smallest_difference_is_at_least_half_of_the_best_possible():
    from itertools import combinations

    measurements = [direction(seed, 1.0, seed, None) for seed in range(9)]
    best = max(smallest_difference(chosen) for chosen in combinations(measurements, 4))
    assert smallest_difference(pick(measurements, 4).picked) >= best / 2


def test_of_equal_looks_the_sharpest_is_picked():
    same = direction(0)
    measurements = [
        dataclasses.replace(same, number=number, sharpness=value) for number, value in enumerate((2, 5, 5, 3))
    ]
    assert [measurement.number for measurement in pick(measurements, 3).picked] == [1]


def test_what_looks_like_a_known_picture_is_not_picked_again():
    images = pan(40, 16)
    first = pick(measured(images), 5)
    second = pick(measured(images), 5, [measurement.look for measurement in first.picked])
    assert not {m.number for m in first.picked} & {m.number for m in second.picked}


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 900, 3), (900, 2, 3), (50, 50, 3)])
def test_tiny_and_one_colored_pictures_are_measured_too(shape):
    measurement = measure(PreviewFrame(0, None, small_gray(np.full(shape, 77, np.uint8))))
    assert measurement.sharpness == 0
    assert not measurement.look.any()


def test_nothing_gives_nothing():
    assert pick([], 5).picked == ()


@pytest.mark.parametrize(
    ("step_s", "most", "times_s"), [(0.2, 40, [0.0, 0.2, 0.4, 0.6, 0.8]), (0.25, 3, [0.0, 0.25, 0.5])]
)
def test_steps_take_a_frame_every_so_often_whatever_it_shows(step_s, most, times_s):
    frames = [direction(1, sharp=0.0, number=number, time_s=number / 20) for number in range(20)]
    picking = pick_steps(frames, step_s, most)
    assert [one.time_s for one in picking.picked] == pytest.approx(times_s)
    assert len(picking.picked) + picking.num_surplus + picking.num_between == picking.num_seen
    assert len(pick_steps([direction(1), direction(1)], step_s, most).picked) == 2, "of single pictures all"
