"""False alarms in renders: pasted beside the labeled parts, never over them, with edges that fade."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partsight.dataset.pasting import cut_out, paste

RED = np.full((40, 60, 3), (250, 10, 10), np.uint8)
NO_BOXES = np.zeros((0, 4))


def gray(width=160, height=120):
    return np.full((height, width, 3), 100, np.uint8)


def test_cut_outs_have_some_surroundings_and_stay_in_the_picture():
    image = np.arange(100 * 100 * 3, dtype=np.uint8).reshape(100, 100, 3)
    middle, corner = cut_out(image, np.array([[20.0, 30, 60, 70], [80, 80, 100, 100]]))
    assert middle.shape[:2] == (52, 52)
    assert (middle == image[24:76, 14:66]).all()
    assert corner.shape[:2] == (23, 23)


def test_specks_are_not_cut_out():
    assert cut_out(gray(), np.array([[10.0, 10, 14, 60]])) == []


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**31 - 1),
    st.lists(st.tuples(st.floats(0, 140), st.floats(0, 100), st.floats(1, 90), st.floats(1, 90)), max_size=5),
)
def test_labeled_parts_are_never_covered(seed, corners):
    boxes = np.array([(x, y, min(x + w, 160), min(y + h, 120)) for x, y, w, h in corners]).reshape(-1, 4)
    shown = paste(gray(), boxes, [RED], np.random.default_rng(seed))
    for x0, y0, x1, y1 in boxes:
        inside = shown[int(np.floor(y0)) : int(np.ceil(y1)), int(np.floor(x0)) : int(np.ceil(x1))]
        assert (inside == 100).all()


def test_it_is_seen_and_fades_at_its_edges():
    shown = paste(gray(), NO_BOXES, [RED], np.random.default_rng(1)).astype(int)
    reddest = shown[..., 0] - shown[..., 1]
    assert reddest.max() > 230
    steps = np.abs(np.diff(shown[..., 0], axis=1)).max()
    assert steps < 100, "no sharp border"
    assert (shown == 100).all(axis=2).mean() > 0.5


def test_a_full_picture_stays_as_it_is():
    image = gray()
    assert (paste(image, np.array([[0.0, 0, 160, 120]]), [RED], np.random.default_rng(0)) == image).all()


def test_the_picture_it_was_given_is_not_changed():
    image = gray()
    paste(image, NO_BOXES, [RED], np.random.default_rng(0))
    assert (image == 100).all()


@pytest.mark.parametrize("size", [(12, 300), (300, 12)])
def test_long_things_are_made_to_fit(size):
    shown = paste(gray(), NO_BOXES, [np.full((*size, 3), 255, np.uint8)], np.random.default_rng(3))
    assert (shown != 100).any()
