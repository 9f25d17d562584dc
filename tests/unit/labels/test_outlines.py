"""Masks as polygons and turned rectangles: what is drawn from them again is the mask."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from partsight.labels.outlines import joined_outline, outlines_of, smallest_rectangle

MASKS = arrays(np.bool_, st.tuples(st.integers(1, 14), st.integers(1, 14))).filter(np.any)
cv2 = pytest.importorskip("cv2")


def filled(path, shape):
    """Even-odd filling of a closed path, by pixel centers."""
    rows, columns = np.mgrid[: shape[0], : shape[1]] + 0.5
    inside = np.zeros(shape, bool)
    for (x0, y0), (x1, y1) in zip(path, np.roll(path, -1, axis=0), strict=True):
        if y0 != y1:
            crosses = (y0 <= rows) != (y1 <= rows)
            inside ^= crosses & (columns < x0 + (rows - y0) * (x1 - x0) / (y1 - y0))
    return inside


def ellipse(*, hole, size=(120, 90), axes=(40, 22), angle=30):
    picture = np.zeros((size[1], size[0]), np.uint8)
    cv2.ellipse(picture, (60, 45), axes, angle, 0, 360, 1, -1)
    if hole:
        cv2.circle(picture, (60, 45), 8, 0, -1)
    return picture > 0


@settings(max_examples=80, deadline=None)
@given(mask=MASKS)
def test_the_filled_outline_is_the_mask_with_all_its_pieces_and_holes(mask):
    path = joined_outline(outlines_of(mask))
    np.testing.assert_array_equal(filled(path, mask.shape), mask)


@settings(max_examples=80, deadline=None)
@given(mask=MASKS)
def test_an_outline_reaches_as_far_as_the_mask(mask):
    path = joined_outline(outlines_of(mask))
    rows, columns = np.nonzero(mask)
    np.testing.assert_allclose(path.min(axis=0), [columns.min(), rows.min()])
    np.testing.assert_allclose(path.max(axis=0), [columns.max() + 1, rows.max() + 1])


@pytest.mark.parametrize("hole", [False, True])
def test_smooth_shapes_need_few_points_and_stay_exact(hole):
    mask = ellipse(hole=hole)
    path = joined_outline(outlines_of(mask))
    rings = sum(np.count_nonzero(np.diff(np.pad(mask, 1).astype(int), axis=axis)) for axis in (0, 1))
    assert len(path) < rings / 2
    np.testing.assert_array_equal(filled(path, mask.shape), mask)


@pytest.mark.parametrize("hole", [False, True])
def test_trainers_fill_the_outline_to_within_a_pixel_of_the_mask(hole):
    """OpenCV's fillPoly, which Ultralytics uses, takes whole pixels only and fills those on the border, too."""
    mask = ellipse(hole=hole)
    path = joined_outline(outlines_of(mask)).astype(np.int32)
    drawn = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [path], 1)
    kernel = np.ones((3, 3), np.uint8)
    bridge = 12 if hole else 0  # one pixel wide, from the border to the hole
    assert np.count_nonzero(drawn > cv2.dilate(mask.astype(np.uint8), kernel)) <= bridge
    assert np.count_nonzero(drawn < cv2.erode(mask.astype(np.uint8), kernel)) == 0


@settings(max_examples=60, deadline=None)
@given(mask=MASKS)
def test_the_smallest_rectangle_holds_all_pixels_and_is_no_larger_than_opencvs(mask):
    corners = smallest_rectangle(mask)
    rows, columns = np.nonzero(mask)
    pixels = np.concatenate([np.stack([columns + x, rows + y], axis=1) for x in (0, 1) for y in (0, 1)]).astype(float)
    along, across = corners[1] - corners[0], corners[3] - corners[0]
    assert along @ across == pytest.approx(0, abs=1e-6)
    for side in (along, across):
        shares = (pixels - corners[0]) @ side / (side @ side)
        assert (shares >= -1e-6).all()
        assert (shares <= 1 + 1e-6).all()
    _, (width, height), _ = cv2.minAreaRect(pixels.astype(np.float32))
    assert np.linalg.norm(along) * np.linalg.norm(across) <= width * height * 1.001 + 1e-3


def test_an_upright_box_stays_upright():
    mask = np.zeros((20, 30), bool)
    mask[4:9, 3:20] = True
    np.testing.assert_allclose(smallest_rectangle(mask), [[3, 4], [20, 4], [20, 9], [3, 9]])
