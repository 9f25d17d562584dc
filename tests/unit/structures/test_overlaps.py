"""Who takes which box."""

import ast
from pathlib import Path

import numpy as np
import pytest

import partsight
from partsight.structures.boxes import FOUND_IOU, pairwise_iou
from partsight.structures.overlaps import gather_overlaps, take_boxes

BOX = np.array([[0.0, 0, 10, 10]])


def test_the_first_detection_takes_a_box_and_leaves_nothing_for_the_second():
    overlaps = gather_overlaps([(np.repeat(BOX, 2, axis=0), BOX)])
    assert take_boxes(overlaps, np.zeros(2, int), (0.5,)).tolist() == [[0, -1]]


def test_detections_of_two_groups_choose_alike():
    overlaps = gather_overlaps([(BOX, BOX), (np.zeros((0, 4)), BOX), (BOX, np.zeros((0, 4))), (BOX, BOX)])
    assert take_boxes(overlaps, np.arange(3), (0.5,)).tolist() == [[0, -1, 2]]


def test_without_boxes_or_detections_nothing_is_taken():
    assert take_boxes(gather_overlaps([]), np.zeros(0, int), (0.5, 0.7)).shape == (2, 0)
    assert take_boxes(gather_overlaps([(BOX, np.zeros((0, 4)))]), np.zeros(1, int), (0.5,)).tolist() == [[-1]]


@pytest.mark.parametrize("seed", range(10))
def test_at_each_overlap_the_boxes_are_those_taken_one_after_the_other(seed):
    rng = np.random.default_rng(seed)
    pictures = [tuple(near(rng, int(count)) for count in rng.integers(0, 12, 2)) for _ in range(6)]
    least = np.linspace(0.5, 0.95, 10)
    group_ids = np.repeat(np.arange(6), [len(boxes) for boxes, _ in pictures])
    expected, start = [], 0
    for boxes, true in pictures:
        expected.append([one_after_the_other(pairwise_iou(boxes, true), limit, start) for limit in least])
        start += len(true)
    taken = take_boxes(gather_overlaps(pictures), group_ids, least)
    assert taken.tolist() == np.concatenate(expected, axis=1).astype(int).tolist()


def near(rng, count):
    corners = rng.integers(0, 4, (count, 2))
    return np.concatenate([corners, corners + rng.integers(5, 9, (count, 2))], axis=1).astype(float)


def one_after_the_other(iou, least, start):
    free, taken = set(range(iou.shape[1])), []
    for row in iou:
        offers = [(row[box], box) for box in free if row[box] >= least]
        taken.append(max(offers)[1] if offers else -1)
        free -= {taken[-1]}
    return [start + box if box >= 0 else -1 for box in taken]


def test_one_constant_says_from_which_overlap_on_two_boxes_show_one_object():
    """Other overlaps than one half are limits of something else: of suppression, of tracks, of near misses."""
    source = Path(partsight.__file__).parent
    names = [
        f"{path.relative_to(source)}: {target.id}"
        for path in sorted(source.rglob("*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.value.value == FOUND_IOU
        for target in node.targets
        if isinstance(target, ast.Name) and "IOU" in target.id
    ]
    assert names == ["structures/boxes.py: FOUND_IOU"]
