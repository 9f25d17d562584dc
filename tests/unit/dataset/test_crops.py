"""Crops cover a photo, overlap, and their labels are what is seen of the parts in them."""

import itertools
from pathlib import Path

import numpy as np
import pytest

from partsight.dataset.crops import OVERLAP, crop_photo, cut, list_crops, windows
from partsight.structures.sample import Sample

MIN_VISIBLE = 0.25
BOXES = np.array([[10, 20, 60, 50], [90, 30, 130, 44], [180, 60, 199, 119], [97, 57, 103, 63]], float)


@pytest.fixture
def photo():
    return Sample("shelf", Path("shelf.jpg"), (200, 120), BOXES, np.array([0, 1, 2, 1]), "photo", "monday")


@pytest.mark.parametrize("size_wh", [(200, 120), (121, 400), (64, 64), (1001, 333)])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.8, 1.0])
def test_windows_cover_the_photo_and_overlap(size_wh, share):
    found = windows(size_wh, share)
    side = round(share * max(size_wh))
    times = np.zeros(size_wh[::-1], int)
    for left, top, right, bottom in found:
        assert (right - left, bottom - top) == (min(side, size_wh[0]), min(side, size_wh[1]))
        times[top:bottom, left:right] += 1
    assert times.min() >= 1
    lefts = sorted({left for left, *_ in found})
    assert all(after - before <= (1 - OVERLAP) * side + 1 for before, after in itertools.pairwise(lefts))


def test_the_whole_photo_is_one_crop(photo):
    (only,) = crop_photo(photo, 1.0, MIN_VISIBLE, Path("crops"))
    assert only.window == (0, 0, 200, 120)
    assert only.sample.boxes_xyxy.tolist() == BOXES.tolist()


@pytest.mark.parametrize("share", [0.25, 0.5, 0.7])
def test_labels_are_what_is_seen_of_each_part(photo, share):
    picture = np.zeros((120, 200, 3), np.uint8)
    for number, (left, top, right, bottom) in enumerate(BOXES.astype(int), start=1):
        picture[top:bottom, left:right] = number
    num_labeled = np.zeros(len(BOXES), int)
    for crop in crop_photo(photo, share, MIN_VISIBLE, Path("crops")):
        pixels = cut(picture, crop.window)
        assert pixels.shape[1::-1] == crop.sample.size_wh
        expected = []
        for number, box in enumerate(BOXES, start=1):
            rows, columns = np.nonzero(pixels[..., 0] == number)
            if len(rows) >= MIN_VISIBLE * np.prod(box[2:] - box[:2]) and len(rows):
                extent = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
                expected.append((extent, photo.class_ids[number - 1]))
                num_labeled[number - 1] += 1
        found = zip(crop.sample.boxes_xyxy.tolist(), crop.sample.class_ids.tolist(), strict=True)
        assert list(found) == [(extent, class_id) for extent, class_id in expected]
    assert (num_labeled >= 1).all()


def test_ids_and_pictures_differ_and_the_session_stays(photo):
    crops = crop_photo(photo, 0.5, MIN_VISIBLE, Path("crops"))
    assert len(crops) > 3
    for things in ({crop.sample.sample_id for crop in crops}, {crop.sample.image_path for crop in crops}):
        assert len(things) == len(crops)
    assert {crop.sample.session for crop in crops} == {"monday"}


@pytest.mark.parametrize("times", [0, 1, 7, 40])
def test_crops_together_come_about_as_often_as_the_photo(photo, times):
    crops = crop_photo(photo, 0.3, MIN_VISIBLE, Path("crops"))
    with_parts = {crop.sample.sample_id for crop in crops if len(crop.sample.class_ids)}
    listed = list_crops(crops, times, np.random.default_rng(0))
    assert set(listed) == {crop.sample.sample_id for crop in crops}
    assert sum(listed.values()) == (max(times, len(with_parts)) if times else 0)
    assert all(listed[sample_id] >= min(times, 1) for sample_id in with_parts)
    shown_empty = [count for sample_id, count in listed.items() if sample_id not in with_parts and count]
    assert len(shown_empty) <= len(with_parts)


def test_of_a_photo_without_parts_as_many_crops_come_as_the_photo_did():
    empty = Sample("room", Path("room.jpg"), (400, 300), np.zeros((0, 4)), np.zeros(0, int), "photo", "places/room")
    crops = crop_photo(empty, 0.5, MIN_VISIBLE, Path("crops"))
    for times in (0, 1, 2, 25):
        assert sum(list_crops(crops, times, np.random.default_rng(1)).values()) == times
