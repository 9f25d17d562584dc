"""Our average precision is COCO's: every figure equals what pycocotools computes, to 1e-12."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partsight.config.sections.evaluate import EvaluateSection
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.matching import match

from .coco import coco_figures
from .scenes import LEFT, RIGHT, as_one_class, dataset, found, random_scene, sample


def check_equal(truth, detections, max_detections=100):
    matched = match(truth, detections, max_detections=max_detections)
    ours = evaluate(matched, EvaluateSection(bootstrap=0), threshold=0.5, threshold_source="test", seed=0)
    theirs = coco_figures(truth, detections, max_detections)
    for class_id, score in enumerate(ours.per_class):
        if theirs[0, class_id] < 0:
            assert np.isnan([score.ap50, score.ap50_95]).all()
        else:
            assert score.ap50 == pytest.approx(theirs[0, class_id], abs=1e-12)
            assert score.ap50_95 == pytest.approx(theirs[:, class_id].mean(), abs=1e-12)
    known = theirs[:, theirs[0] >= 0]
    expected = (known[0].mean(), known.mean()) if known.size else (np.nan, np.nan)
    assert (ours.overall.ap50, ours.overall.ap50_95) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    agnostic = coco_figures(*as_one_class(truth, detections), max_detections)[0, 0]
    assert ours.class_agnostic_ap50 == pytest.approx(agnostic if agnostic >= 0 else np.nan, abs=1e-12, nan_ok=True)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), score_steps=st.integers(1, 1000), num_classes=st.integers(1, 4))
def test_figures_equal_pycocotools_on_random_scenes_full_of_ties(seed, score_steps, num_classes):
    check_equal(*random_scene(np.random.default_rng(seed), score_steps=score_steps, num_classes=num_classes))


def test_figures_equal_pycocotools_when_a_picture_has_more_detections_than_are_allowed():
    rng = np.random.default_rng(3)
    for max_detections in (1, 10, 100):
        check_equal(*random_scene(rng, num_images=3, most_detections=400, num_classes=2), max_detections=max_detections)


def test_figures_equal_pycocotools_with_boxes_in_fractions_of_pixels():
    truth, detections = random_scene(np.random.default_rng(5), num_images=30)
    blurred = [found(one.boxes_xyxy + np.pi / 10, one.scores, one.class_ids) for one in detections]
    check_equal(truth, blurred)


def test_a_class_without_ground_truth_is_left_out_of_the_mean():
    truth = dataset(sample("a", [LEFT], [0]))
    check_equal(truth, [found([LEFT, RIGHT], [0.9, 0.8], [0, 1])])


def test_figures_equal_pycocotools_without_any_detection():
    check_equal(dataset(sample("a", [LEFT], [0]), sample("b")), [found(), found()])


def test_figures_equal_pycocotools_without_any_ground_truth():
    check_equal(dataset(sample("a"), sample("b")), [found([LEFT], [0.5], [0]), found()])


def test_of_two_boxes_overlapped_equally_the_later_is_taken():
    truth = dataset(sample("a", [(0, 0, 10, 10), (4, 0, 14, 10)], [0, 0]))
    detections = [found([(2, 0, 12, 10), (0, 0, 10, 10)], [0.9, 0.8], [0, 0])]
    assert coco_figures(truth, detections, 100)[0, 0] == pytest.approx(1.0)
    check_equal(truth, detections)


def test_an_overlap_of_exactly_the_threshold_counts():
    truth = dataset(sample("a", [(0, 0, 10, 10)], [0]))
    half = [found([(0, 0, 10, 5)], [0.9], [0])]
    assert coco_figures(truth, half, 100)[0, 0] == pytest.approx(1.0)
    check_equal(truth, half)
