"""Crops show a box and what is around it, the same to all who cut them."""

import numpy as np
import pytest

from partsight.detector.crops import as_input, cut_crops
from partsight.structures.verifier_spec import VerifierSpec

SPEC = VerifierSpec(size_px=56, margin=0.2)


def picture(width=200, height=120):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_a_square_of_the_network_s_size_is_cut_pixel_by_pixel():
    image = picture()
    (crop,) = cut_crops(image, np.array([[60.0, 30.0, 100.0, 70.0]]), SPEC)  # 40 px and 8 px on each side
    assert np.array_equal(crop, image[22:78, 52:108])


def test_long_boxes_are_seen_whole_and_not_stretched():
    image = np.zeros((120, 200, 3), np.uint8)
    image[50:60, 60:140] = 255
    (crop,) = cut_crops(image, np.array([[60.0, 50.0, 140.0, 60.0]]), SPEC)
    rows, columns = np.nonzero(crop[..., 0] > 127)
    assert np.ptp(columns) + 1 == pytest.approx(80 / 112 * 56, abs=1)
    assert np.ptp(rows) + 1 == pytest.approx(10 / 112 * 56, abs=1)


def test_what_lies_outside_the_picture_is_gray_and_nothing_to_the_network():
    image = np.full((120, 200, 3), 255, np.uint8)
    crops = cut_crops(image, np.array([[-20.0, 40.0, 20.0, 80.0], [300.0, 300.0, 340.0, 340.0]]), SPEC)
    assert (crops[0][:, :24] == SPEC.padding_value).all()
    assert (crops[0][:, 30:] == 255).all()
    assert (as_input(crops[1:], SPEC) == 0).all()


def test_made_smaller_fine_patterns_are_averaged_not_sampled():
    image = np.zeros((400, 400, 3), np.uint8)
    image[::2] = 255
    (crop,) = cut_crops(image, np.array([[50.0, 50.0, 330.0, 330.0]]), SPEC)
    assert np.abs(crop[8:-8, 8:-8].astype(int) - 127).max() <= 8


def test_no_boxes_give_no_crops_and_an_empty_box_gives_one():
    assert cut_crops(picture(), np.zeros((0, 4)), SPEC).shape == (0, 56, 56, 3)
    assert cut_crops(picture(), np.array([[50.0, 50.0, 50.0, 50.0]]), SPEC).shape == (1, 56, 56, 3)
