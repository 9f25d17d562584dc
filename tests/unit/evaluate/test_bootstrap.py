import numpy as np
import pytest

from partsight.config.sections.evaluate import EvaluateSection
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.figures.average_precision import average_precision
from partsight.evaluate.matching import match

from .scenes import LEFT, dataset, found, random_scene, sample


def intervals_of(truth, detections, seed=0, bootstrap=300):
    section = EvaluateSection(bootstrap=bootstrap)
    return evaluate(match(truth, detections), section, threshold=0.5, threshold_source="test", seed=seed).intervals


def half_right(num_pictures, num_sessions):
    """Every second session is found completely, the others not at all."""
    samples = [sample(f"{n:03}", [LEFT], [0], session=f"s{n % num_sessions}") for n in range(num_pictures)]
    detections = [found([LEFT], [0.9], [0]) if n % num_sessions % 2 else found() for n in range(num_pictures)]
    return dataset(*samples, class_names=("bolt",)), detections


def test_weighting_a_picture_twice_is_showing_it_twice():
    is_true, weights = np.array([True, False, True, False]), np.array([2.0, 1.0, 0.0, 2.0])
    repeated = np.repeat(is_true, weights.astype(int))
    assert average_precision(is_true, weights, 4) == pytest.approx(average_precision(repeated, np.ones(5), 4))


def test_intervals_contain_the_figure_itself():
    truth, detections = random_scene(np.random.default_rng(0), num_images=60)
    section = EvaluateSection(bootstrap=300)
    result = evaluate(match(truth, detections), section, threshold=0.5, threshold_source="test", seed=0)
    for name, figure in (("map50", "ap50"), ("precision", "precision"), ("recall", "recall"), ("f1", "f1")):
        assert result.intervals[name].low <= getattr(result.overall, figure) <= result.intervals[name].high


def test_recall_interval_is_the_binomial_one_when_pictures_are_independent():
    interval = intervals_of(*half_right(100, 100), bootstrap=2000)["recall"]
    assert (interval.low, interval.high) == pytest.approx((0.40, 0.60), abs=0.02)


def test_few_sessions_make_wide_intervals_however_many_pictures_they_have():
    few, many = intervals_of(*half_right(100, 4))["recall"], intervals_of(*half_right(100, 100))["recall"]
    assert few.high - few.low > 3 * (many.high - many.low)


def test_one_session_says_nothing_about_the_spread():
    assert intervals_of(*half_right(10, 1)) == {}


def test_a_class_seen_in_one_session_only_has_no_interval():
    truth = dataset(sample("a", [LEFT], [0]), sample("b", [LEFT], [0]), sample("c", [LEFT], [1]))
    names = intervals_of(truth, [found([LEFT], [0.9], [0]), found(), found([LEFT], [0.9], [1])]).keys()
    assert "recall:bolt" in names
    assert "recall:nut" not in names


def test_equal_seeds_give_equal_intervals_and_zero_is_a_seed():
    truth, detections = random_scene(np.random.default_rng(0), num_images=20)
    assert intervals_of(truth, detections, seed=0) == intervals_of(truth, detections, seed=0)
    assert intervals_of(truth, detections, seed=0) != intervals_of(truth, detections, seed=1)


def test_no_resamples_give_no_intervals():
    assert intervals_of(*half_right(10, 10), bootstrap=0) == {}
