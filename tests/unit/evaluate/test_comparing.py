import numpy as np
import pytest

from partsight.config.sections.evaluate import EvaluateSection
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.intervals.comparing import compare
from partsight.evaluate.matching import match

from .scenes import LEFT, dataset, found, random_scene, sample

SECTION = EvaluateSection(bootstrap=400)


def compared(truth, first, second, seed=0):
    return compare(truth, first, second, SECTION, np.random.default_rng(seed))


def sessions(num, num_found_by_first, num_found_by_second):
    """One bolt in each of `num` sessions; each detector finds it in the first so many of them."""
    samples = [sample(f"{n:03}", [LEFT], [0], session=f"s{n}") for n in range(num)]
    detections = [
        [found([LEFT], [0.9], [0]) if n < num_found else found() for n in range(num)]
        for num_found in (num_found_by_first, num_found_by_second)
    ]
    return dataset(*samples, class_names=("bolt",)), *detections


def test_a_detector_equals_itself():
    truth, detections = random_scene(np.random.default_rng(0), num_images=40)
    comparison = compared(truth, detections, detections)
    assert comparison.difference == 0
    assert (comparison.interval.low, comparison.interval.high) == (0, 0)
    assert not comparison.is_clear


def test_the_figures_are_those_of_the_evaluation():
    rng = np.random.default_rng(1)
    truth, detections = random_scene(rng, num_images=40)
    comparison = compared(truth, detections, [found() for _ in detections])
    alone = evaluate(match(truth, detections), SECTION, threshold=0.5, threshold_source="test", seed=0).overall
    assert comparison.first_map50 == pytest.approx(alone.ap50, abs=1e-12)
    assert comparison.second_map50 == 0


def test_order_turns_the_sign():
    truth, first, second = sessions(30, 15, 25)
    one, other = compared(truth, first, second), compared(truth, second, first)
    assert one.difference == pytest.approx(-other.difference)
    assert one.interval.low == pytest.approx(-other.interval.high)


def test_a_clear_difference_is_called_clear_and_a_small_one_is_not():
    assert compared(*sessions(40, 10, 36)).is_clear
    assert not compared(*sessions(40, 20, 21)).is_clear


def test_pairing_makes_the_interval_narrower_than_that_of_either_figure():
    """What is hard for both cancels: they differ in two sessions of forty only."""
    truth, first, second = sessions(40, 20, 22)
    comparison = compared(truth, first, second)
    alone = evaluate(match(truth, first), SECTION, threshold=0.5, threshold_source="test", seed=0).intervals["map50"]
    assert comparison.interval.high - comparison.interval.low < 0.5 * (alone.high - alone.low)


def test_one_session_gives_no_interval():
    samples = [sample(f"{n}", [LEFT], [0], session="only") for n in range(5)]
    truth = dataset(*samples, class_names=("bolt",))
    comparison = compared(truth, [found([LEFT], [0.9], [0])] * 5, [found()] * 5)
    assert comparison.interval is None
    assert not comparison.is_clear
