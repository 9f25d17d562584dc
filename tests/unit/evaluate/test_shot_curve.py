import numpy as np
import pytest

from partsight.errors import EvaluationError
from partsight.evaluate.intervals.shot_curve import fit_shot_curve

COUNTS = np.array([0, 5, 10, 20])


def law(counts, a=0.6, b=0.4):
    return 1 - a * (np.asarray(counts) + 1.0) ** -b


def noisy(rng, num_seeds, sigma):
    counts = np.repeat(COUNTS, num_seeds)
    return counts, law(counts) + rng.normal(0, sigma, len(counts))


def test_an_exact_law_is_found_again():
    curve = fit_shot_curve(COUNTS, law(COUNTS), np.random.default_rng(0))
    assert curve.expected(50) == pytest.approx(law(50))
    assert curve.gain(20, 10).mean == pytest.approx(law(30) - law(20))
    assert curve.gain(20, 10).interval is None


def test_ten_more_photos_bring_less_and_less():
    curve = fit_shot_curve(COUNTS, law(COUNTS), np.random.default_rng(0))
    gains = [curve.gain(count, 10).mean for count in (0, 10, 20, 40)]
    assert gains == sorted(gains, reverse=True)
    assert gains[-1] > 0


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Three seeds resampled are few, so that less than 95 % is expected; but most."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(40):
        gain = fit_shot_curve(*noisy(rng, 5, 0.03), rng).gain(20, 10)
        held += gain.interval.low <= law(30) - law(20) <= gain.interval.high
    assert held >= 30


def test_a_detector_without_a_miss_has_a_curve_too():
    assert fit_shot_curve([0, 5, 10], [0.9, 1.0, 1.0], np.random.default_rng(0)).expected(10) <= 1


def test_two_numbers_of_photos_are_too_few():
    with pytest.raises(EvaluationError, match="three different numbers"):
        fit_shot_curve([0, 5, 5], [0.1, 0.2, 0.3], np.random.default_rng(0))
