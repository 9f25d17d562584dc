"""Masks in runs, and outlines that are cut and filled."""

import numpy as np
import pytest

from partsight.structures.detections import Detections
from partsight.structures.mask import Mask
from partsight.structures.polygon import clip_polygon, fill_polygon


def random_pixels(rng):
    return rng.random(tuple(rng.integers(1, 20, 2))) < rng.choice([0, 0.05, 0.5, 0.95, 1])


def test_a_mask_gives_its_pixels_back_however_it_was_made():
    rng = np.random.default_rng(0)
    for _ in range(200):
        pixels = random_pixels(rng)
        height, width = pixels.shape
        mask = Mask.of(pixels)
        np.testing.assert_array_equal(mask.pixels, pixels)
        np.testing.assert_array_equal(Mask.from_counts(mask.counts, (width, height)).pixels, pixels)
        assert mask.num_px == pixels.sum()


def test_a_rectangle_of_a_picture_is_a_mask_of_the_whole_picture():
    rng = np.random.default_rng(1)
    for _ in range(200):
        pixels = random_pixels(rng)
        height, width = pixels.shape
        top, left = int(rng.integers(0, height)), int(rng.integers(0, width))
        kept = np.zeros_like(pixels)
        kept[top:, left:] = pixels[top:, left:]
        mask = Mask.of(pixels[top:, left:], (left, top), (width, height))
        np.testing.assert_array_equal(mask.counts, Mask.of(kept).counts)


def test_masks_share_the_pixels_that_both_have():
    rng = np.random.default_rng(2)
    for _ in range(200):
        pixels = random_pixels(rng)
        other = rng.random(pixels.shape) < 0.4
        assert Mask.of(pixels).overlap_px(Mask.of(other)) == (pixels & other).sum()


def test_runs_that_do_not_fill_the_picture_are_refused():
    with pytest.raises(ValueError, match="runs of 5 pixels in a mask of 2×3"):
        Mask.from_counts(np.array([2, 3]), (2, 3))


def test_chosen_detections_keep_their_masks():
    masks = tuple(Mask.of(np.eye(3, dtype=bool) & (np.arange(3) == n)) for n in range(3))
    found = Detections(np.zeros((3, 4)), np.array([0.9, 0.5, 0.1]), np.zeros(3), masks)
    assert found[1].mask is masks[1]
    assert found[np.array([True, False, True])].masks == (masks[0], masks[2])
    assert found[[2, 0]].masks == (masks[2], masks[0])
    assert found[:0].masks == ()


def test_a_polygon_cut_at_the_picture_fills_the_pixels_that_it_filled_there():
    rng = np.random.default_rng(3)
    for _ in range(200):
        width, height = rng.integers(3, 30, 2).tolist()
        points = rng.random((7, 2)) * [width + 10, height + 10] - 5
        inside = clip_polygon(points, np.array([0.0, 0.0, width, height]))
        whole = fill_polygon(points, (width, height))
        assert not whole.any() if not len(inside) else (fill_polygon(inside, (width, height)) == whole).all()


def test_a_polygon_fills_the_pixels_whose_centers_it_goes_around():
    points = np.array([[1.0, 1.0], [4.0, 1.0], [4.0, 3.0], [1.0, 3.0]])
    filled = fill_polygon(points, (6, 5))
    assert filled.sum() == 6
    assert filled[1:3, 1:4].all()
