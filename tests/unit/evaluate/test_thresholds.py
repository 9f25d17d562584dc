from dataclasses import replace

import numpy as np
import pytest

from partsight.config.sections.evaluate import EvaluateSection
from partsight.errors import EvaluationError
from partsight.evaluate.figures.operating_point import SCORE_GRID, figures_at, mean_over_classes
from partsight.evaluate.figures.thresholds import (
    FEWEST_BOXES,
    FEWEST_EMPTY,
    RENDER_MARGIN,
    choose_class_thresholds,
    choose_limits,
    choose_threshold,
    quiet_threshold,
)
from partsight.evaluate.matching import match
from partsight.structures.dataset import Dataset

from .scenes import ABOVE, LEFT, RIGHT, dataset, found, random_scene, sample


def test_threshold_lies_midway_between_the_last_true_and_the_first_false_detection():
    truth = dataset(sample("a", [LEFT], [0]))
    assert choose_threshold(match(truth, [found([LEFT, RIGHT], [0.8, 0.4], [0, 0])])) == pytest.approx(0.6, abs=0.002)


def test_no_other_threshold_has_a_better_mean_f1():
    truth, detections = random_scene(np.random.default_rng(8), num_images=30)
    f1 = np.mean([figures_at(one, SCORE_GRID)[2] for one in match(truth, detections).per_class], axis=0)
    chosen = np.argmin(np.abs(SCORE_GRID - choose_threshold(match(truth, detections))))
    assert f1[chosen] == pytest.approx(f1.max(), abs=1e-12)


def test_of_two_equally_good_ranges_the_widest_wins():
    truth = dataset(sample("a", [LEFT, RIGHT], [0, 0]), class_names=("bolt",))
    boxes = [LEFT, ABOVE, (50, 50, 60, 60), RIGHT]
    threshold = choose_threshold(match(truth, [found(boxes, [0.9, 0.88, 0.86, 0.2], [0] * 4)]))
    assert threshold == pytest.approx(0.1, abs=0.002)


def test_a_detector_that_finds_nothing_gets_one_half():
    assert choose_threshold(match(dataset(sample("a", [LEFT], [0])), [found()])) == pytest.approx(0.5)


def test_a_set_without_boxes_cannot_choose():
    with pytest.raises(EvaluationError, match="none of the 1 pictures has a labeled box"):
        choose_threshold(match(dataset(sample("a")), [found()]))


def many(num_images, scores_by_class):
    """Pictures with one box of each class on the left, found at these scores, and false alarms on the right."""
    truths, detections = [], []
    for number in range(num_images):
        truths.append(sample(f"{number:03}", [LEFT, ABOVE], [0, 1]))
        right, false = zip(*scores_by_class, strict=True)
        detections.append(found([LEFT, ABOVE, RIGHT, RIGHT], [*right, *false], [0, 1, 0, 1]))
    return dataset(*truths), detections


def test_each_class_gets_the_threshold_of_its_own_best_f1():
    truth, detections = many(FEWEST_BOXES, [(0.9, 0.5), (0.4, 0.2)])
    assert choose_class_thresholds(match(truth, detections), 0.45) == pytest.approx([0.7, 0.3], abs=0.002)


def test_a_class_with_few_boxes_keeps_the_common_threshold():
    truth, detections = many(FEWEST_BOXES - 1, [(0.9, 0.5), (0.4, 0.2)])
    assert choose_class_thresholds(match(truth, detections), 0.45).tolist() == [0.45, 0.45]


def test_no_common_threshold_has_a_better_f1_than_each_class_its_own():
    truth, detections = random_scene(np.random.default_rng(5), num_images=40)
    common = choose_threshold(match(truth, detections))
    own = choose_class_thresholds(match(truth, detections), common)
    of_class = [
        (figures_at(one, np.array([limit]))[2, 0], figures_at(one, np.array([common]))[2, 0])
        for one, limit in zip(match(truth, detections).per_class, own, strict=True)
    ]
    assert all(mine >= shared - 1e-12 for mine, shared in of_class)
    assert any(mine > shared for mine, shared in of_class)


def alarms(*scores, num_quiet=0):
    """Detections on pictures without parts: one with each of the scores, and some with none."""
    return [found([LEFT], [score], [0]) for score in scores] + [found()] * num_quiet


def test_quiet_threshold_lies_just_above_the_first_false_alarm_too_many():
    on_empty = alarms(0.9, 0.7, 0.5, 0.3, num_quiet=16)
    assert quiet_threshold(on_empty, 0.1) == pytest.approx(0.5, abs=0.0015)
    assert quiet_threshold(on_empty, 0.05) == pytest.approx(0.7, abs=0.0015)
    assert quiet_threshold(on_empty, 0.0) == pytest.approx(0.9, abs=0.0015)


@pytest.mark.parametrize("seed", range(20))
def test_quiet_threshold_is_the_lowest_that_is_quiet(seed):
    rng = np.random.default_rng(seed)
    on_empty = [found([LEFT] * n, rng.random(n), [0] * n) for n in rng.integers(0, 6, FEWEST_EMPTY + 10)]
    rate = float(rng.uniform(0, 2))
    chosen = quiet_threshold(on_empty, rate)
    num_alarms = [sum((one.scores >= limit).sum() for one in on_empty) for limit in (chosen, chosen - 0.001)]
    assert num_alarms[0] <= rate * len(on_empty) < num_alarms[1]


def test_few_pictures_without_parts_tell_nothing():
    assert quiet_threshold(alarms(*[0.9] * (FEWEST_EMPTY - 1)), 0.05) == pytest.approx(0.001)


def test_a_detector_that_is_sure_of_everything_gets_the_highest_threshold():
    assert quiet_threshold(alarms(*[1.0] * FEWEST_EMPTY), 0.05) == pytest.approx(0.999)


@pytest.fixture
def loud():
    """A detector that is right at .9 and .4, and sees something of the second class on empty pictures at .6."""
    truth, detections = many(FEWEST_BOXES, [(0.9, 0.5), (0.4, 0.2)])
    empty = dataset(*(sample(f"empty{number:02}") for number in range(FEWEST_EMPTY)))
    on_empty = [found([LEFT], [0.6], [1])] * FEWEST_EMPTY
    return match(dataset(*truth.samples, *empty.samples), [*detections, *on_empty])


def test_pictures_without_parts_raise_the_threshold_where_they_are_asked(loud):
    by_f1 = choose_limits(loud, EvaluateSection())
    quiet = choose_limits(loud, EvaluateSection(operate_at="false_alarms 0.05"))
    assert by_f1.best_f1_threshold is None
    assert quiet.best_f1_threshold == by_f1.threshold < 0.6
    assert quiet.threshold == pytest.approx(0.6, abs=0.0015)
    assert quiet.class_thresholds == ()


def test_no_class_has_a_threshold_below_the_quiet_one(loud):
    by_f1 = choose_limits(loud, EvaluateSection(operate_at="best_f1 per_class"))
    quiet = choose_limits(loud, EvaluateSection(operate_at="false_alarms 0.05 per_class"))
    assert by_f1.class_thresholds == pytest.approx((0.7, 0.3), abs=0.002)
    assert quiet.class_thresholds == pytest.approx((0.7, 0.6), abs=0.002)


@pytest.mark.parametrize("changes", [{"protocol": "baseline"}, {"operate_at": "false_alarms 1"}])
def test_the_threshold_stays_where_alarms_do_not_count_or_are_few(loud, changes):
    section = EvaluateSection(**{"operate_at": "false_alarms 0.05", **changes})
    limits = choose_limits(loud, section)
    assert limits.threshold == choose_limits(loud, EvaluateSection()).threshold
    assert limits.best_f1_threshold is None


@pytest.mark.parametrize(("num_places", "rule"), [(0, "best_f1"), (19, "best_f1"), (20, "false_alarms 0.05")])
def test_unasked_for_few_false_alarms_are_allowed_where_there_are_enough_places(loud, num_places, rule):
    limits = choose_limits(loud, EvaluateSection(), num_places=num_places)
    expected = choose_limits(loud, EvaluateSection(operate_at=rule))
    assert limits == expected
    assert limits.choice.rule == rule
    assert choose_limits(loud, EvaluateSection(operate_at="best_f1"), num_places=num_places).threshold < 0.6


def test_a_precision_is_reached_with_as_much_recall_as_can_be():
    rng = np.random.default_rng(0)
    for matched in (match(*random_scene(rng, num_images=30)) for _ in range(5)):
        limits = choose_limits(matched, EvaluateSection(operate_at="precision 0.3"))
        precision = np.nanmean([figures_at(one, SCORE_GRID)[0] for one in matched.per_class], axis=0)
        assert limits.choice.is_reached == bool((precision >= 0.3).any())
        if limits.choice.is_reached:
            assert limits.threshold == SCORE_GRID[np.flatnonzero(precision >= 0.3)[0]]


def test_a_precision_that_nothing_reaches_is_told_and_the_nearest_is_taken():
    half = match(dataset(sample("a", [LEFT], [0])), [found([RIGHT, LEFT], [0.9, 0.4], [0, 0])])
    limits = choose_limits(half, EvaluateSection(operate_at="precision 0.6"))
    assert not limits.choice.is_reached
    assert limits.threshold < 0.4
    assert choose_limits(half, EvaluateSection(operate_at="precision 0.5")).choice.is_reached


def test_too_few_pictures_without_parts_cannot_promise_few_false_alarms():
    few, _ = many(FEWEST_BOXES, [(0.9, 0.5), (0.4, 0.2)])
    matched = match(few, [found()] * len(few.samples))
    assert not choose_limits(matched, EvaluateSection(operate_at="false_alarms 0.05")).choice.is_reached


def test_a_stated_score_is_taken_as_it_is_and_nothing_is_said_to_have_chosen_it(loud):
    limits = choose_limits(loud, EvaluateSection(operate_at=0.7))
    assert (limits.threshold, limits.class_thresholds, limits.choice.in_words) == (0.7, (), "stated by the recipe")


def test_scores_stated_for_some_classes_leave_the_best_f1_to_the_others(loud):
    limits = choose_limits(loud, EvaluateSection(operate_at={"nut": 0.95}))
    common = choose_limits(loud, EvaluateSection(operate_at="best_f1")).threshold
    assert limits.class_thresholds == (common, 0.95)


def test_who_chose_is_said_with_the_number_of_pictures(loud):
    num_photos = sum(len(one.class_ids) > 0 for one in loud.dataset.samples)
    said = choose_limits(loud, EvaluateSection(operate_at="best_f1")).choice.in_words
    assert said == f"chosen for the best F1 on {num_photos} photos and {FEWEST_EMPTY} photos without parts"


def test_where_renders_alone_choose_the_threshold_is_raised_as_far_as_f1_stays_near_its_best(loud):
    samples = tuple(replace(one, source="render") for one in loud.dataset.samples)
    rendered = match(Dataset(loud.dataset.class_names, samples), loud.detections)
    by_photos, by_renders = (choose_limits(one, EvaluateSection(operate_at="best_f1")) for one in (loud, rendered))
    f1 = mean_over_classes(np.stack([figures_at(one, SCORE_GRID)[2] for one in rendered.per_class]).T)
    near = SCORE_GRID[f1 >= f1.max() - RENDER_MARGIN]
    assert by_renders.threshold == near[-1] > by_photos.threshold
    assert by_renders.best_f1_threshold == by_photos.threshold
    assert "raised as far as F1 there falls by no more than 0.03" in by_renders.choice.in_words
    assert "raised" not in by_photos.choice.in_words
    assert choose_limits(rendered, EvaluateSection(protocol="baseline")).threshold == by_photos.threshold


def test_one_photo_of_a_part_among_the_renders_needs_no_margin(loud):
    first, *others = loud.dataset.samples
    mixed = (first, *(replace(one, source="render") for one in others))
    limits = choose_limits(match(Dataset(loud.dataset.class_names, mixed), loud.detections), EvaluateSection())
    assert limits.choice.margin == 0


def test_unasked_for_nothing_is_promised_that_too_few_pictures_without_parts_can_tell():
    few, detections = many(FEWEST_BOXES, [(0.9, 0.5), (0.4, 0.2)])
    limits = choose_limits(match(few, detections), EvaluateSection(), num_places=20)
    assert (limits.choice.rule, limits.choice.is_reached) == ("best_f1", True)
