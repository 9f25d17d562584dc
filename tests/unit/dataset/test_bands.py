"""Rules of what photos lack."""

import numpy as np

from partsight.dataset.bands import SIZES, share_in, thin_bands


def test_what_renders_have_and_photos_lack_is_named_the_emptiest_first():
    renders = np.array([0.05] * 10 + [0.2] * 10 + [0.5] * 10)
    photos = np.array([0.2] * 95 + [0.05] * 5)
    assert [band.name for band in thin_bands(SIZES, photos, renders)] == ["large", "small"]


def test_what_renders_do_not_show_is_not_asked_for():
    assert thin_bands(SIZES, np.zeros(0), np.full(9, 0.2)) == (SIZES[1],)


def test_every_value_is_in_one_band():
    values = np.random.default_rng(0).uniform(0, 1, 500)
    assert sum(share_in(band, values) for band in SIZES) == 1
