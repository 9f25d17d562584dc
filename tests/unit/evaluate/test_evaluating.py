import numpy as np
import pytest

from partsight.config.sections.evaluate import EvaluateSection
from partsight.errors import EvaluationError
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.matching import match
from partsight.evaluate.summary import evaluation_as_json, evaluation_from_json

from .scenes import ABOVE, LEFT, RIGHT, dataset, found, random_scene, sample


def judged(truth, detections, threshold=0.5, seed=0, **settings):
    section = EvaluateSection(**({"bootstrap": 0} | settings))
    return evaluate(match(truth, detections), section, threshold=threshold, threshold_source="validation", seed=seed)


def test_a_detector_that_repeats_the_truth_is_perfect():
    truth = dataset(sample("a", [LEFT, RIGHT], [0, 1]), sample("b"))
    result = judged(truth, [found([LEFT, RIGHT], [0.9, 0.8], [0, 1]), found()])
    overall = result.overall
    figures = (overall.precision, overall.recall, overall.f1, overall.ap50, overall.ap50_95, result.class_agnostic_ap50)
    assert figures == pytest.approx((1,) * 6)
    assert (result.num_images, result.num_empty_images, result.num_sessions, overall.num_boxes) == (2, 1, 2, 2)


def test_precision_recall_and_f1_count_only_scores_at_or_above_the_threshold():
    truth = dataset(sample("a", [LEFT, RIGHT], [0, 0]), class_names=("bolt",))
    detections = [found([LEFT, ABOVE, RIGHT], [0.9, 0.5, 0.49], [0, 0, 0])]
    (score,) = judged(truth, detections).per_class
    assert (score.precision, score.recall, score.f1) == pytest.approx((0.5, 0.5, 0.5))


def test_overall_figures_are_means_over_classes_not_over_boxes():
    truth = dataset(sample("a", [LEFT, RIGHT, ABOVE], [0, 0, 1]))
    overall = judged(truth, [found([LEFT, RIGHT], [0.9, 0.9], [0, 0])]).overall
    assert (overall.recall, overall.f1) == pytest.approx((0.5, 0.5))


def test_finding_everything_under_the_wrong_name_scores_only_class_agnostically():
    truth = dataset(sample("a", [LEFT, RIGHT], [0, 1]))
    result = judged(truth, [found([LEFT, RIGHT], [0.9, 0.8], [1, 0])])
    assert (result.overall.ap50, result.class_agnostic_ap50) == pytest.approx((0.0, 1.0))
    assert result.confusion.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_confusion_rows_sum_to_the_ground_truth_and_columns_to_the_detections():
    truth, detections = random_scene(np.random.default_rng(1), num_images=20)
    result = judged(truth, detections)
    kept = np.concatenate([one.class_ids[one.scores >= 0.5] for one in detections])
    assert result.confusion[:-1].sum(axis=1).tolist() == [score.num_boxes for score in result.per_class]
    assert result.confusion[:, :-1].sum(axis=0).tolist() == np.bincount(kept, minlength=3).tolist()
    assert result.confusion[-1, -1] == 0


def test_false_positives_are_counted_on_empty_pictures_only():
    truth = dataset(sample("a"), sample("b"), sample("c", [LEFT], [0]))
    detections = [
        found([LEFT, RIGHT, ABOVE], [0.9, 0.5, 0.4], [0, 1, 1]),
        found(),
        found([RIGHT], [0.9], [0]),
    ]
    assert judged(truth, detections).false_positives_per_empty_image == 1.0


def test_without_empty_pictures_false_positives_per_empty_picture_are_unknown():
    result = judged(dataset(sample("a", [LEFT], [0])), [found()])
    assert np.isnan(result.false_positives_per_empty_image)


def test_curves_pass_through_the_figures_at_the_threshold():
    truth, detections = random_scene(np.random.default_rng(2), num_images=20)
    result = judged(truth, detections, threshold=0.321)
    for curve, score in zip(result.curves, result.per_class, strict=True):
        at = int(np.argmin(np.abs(curve.thresholds - 0.321)))
        assert (curve.precision[at], curve.recall[at]) == pytest.approx((score.precision, score.recall))


def test_figures_do_not_depend_on_the_order_of_pictures():
    truth, detections = random_scene(np.random.default_rng(4), score_steps=10**9)
    turned = dataset(*truth.samples[::-1], class_names=truth.class_names)
    first, second = judged(truth, detections), judged(turned, detections[::-1])
    assert first.overall == second.overall
    assert (first.confusion == second.confusion).all()


def test_a_set_without_pictures_is_refused():
    with pytest.raises(EvaluationError, match="no pictures"):
        judged(dataset(), [])


def test_detections_of_another_set_are_refused():
    with pytest.raises(EvaluationError, match="1 pictures but detections for 2"):
        judged(dataset(sample("a")), [found(), found()])


def test_all_classes_out_of_range_are_reported_together():
    truth = dataset(sample("a", [LEFT], [2]), sample("b"))
    with pytest.raises(EvaluationError, match=r"(?s)a: label of class 2.*b: detection of class 7"):
        judged(truth, [found(), found([LEFT], [0.5], [7])])


def test_with_a_threshold_for_each_class_its_figures_are_those_at_that_threshold():
    truth, detections = random_scene(np.random.default_rng(2), num_images=12)
    limits = [0.2, 0.5, 0.8]
    section = EvaluateSection(bootstrap=50)
    each = [
        evaluate(match(truth, detections), section, threshold=limit, threshold_source="validation", seed=0)
        for limit in limits
    ]
    own = evaluate(
        match(truth, detections), section, threshold=0.5, threshold_source="validation", seed=0, class_thresholds=limits
    )
    for class_id, name in enumerate(truth.class_names):
        assert own.per_class[class_id] == each[class_id].per_class[class_id]
        assert own.intervals[f"recall:{name}"] == each[class_id].intervals[f"recall:{name}"]
    assert own.overall.f1 == pytest.approx(np.mean([one.f1 for one in own.per_class]))
    assert evaluation_from_json(evaluation_as_json(own)).class_thresholds == tuple(limits)
