import numpy as np
import pytest
from PIL import Image as Pillow

from partsight.evaluate.breakdown.slices import slice_recall
from partsight.evaluate.matching import match
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample

from .scenes import found

SIDE_PX = 200


def picture(folder, name, *, boxes, session, gray=128, class_ids=None):
    path = folder / f"{name}.png"
    Pillow.new("RGB", (SIDE_PX, SIDE_PX), (gray,) * 3).save(path)
    return Sample(
        name, path, (SIDE_PX, SIDE_PX), np.array(boxes, float), class_ids or [0] * len(boxes), "photo", session
    )


def box(side, at=5):
    return [at, at, at + side, at + side]


def sliced(samples, detections, threshold=0.5):
    matched = match(Dataset(("bolt", "nut"), tuple(samples)), detections)
    slices = slice_recall(matched, threshold, np.random.default_rng(0))
    return {(one.group, one.name): one for one in slices}


def test_small_parts_that_are_missed_show_in_the_size_slices(tmp_path):
    samples = [picture(tmp_path, f"{n}", boxes=[box(10), box(100, 60)], session=f"s{n}") for n in range(4)]
    detections = [found([box(100, 60)], [0.9], [0])] * 4
    slices = sliced(samples, detections)
    assert (slices["size", "below 16 px"].recall, slices["size", "below 16 px"].num_boxes) == (0.0, 4)
    assert (slices["size", "64–128 px"].recall, slices["size", "64–128 px"].num_boxes) == (1.0, 4)
    assert ("size", "16–32 px") not in slices


def test_every_box_is_in_one_slice_of_each_group(tmp_path):
    rng = np.random.default_rng(0)
    samples = [
        picture(tmp_path, f"{n}", boxes=[box(int(rng.integers(4, 180)))], session=f"s{n % 3}", gray=20 * n)
        for n in range(9)
    ]
    slices = sliced(samples, [found()] * 9).values()
    for group in ("size", "brightness", "session"):
        assert sum(one.num_boxes for one in slices if one.group == group) == 9


def test_dark_pictures_in_which_nothing_is_found_show_in_the_brightness_slices(tmp_path):
    samples = [picture(tmp_path, f"{n}", boxes=[box(50)], session=f"s{n}", gray=25 * n) for n in range(9)]
    detections = [found() if n < 3 else found([box(50)], [0.9], [0]) for n in range(9)]
    slices = sliced(samples, detections)
    assert slices["brightness", "lowest third"].recall == 0
    assert slices["brightness", "highest third"].recall == 1


def test_intervals_need_two_sessions(tmp_path):
    together = [picture(tmp_path, f"{n}", boxes=[box(50)], session="only") for n in range(4)]
    assert sliced(together, [found()] * 4)["size", "32–64 px"].interval is None
    apart = [picture(tmp_path, f"{n}", boxes=[box(50)], session=f"s{n}") for n in range(20)]
    detections = [found([box(50)], [0.9], [0]) if n % 2 else found() for n in range(20)]
    interval = sliced(apart, detections)["size", "32–64 px"].interval
    assert 0.2 < interval.low < 0.5 < interval.high < 0.8


@pytest.mark.parametrize(("score", "class_id", "is_found"), [(0.9, 0, True), (0.9, 1, False), (0.1, 0, False)])
def test_a_box_counts_as_found_above_the_threshold_and_as_its_class(tmp_path, score, class_id, is_found):
    samples = [picture(tmp_path, "a", boxes=[box(50)], session="s")]
    assert sliced(samples, [found([box(50)], [score], [class_id])])["size", "32–64 px"].recall == is_found


def test_one_detection_serves_one_box(tmp_path):
    twice = picture(tmp_path, "a", boxes=[box(50), box(50, 7)], session="s")
    assert sliced([twice], [found([box(50)], [0.9], [0])])["size", "32–64 px"].recall == 0.5
