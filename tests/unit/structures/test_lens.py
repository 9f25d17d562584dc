"""A lens that bends straight lines: Brown's model, and its inverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partsight.structures.world.lens import Lens, bent, corner_lens, straightened

distortions = st.floats(-0.2, 0.2)
offsets = st.tuples(st.floats(-8, 8), st.floats(-8, 8))


@given(distortions, offsets)
def test_straightened_undoes_bent_everywhere(distortion, offset):
    lens = corner_lens(distortion, corner=0.8)
    np.testing.assert_allclose(straightened(lens, bent(lens, np.array(offset))), offset, rtol=1e-12, atol=1e-12)


@given(distortions)
def test_what_is_seen_in_the_corner_has_moved_by_the_stated_share(distortion):
    corner = np.array([0.6, 0.8])
    straight = straightened(corner_lens(distortion, corner=1.0), corner)
    np.testing.assert_allclose(straight * (1 + distortion), corner, rtol=1e-12)


@pytest.mark.parametrize("distortion", [-0.15, 0.15])
def test_within_the_picture_it_is_the_distortion_of_opencv(distortion):
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    lens = corner_lens(distortion, corner=0.8)
    points = np.random.default_rng(0).uniform(-0.5, 0.5, (50, 2))
    solid = np.concatenate([points, np.ones((50, 1))], axis=1)
    coefficients = np.array([lens.k1, 0.0, 0.0, 0.0])
    expected, _ = cv2.projectPoints(solid, np.zeros(3), np.zeros(3), np.eye(3), coefficients)
    np.testing.assert_allclose(bent(lens, points), expected[:, 0], atol=1e-12)


def test_the_axis_stays_where_it_is():
    assert straightened(corner_lens(-0.1, 1.0), np.zeros(2)).tolist() == [0.0, 0.0]


def test_a_lens_that_folds_the_picture_is_refused():
    with pytest.raises(ValueError, match="folds the picture"):
        Lens(k1=-1.0, edge=0.8)
