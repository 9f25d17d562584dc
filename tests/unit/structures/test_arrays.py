"""Nouns are frozen: their arrays are checked once and can not be changed afterwards."""

import numpy as np
import pytest

from partsight.structures.arrays import locked
from partsight.structures.detections import Detections, above
from partsight.structures.world.material import linear_from_srgb, srgb_from_linear


def test_a_locked_array_cannot_be_written():
    detections = Detections([[0, 0, 1, 1]], [0.5], [0])
    with pytest.raises(ValueError, match="read-only"):
        detections.scores[0] = 1.0


def test_locking_leaves_the_callers_array_alone():
    mine = np.zeros((2, 3))
    kept = locked(mine, np.float64, (None, 3))
    mine[0, 0] = 7
    assert kept[0, 0] == 0


def test_a_wrong_shape_names_both():
    with pytest.raises(ValueError, match=r"\(2, 2\) where \(None, 3\)"):
        locked(np.zeros((2, 2)), np.float64, (None, 3))


def test_nothing_fits_any_number_of_rows():
    assert Detections([], [], []).boxes_xyxy.shape == (0, 4)


def test_as_many_scores_as_boxes():
    with pytest.raises(ValueError, match=r"\(2,\) where \(1,\)"):
        Detections([[0, 0, 1, 1]], [0.5, 0.6], [0])


def test_above_keeps_what_reaches_the_threshold():
    detections = Detections([[0, 0, 1, 1]] * 3, [0.9, 0.5, 0.1], [0, 1, 2])
    assert above(detections, 0.5).class_ids.tolist() == [0, 1]


def test_srgb_and_linear_are_inverse():
    values = np.linspace(0, 1, 256)
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-12)
