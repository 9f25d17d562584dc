"""Pictures reach the network as OpenCV and the detector's library would put them, and boxes find their way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partsight.detector.letterbox import boxes_in_picture, make_input, place, resize
from partsight.structures.network import NetworkSpec

SPEC = NetworkSpec(
    image_size=96, stride=32, is_rectangular=True, padding_value=114,
    pixel_mean=(0.0, 0.0, 0.0), pixel_scale=(255.0, 255.0, 255.0), output="candidates", nms_iou=0.7,
)  # fmt: skip
SQUARE = NetworkSpec(96, 32, False, 114, (0.0, 0.0, 0.0), (255.0, 255.0, 255.0), "candidates", 0.7)
sides = st.integers(1, 400)


@pytest.mark.parametrize(
    ("size_wh", "target_wh"),
    [((192, 108), (64, 36)), ((80, 60), (96, 72)), ((333, 777), (27, 64)), ((400, 30), (96, 7)), ((3, 2), (96, 64)),
     ((1, 300), (1, 96))],
)  # fmt: skip
def test_resizing_gives_the_pixels_that_opencv_gives(size_wh, target_wh):
    cv2 = pytest.importorskip("cv2")
    image = np.random.default_rng(1).integers(0, 256, (size_wh[1], size_wh[0], 3), np.uint8)
    expected = cv2.resize(image, target_wh, interpolation=cv2.INTER_LINEAR)
    difference = np.abs(resize(image, target_wh).astype(int) - expected)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.05  # where enlarged much, OpenCV rounds otherwise


def test_a_plain_picture_stays_plain():
    assert (resize(np.full((50, 70, 3), 201, np.uint8), (33, 21)) == 201).all()


@given(sides, sides)
def test_the_picture_fits_in_the_middle_of_an_input_of_whole_strides(width, height):
    placement = place((width, height), SPEC)
    for scaled, offset, whole in zip(placement.scaled_wh, placement.offset_xy, placement.input_wh, strict=True):
        assert whole % SPEC.stride == 0
        assert whole <= SPEC.image_size
        assert 0 <= whole - scaled < SPEC.stride
        assert abs((whole - scaled) - 2 * offset) <= 1
    assert max(placement.scaled_wh) == SPEC.image_size


@given(sides, sides)
def test_a_square_input_is_square_for_every_picture(width, height):
    assert place((width, height), SQUARE).input_wh == (96, 96)


@given(sides, sides, st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_boxes_come_back_to_where_they_were(width, height, shares):
    placement = place((width, height), SPEC)
    xs, ys = sorted(shares[:2]), sorted(shares[2:])
    box = np.array([[xs[0] * width, ys[0] * height, xs[1] * width, ys[1] * height]])
    ratios = np.tile(np.array(placement.scaled_wh) / (width, height), 2)
    in_input = box * ratios + np.tile(placement.offset_xy, 2)
    np.testing.assert_allclose(boxes_in_picture(in_input, placement), box, atol=1e-6)


def test_boxes_end_at_the_borders_of_the_picture():
    found = boxes_in_picture(np.array([[-50.0, -50.0, 500.0, 500.0]]), place((40, 30), SPEC))
    assert found.tolist() == [[0, 0, 40, 30]]


def test_the_input_is_scaled_and_padded_as_the_network_expects():
    image = np.full((48, 96, 3), (255, 0, 51), np.uint8)
    batch = make_input(image, place((96, 48), SPEC), SPEC)
    assert batch.shape == (1, 3, 64, 96)
    assert batch.dtype == np.float32
    np.testing.assert_allclose(batch[0, :, 30, 50], [1, 0, 0.2], atol=1e-6)
    np.testing.assert_allclose(batch[0, :, 0, 0], 114 / 255, atol=1e-6)
