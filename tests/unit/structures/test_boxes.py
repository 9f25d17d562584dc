import numpy as np
import pytest

from partsight.structures.boxes import pair_boxes, pairwise_iou

UNIT = np.array([[0.0, 0, 10, 10]])


def test_overlap_is_one_with_itself_and_zero_where_boxes_only_touch():
    assert pairwise_iou(UNIT, np.array([[0.0, 0, 10, 10], [10, 0, 20, 10], [0, 5, 10, 15]]))[0] == pytest.approx(
        [1, 0, 1 / 3]
    )


def test_each_box_is_paired_once_and_the_best_overlap_chooses_first():
    others = np.array([[0.0, 0, 10, 8], [0, 0, 10, 9]])
    assert pair_boxes(UNIT, others, 0.5).tolist() == [[0, 1]]


def test_boxes_without_partners_and_no_boxes_at_all_give_no_pairs():
    assert pair_boxes(UNIT, UNIT + 100, 0.5).shape == (0, 2)
    assert pair_boxes(np.empty((0, 4)), UNIT, 0.5).shape == (0, 2)
