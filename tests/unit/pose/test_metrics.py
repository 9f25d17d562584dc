"""Errors of poses equal what is calculated by hand."""

import numpy as np
import pytest

from partsight.pose.metrics import (
    add_s_m,
    area_under_curve,
    average_recall,
    mspd_px,
    mspd_unit_px,
    mssd_m,
    rotation_error_deg,
)  # fmt: skip
from partsight.structures.world.transform import rigid, rotation_about

SQUARE = np.array([[1.0, 1, 0], [1, -1, 0], [-1, 1, 0], [-1, -1, 0]])
AT_10 = rigid(np.eye(3), [0, 0, 10])
QUARTER = rigid(rotation_about([0, 0, 1], 90), [0, 0, 0])
NONE = np.eye(4)[None]
BOTH = np.stack([np.eye(4), QUARTER])


def test_surface_distance_of_a_shift_is_the_shift():
    assert mssd_m(rigid(np.eye(3), [0.3, 0.4, 10]), AT_10, SQUARE, NONE) == pytest.approx(0.5)


def test_surface_distance_of_a_quarter_turn_is_the_side_and_nothing_with_the_symmetry():
    turned = AT_10 @ QUARTER
    assert mssd_m(turned, AT_10, SQUARE, NONE) == pytest.approx(2.0)
    assert mssd_m(turned, AT_10, SQUARE, BOTH) == pytest.approx(0.0, abs=1e-12)


def test_projection_distance_is_in_pixels():
    assert mspd_px(rigid(np.eye(3), [0.3, 0, 10]), AT_10, SQUARE, NONE, focal_px=500) == pytest.approx(15.0)
    assert mspd_px(rigid(np.eye(3), [0, 0, -10]), AT_10, SQUARE, NONE, focal_px=500) == np.inf


def test_add_s_asks_for_the_nearest_point_so_that_a_quarter_turn_of_a_square_is_none():
    assert add_s_m(AT_10 @ QUARTER, AT_10, SQUARE) == pytest.approx(0.0, abs=1e-12)
    assert add_s_m(rigid(np.eye(3), [0, 0, 10.5]), AT_10, SQUARE) == pytest.approx(0.5)


def test_average_recall_counts_thresholds_from_5_to_50_percent():
    assert average_recall(np.array([0.0]), 1.0) == 1.0
    assert average_recall(np.array([0.26]), 1.0) == pytest.approx(0.5)
    assert average_recall(np.array([0.26, 0.9]), 1.0) == pytest.approx(0.25)
    assert average_recall(np.array([26.0]), 100.0) == pytest.approx(0.5)
    assert np.isnan(average_recall(np.array([]), 1.0))


def test_pixels_are_those_of_a_picture_640_wide():
    assert mspd_unit_px(640) == 100
    assert mspd_unit_px(1280) == 200


def test_area_under_the_curve_is_one_minus_the_mean_error_cut_off():
    assert area_under_curve(np.array([0.0, 0.05, 9.0]), 0.1) == pytest.approx((1 + 0.5 + 0) / 3)


def test_rotation_error_is_the_angle_at_the_best_symmetry():
    turned = AT_10 @ rigid(rotation_about([0, 0, 1], 80), [0, 0, 0])
    assert rotation_error_deg(turned, AT_10, NONE) == pytest.approx(80)
    assert rotation_error_deg(turned, AT_10, BOTH) == pytest.approx(10)
