"""Labels that a detector gives itself: only what it sees again and again, and never background where it doubts."""

import numpy as np
import pytest

from partsight.dataset.pseudo_labels import Followed, Trust, choose_labels, number_detections
from partsight.structures.detections import Detections

TRUST = Trust(score=0.5, doubt=0.1, num_frames=3)
HERE, THERE = (10, 10, 30, 30), (60, 10, 90, 40)


def frame(*seen):
    """A frame of (box, score, class, part number)."""
    boxes, scores, classes, numbers = zip(*seen, strict=True) if seen else ((), (), (), ())
    return Followed(
        Detections(np.array(boxes).reshape(-1, 4), np.array(scores), np.array(classes)), np.array(numbers, int)
    )


def test_a_part_followed_through_enough_frames_is_labeled_in_each():
    labels = choose_labels([frame((HERE, 0.7, 1, 4))] * 3, TRUST)
    assert [(boxes.tolist(), classes.tolist()) for boxes, classes in labels] == [([list(HERE)], [1])] * 3


def test_a_glimpse_is_no_label_however_sure():
    assert choose_labels([frame((HERE, 0.99, 1, 4))] * 2 + [frame()], TRUST) == [None] * 3


def test_a_part_that_keeps_changing_its_class_is_not_trusted():
    assert choose_labels([frame((HERE, 0.9, number % 2, 4)) for number in range(6)], TRUST) == [None] * 6


def test_one_wrong_guess_along_a_track_is_put_right():
    frames = [frame((HERE, 0.9, 1 if number else 0, 4)) for number in range(6)]
    assert [classes.tolist() for _, classes in choose_labels(frames, TRUST)] == [[1]] * 6


def test_the_mean_score_along_the_track_decides():
    assert choose_labels([frame((HERE, score, 0, 4)) for score in (0.9, 0.3, 0.2)], TRUST) == [None] * 3
    assert None not in choose_labels([frame((HERE, score, 0, 4)) for score in (0.9, 0.4, 0.3)], TRUST)


@pytest.mark.parametrize(("score", "is_left_out"), [(0.3, True), (0.05, False)])
def test_a_frame_with_a_half_believed_thing_is_left_out(score, is_left_out):
    frames = [frame((HERE, 0.9, 0, 4))] * 3 + [frame((HERE, 0.9, 0, 4), (THERE, score, 1, 0))]
    labels = choose_labels(frames, TRUST)
    assert (labels[3] is None) == is_left_out
    assert None not in labels[:3]


def test_a_second_opinion_about_a_trusted_part_is_no_doubt():
    frames = [frame((HERE, 0.9, 0, 4), ((11, 10, 31, 30), 0.4, 1, 0))] * 3
    assert [classes.tolist() for _, classes in choose_labels(frames, TRUST)] == [[0]] * 3


def test_a_track_gives_its_number_to_the_detection_under_it():
    found = Detections(np.array([HERE, THERE]), np.array([0.9, 0.8]), np.array([0, 1]))
    followed = number_detections(found, np.array([[61, 11, 91, 41], [200, 0, 220, 20]]), [7, 8])
    assert followed.part_numbers.tolist() == [0, 7]
