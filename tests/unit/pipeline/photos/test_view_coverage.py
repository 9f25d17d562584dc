"""Rules of believing an estimate of views."""

import dataclasses

import numpy as np

from partsight.cad.views.matching import ViewGallery, match_views
from partsight.pipeline.photos.view_coverage import Reliability, ViewCoverage, missing_views, try_matching

SIDES = np.array([(0, -1, 0), (1, 0, 0), (0, 1, 0), (-1, 0, 0)], float)


def gallery_of(crops):
    """Views that are known by crops of their own."""
    from partsight.cad.views.matching import _describe, _log_aspect

    features = np.stack([_describe(crop) for crop in crops])
    aspects = np.array([_log_aspect(crop) for crop in crops])
    return ViewGallery(SIDES, np.arange(4), features, np.ones(features.shape[:2]), aspects, np.eye(4, dtype=bool))


def patterns():
    return [np.random.default_rng(seed).integers(0, 255, (64, 64, 3), np.uint8) for seed in range(4)]


def test_views_found_right_are_better_than_chance():
    crops, turns = patterns(), np.arange(40) % 4
    tried = try_matching(gallery_of(crops), [crops[turn] for turn in turns], SIDES[turns], seed=0)
    assert tried.is_better_than_chance
    assert tried.median_deg < 1
    assert tried.chance_within < 0.5


def test_views_unrelated_to_the_pictures_are_not_better_than_chance():
    crops, generator = patterns(), np.random.default_rng(2)
    shown = [crops[turn] for turn in generator.integers(0, 4, 40)]
    tried = try_matching(gallery_of(crops), shown, SIDES[generator.integers(0, 4, 40)], seed=0)
    assert not tried.is_better_than_chance


def test_few_renders_prove_nothing_even_if_all_are_right():
    crops = patterns()
    assert (match_views(gallery_of(crops), crops) == np.arange(4)).all()
    assert not try_matching(gallery_of(crops), crops, SIDES, seed=0).is_better_than_chance


def test_sides_that_are_missing_are_named_only_when_the_estimate_can_be_believed():
    good = Reliability(99, 10.0, 80.0, 0.8, 0.1, is_better_than_chance=True)
    covered, expected = np.array([True, False, False, False]), np.array([True, True, False, True])
    coverage = ViewCoverage(SIDES, np.array([3, 0, 0, 0]), expected, covered, good, 3)
    missing = missing_views(coverage)
    assert {side: direction.tolist() for side, direction in missing.items()} == {"right": [1, 0, 0], "left": [-1, 0, 0]}
    doubtful = dataclasses.replace(good, is_better_than_chance=False)
    assert missing_views(dataclasses.replace(coverage, reliability=doubtful)) == {}
