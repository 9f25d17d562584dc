"""Every false detection is one thing: background, a part found twice, or a part framed too loosely."""

import numpy as np
import pytest

from partsight.evaluate.breakdown.false_detections import explain_false, try_thresholds
from partsight.evaluate.figures.confusion import confusion_matrix
from partsight.evaluate.matching import match

from .scenes import ABOVE, LEFT, RIGHT, dataset, found, random_scene, sample

MIDDLE, CORNER = (60, 60, 80, 80), (90, 90, 100, 100)


def explained(samples, guesses, threshold=0.5):
    return explain_false(match(dataset(*samples), guesses), threshold)


@pytest.mark.parametrize(
    ("box", "class_id", "kind"),
    [
        (MIDDLE, 0, "num_background"),
        ((0, 0, 10, 9), 0, "num_duplicates"),
        ((0, 0, 10, 9), 1, "num_duplicates"),
        ((5, 5, 15, 15), 0, "num_loose"),
        ((20, 0, 30, 10), 0, "num_misnamed"),
    ],
)
def test_each_kind_is_told_from_the_others(box, class_id, kind):
    picture = sample("a", [LEFT, RIGHT], [0, 1])
    result = explained([picture], [found([LEFT, box], [0.9, 0.8], [0, class_id])])
    kinds = ("num_background", "num_duplicates", "num_loose", "num_misnamed")
    assert {name: getattr(result, name) for name in kinds} == {name: int(name == kind) for name in kinds}
    assert result.total == (kind != "num_misnamed")


def test_kinds_add_up_to_the_row_of_background_in_the_confusion_matrix():
    rng = np.random.default_rng(4)
    for threshold in (0.1, 0.5, 0.8):
        matched = match(*random_scene(rng, num_images=12))
        pairing, result = matched.at(threshold), explain_false(matched, threshold)
        confusion = confusion_matrix(matched, pairing)
        assert result.total == confusion[-1].sum()
        assert result.num_misnamed == confusion[:-1, :-1].sum() - np.trace(confusion[:-1, :-1])


def test_what_is_below_the_threshold_of_its_class_is_not_counted():
    result = explained([sample("a")], [found([MIDDLE, RIGHT], [0.6, 0.6], [0, 1])], np.array([0.5, 0.7]))
    assert (result.total, result.num_pictures) == (1, 1)


def test_a_background_box_that_touches_the_border_lies_at_the_edge():
    result = explained([sample("a", [MIDDLE], [0])], [found([CORNER, ABOVE, (40, 10, 50, 20)], [0.9] * 3, [0] * 3)])
    assert (result.num_background, result.num_at_edge) == (3, 2)
    assert result.share_of_parts_at_edge == 0


def test_by_chance_large_boxes_lie_at_the_edge_more_often():
    def by_chance(box):
        return explained([sample("a")], [found([box], [0.9], [0])]).num_at_edge_by_chance

    assert by_chance((40, 40, 50, 50)) == pytest.approx(1 - 0.88**2)
    assert by_chance((5, 5, 95, 95)) > 0.99
    boxes = np.random.default_rng(1).uniform(
        -15, 85, (4000, 2)
    )  # a box of 30 anywhere that its middle is in the picture
    touches = ((boxes <= 1) | (boxes + 30 >= 99)).any(axis=1).mean()
    assert by_chance((40, 40, 70, 70)) == pytest.approx(touches, abs=0.03)


def test_the_session_with_most_false_detections_is_named_where_there_are_several():
    one, other = sample("a", session="hall"), sample("b", session="desk")
    guesses = [found([MIDDLE], [0.9], [0]), found([MIDDLE, RIGHT], [0.9, 0.8], [0, 0])]
    result = explained([one, other], guesses)
    assert (result.worst_session, result.num_in_worst_session, result.num_pictures) == ("desk", 2, 2)
    assert explained([one], guesses[:1]).worst_session == ""


def test_nothing_false_is_counted_as_nothing():
    result = explained([sample("a", [LEFT], [0])], [found([LEFT], [0.9], [0])])
    assert (result.total, result.num_pictures, result.num_at_edge_by_chance, result.worst_session) == (0, 0, 0.0, "")


def test_other_thresholds_leave_ever_fewer_false_detections_and_are_the_lowest_that_do():
    matched = match(*random_scene(np.random.default_rng(2), num_images=40, score_steps=97))
    tried = try_thresholds(matched, 0.05)
    counts = [one.num_false for one in tried]
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) == len(counts) >= 3
    for one in tried:
        assert explain_false(matched, one.threshold).total == one.num_false
        assert explain_false(matched, one.threshold - 0.011).total > one.num_false


def test_without_false_detections_or_parts_there_is_no_other_threshold_to_try():
    assert try_thresholds(match(dataset(sample("a", [LEFT], [0])), [found([LEFT], [0.9], [0])]), 0.5) == ()
    assert try_thresholds(match(dataset(sample("a")), [found([LEFT], [0.9], [0])]), 0.5) == ()
