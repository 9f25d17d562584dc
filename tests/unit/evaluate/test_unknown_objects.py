"""Things that are none of the classes: which there are, and which are taken for parts."""

import numpy as np

from partsight.evaluate.unknown_objects import Scenery, count_unknown, thing_boxes

from .scenes import ABOVE, LEFT, RIGHT, found, sample

ALONE = (60, 60, 80, 80)


def mask_of(*boxes):
    mask = np.full((100, 100), -1)
    for number, (left, top, right, bottom) in boxes:
        mask[top:bottom, left:right] = number
    return mask


def test_things_are_what_is_neither_part_nor_surroundings():
    mask = mask_of((0, (0, 50, 100, 100)), (1, (10, 10, 30, 30)), (2, (60, 20, 90, 45)), (3, (40, 5, 43, 8)))
    assert thing_boxes(mask, part_ids=[1]).tolist() == [[60, 20, 90, 45]]  # 0 is a ground, 3 is too small


def test_a_picture_of_nothing_holds_no_thing():
    assert thing_boxes(mask_of(), []).shape == (0, 4)


def test_a_detection_on_a_thing_is_a_thing_taken_for_a_part():
    scenery = Scenery(sample("a", [LEFT], [0]), np.array([RIGHT]), found([LEFT, RIGHT], [0.9, 0.8], [0, 1]))
    unknown = count_unknown([scenery], 0.5, 2)
    assert (unknown.num_things, unknown.taken_as, unknown.num_elsewhere) == (1, (0, 1), 0)


def test_a_part_taken_for_another_is_no_unknown_object():
    scenery = Scenery(sample("a", [LEFT], [0]), np.array([RIGHT]), found([LEFT], [0.9], [1]))
    assert count_unknown([scenery], 0.5, 2).taken_as == (0, 0)


def test_detections_where_nothing_is_and_below_the_threshold():
    scenery = Scenery(sample("a"), np.array([RIGHT]), found([ALONE, RIGHT, ABOVE], [0.9, 0.4, 0.6], [0, 0, 0]))
    unknown = count_unknown([scenery, scenery], 0.5, 1)
    assert (unknown.num_pictures, unknown.num_things, unknown.taken_as, unknown.num_elsewhere) == (2, 2, (0,), 4)


def test_each_class_may_have_its_own_threshold():
    scenery = Scenery(sample("a"), np.array([LEFT, RIGHT]), found([LEFT, RIGHT], [0.6, 0.6], [0, 1]))
    assert count_unknown([scenery], np.array([0.5, 0.7]), 2).taken_as == (1, 0)


def test_one_thing_is_taken_once():
    scenery = Scenery(sample("a"), np.array([LEFT]), found([LEFT, LEFT], [0.9, 0.8], [0, 1]))
    unknown = count_unknown([scenery], 0.5, 2)
    assert (sum(unknown.taken_as), unknown.num_elsewhere) == (1, 1)
