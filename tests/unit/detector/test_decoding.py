"""From a network's numbers to boxes: the best of overlapping boxes, class by class."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partsight.detector.decoding import decode, suppress
from partsight.detector.letterbox import place
from tests.unit.detector.test_letterbox import SPEC

PLACEMENT = place((96, 64), SPEC)


def candidates(*columns):
    return np.array(columns, np.float32).T[None]


def decoded(answer, spec=SPEC, min_score=0.1, max_detections=100):
    return decode((answer,), PLACEMENT, spec, min_score=min_score, max_detections=max_detections)


def test_centers_and_sizes_become_corners_best_first():
    found = decoded(candidates((20, 20, 10, 6, 0.3, 0.0), (60, 40, 8, 8, 0.1, 0.9)))
    assert found.boxes_xyxy.tolist() == [[56, 36, 64, 44], [15, 17, 25, 23]]
    np.testing.assert_allclose(found.scores, [0.9, 0.3], atol=1e-6)
    assert found.class_ids.tolist() == [1, 0]


def test_of_overlapping_boxes_of_a_class_the_best_stays():
    same = [(20, 20, 10, 10, 0.5, 0), (20.5, 20, 10, 10, 0.6, 0), (20, 20, 10, 10, 0, 0.4)]
    found = decoded(candidates(*same))
    assert found.class_ids.tolist() == [0, 1]
    np.testing.assert_allclose(found.scores, [0.6, 0.4], atol=1e-6)


def test_scores_at_or_below_the_least_and_boxes_beyond_the_most_are_left_out():
    answer = candidates(*[(10 + 15 * number, 20, 5, 5, 0.2 + 0.1 * number, 0) for number in range(5)])
    np.testing.assert_allclose(decoded(answer, min_score=0.35).scores, [0.6, 0.5, 0.4], atol=1e-6)
    np.testing.assert_allclose(decoded(answer, max_detections=2).scores, [0.6, 0.5], atol=1e-6)


def test_finished_detections_are_taken_as_they_are():
    import dataclasses

    spec = dataclasses.replace(SPEC, output="detections")
    answer = np.array([[[1, 2, 3, 4, 0.9, 1], [1, 2, 3, 4, 0.8, 1], [5, 5, 9, 9, 0.05, 0]]], np.float32)
    found = decoded(answer, spec)
    assert found.boxes_xyxy.tolist() == [[1, 2, 3, 4]] * 2
    assert found.class_ids.tolist() == [1, 1]


def test_nothing_found_is_no_error():
    assert len(decoded(candidates((20, 20, 10, 10, 0.01, 0.0))).scores) == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_suppression_keeps_what_torchvision_keeps(seed):
    torch, torchvision = pytest.importorskip("torch"), pytest.importorskip("torchvision")
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 60, (80, 2))
    boxes = np.concatenate([corners, corners + rng.uniform(5, 30, (80, 2))], axis=1).astype(np.float32)
    scores = np.sort(rng.uniform(size=80).astype(np.float32))[::-1].copy()
    class_ids = rng.integers(0, 3, 80)
    expected = torchvision.ops.batched_nms(*(torch.tensor(values) for values in (boxes, scores, class_ids)), 0.7)
    assert suppress(boxes.astype(np.float64), class_ids, 0.7, 1000).tolist() == expected.tolist()
    assert suppress(boxes.astype(np.float64), class_ids, 0.7, 5).tolist() == expected.tolist()[:5]
