"""Things that are none of the classes: which there are, and which are taken for parts."""

import numpy as np

from partsight.evaluate.breakdown.unknown_objects import Scenery, count_unknown, find_strays, thing_boxes
from partsight.evaluate.matching import match

from .scenes import ABOVE, LEFT, RIGHT, dataset, found, sample

ALONE = (60, 60, 80, 80)


def counted(sample, things, guesses, threshold=0.5, num_pictures=1):
    strays = find_strays(match(dataset(sample), [guesses]), threshold)
    return count_unknown([Scenery(np.array(things), one) for one in strays] * num_pictures, 2)


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
    unknown = counted(sample("a", [LEFT], [0]), [RIGHT], found([LEFT, RIGHT], [0.9, 0.8], [0, 1]))
    assert (unknown.num_things, unknown.taken_as, unknown.num_elsewhere) == (1, (0, 1), 0)


def test_a_part_taken_for_another_is_no_unknown_object():
    assert counted(sample("a", [LEFT], [0]), [RIGHT], found([LEFT], [0.9], [1])).taken_as == (0, 0)


def test_detections_where_nothing_is_and_below_the_threshold():
    unknown = counted(sample("a"), [RIGHT], found([ALONE, RIGHT, ABOVE], [0.9, 0.4, 0.6], [0, 0, 0]), num_pictures=2)
    assert (unknown.num_pictures, unknown.num_things, unknown.taken_as, unknown.num_elsewhere) == (2, 2, (0, 0), 4)


def test_each_class_may_have_its_own_threshold():
    assert counted(
        sample("a"), [LEFT, RIGHT], found([LEFT, RIGHT], [0.6, 0.6], [0, 1]), np.array([0.5, 0.7])
    ).taken_as == (1, 0)


def test_one_thing_is_taken_once():
    unknown = counted(sample("a"), [LEFT], found([LEFT, LEFT], [0.9, 0.8], [0, 1]))
    assert (sum(unknown.taken_as), unknown.num_elsewhere) == (1, 1)


def test_the_surest_detection_on_a_thing_names_it():
    looser = (22, 0, 30, 10)
    assert counted(sample("a"), [RIGHT], found([RIGHT, looser], [0.6, 0.9], [0, 1])).taken_as == (0, 1)


def test_a_second_detection_on_a_part_is_neither_on_a_thing_nor_elsewhere():
    unknown = counted(sample("a", [LEFT], [0]), [LEFT], found([LEFT, LEFT], [0.9, 0.8], [0, 0]))
    assert (sum(unknown.taken_as), unknown.num_elsewhere) == (0, 0)
