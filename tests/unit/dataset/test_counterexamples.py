"""Boxes that show none of the parts, and boxes that still show them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partsight.dataset.counterexamples import (
    ELSEWHERE_IOU,
    only_elsewhere,
    sample_elsewhere,
    sample_pieces,
    vary_boxes,
)
from partsight.structures.boxes import pairwise_iou

SIZE_WH = (320, 240)


def parts(rng, num):
    corners = rng.uniform(0, (220, 140), (num, 2))
    return np.concatenate([corners, corners + rng.uniform(12, 100, (num, 2))], axis=1)


@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
def test_boxes_elsewhere_and_pieces_overlap_no_part_and_lie_in_the_picture(seed, num):
    rng = np.random.default_rng(seed)
    boxes = parts(rng, num)
    for found in (sample_elsewhere(SIZE_WH, boxes, 4, rng), sample_pieces(boxes, rng)):
        assert pairwise_iou(found, boxes).max(initial=0.0) < ELSEWHERE_IOU
        assert (found[:, :2] >= 0).all()
        assert (found[:, 2:] <= np.array(SIZE_WH) + 1e-9).all()
        assert (found[:, 2:] > found[:, :2]).all()


def test_where_there_is_room_as_many_are_found_as_asked_for():
    assert len(sample_elsewhere(SIZE_WH, np.zeros((0, 4)), 5, np.random.default_rng(0))) == 5
    whole = np.array([[0.0, 0.0, *SIZE_WH]])
    assert (pairwise_iou(sample_elsewhere(SIZE_WH, whole, 5, np.random.default_rng(0)), whole) < ELSEWHERE_IOU).all()


@given(st.integers(0, 2**32 - 1))
def test_a_varied_box_still_shows_its_part(seed):
    rng = np.random.default_rng(seed)
    boxes = parts(rng, 8)
    varied = vary_boxes(boxes, rng)
    assert np.diag(pairwise_iou(varied, boxes)).min() > 0.5
    assert not np.array_equal(varied, boxes)


def test_seeds_draw_and_the_same_seed_draws_alike():
    draws = [sample_elsewhere(SIZE_WH, np.zeros((0, 4)), 3, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


@pytest.mark.parametrize(("iou", "num"), [(0.31, 0), (0.29, 1)])
def test_a_box_that_shows_some_of_a_part_is_no_counterexample(iou, num):
    part, box = np.array([[0.0, 0.0, 100.0, 100.0]]), np.array([[0.0, 0.0, 100.0, 100.0 * iou]])
    assert len(only_elsewhere(box, part)) == num
