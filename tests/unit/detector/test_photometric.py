"""Changes of pixels while training: drawn from the given generator alone, never of size or type, and rare or frequent as asked."""

import numpy as np
import pytest

from partsight.detector.photometric import CHANGES, change_pixels


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(3)
    smooth = np.linspace(20, 230, 96)[None, :, None] * np.array([1.0, 0.8, 0.6])
    return np.clip(smooth + rng.normal(0, 6, (64, 96, 3)), 0, 255).astype(np.uint8)


def test_equal_draws_give_equal_pictures_and_others_differ(picture):
    first, again, other = (change_pixels(np.random.default_rng(seed), picture, 1.0) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_share_says_how_many_pictures_are_changed_at_all(picture):
    changed = [not np.array_equal(change_pixels(np.random.default_rng(k), picture, 0.4), picture) for k in range(300)]
    assert 0.25 < np.mean(changed) < 0.45
    assert not any(change_pixels(np.random.default_rng(k), picture, 0.0) is not picture for k in range(20))


@pytest.mark.parametrize("change", [change for change, _ in CHANGES], ids=[change.__name__ for change, _ in CHANGES])
@pytest.mark.parametrize("size", [(64, 96), (7, 5)])
def test_each_change_keeps_size_and_type_and_leaves_the_given_picture_alone(picture, change, size):
    given = np.ascontiguousarray(picture[: size[0], : size[1]])
    before = given.copy()
    for seed in range(8):
        made = change(np.random.default_rng(seed), given)
        assert made.shape == given.shape
        assert made.dtype == np.uint8
    assert np.array_equal(given, before)


@pytest.mark.parametrize("change", [change for change, _ in CHANGES], ids=[change.__name__ for change, _ in CHANGES])
def test_each_change_does_something_and_nothing_drastic(picture, change):
    apart = [np.abs(change(np.random.default_rng(seed), picture).astype(float) - picture).mean() for seed in range(12)]
    assert max(apart) > 0.2
    assert np.median(apart) < 80
