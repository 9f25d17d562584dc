import numpy as np
import pytest

from partsight.evaluate.figures.calibration import calibrate, calibration_error
from partsight.evaluate.matching import match

from .scenes import LEFT, RIGHT, dataset, found, sample


def scored(scores, num_right):
    """One picture for each score; the first so many detections hit."""
    samples = [sample(f"{n:03}", [LEFT], [0], session=f"s{n}") for n in range(len(scores))]
    detections = [found([LEFT if n < num_right else RIGHT], [score], [0]) for n, score in enumerate(scores)]
    return calibrate(match(dataset(*samples, class_names=("bolt",)), detections))


def test_scores_that_mean_what_they_say_have_no_error():
    (one,) = scored([0.8] * 10, 8)
    assert (one.num_detections, one.mean_score, one.precision) == (10, pytest.approx(0.8), pytest.approx(0.8))
    assert calibration_error([one]) == pytest.approx(0.0)


def test_boasting_shows_as_error():
    assert calibration_error(scored([0.95] * 10, 5)) == pytest.approx(0.45)


def test_weak_detections_are_left_out_and_bins_are_tenths():
    bins = scored([0.01] * 5 + [0.15] * 4 + [0.95], 10)
    assert [one.num_detections for one in bins] == [4, 1]


def test_a_score_of_one_belongs_to_the_last_tenth():
    (one,) = scored([1.0, 0.97], 2)
    assert one.num_detections == 2


def test_nothing_detected_has_no_error():
    assert np.isnan(calibration_error(()))
