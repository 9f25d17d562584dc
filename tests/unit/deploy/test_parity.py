"""An export that does not find what its checkpoint finds is refused, with the figures that say so."""

import numpy as np
import pytest

from partsight.deploy.parity import ParityRun, check_parity, measure_parity
from partsight.errors import ModelError
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask

BOXES = np.array([[10, 10, 50, 60], [60, 10, 90, 40], [20, 70, 80, 95]], float)
SCORES = np.array([0.9, 0.7, 0.4])
CLASS_IDS = np.array([0, 1, 0])
TRUE = Detections(BOXES, SCORES, CLASS_IDS)


def parity(exported, checkpoint=TRUE, network="onnx", map50s=None, threshold=0.3, num_pictures=1):
    both = [checkpoint] * num_pictures, [exported] * num_pictures
    return measure_parity(ParityRun(network, *both, "validation photos", map50s), threshold)


def test_the_same_boxes_agree():
    found = parity(TRUE, map50s=(0.8, 0.8))
    check_parity(found)
    assert (found.num_boxes, found.num_unmatched) == (3, 0)
    assert found.least_iou == 1
    assert found.largest_score_difference == 0


def test_the_order_of_equal_boxes_does_not_count():
    check_parity(parity(Detections(BOXES[::-1], SCORES[::-1], CLASS_IDS[::-1])))


@pytest.mark.parametrize(
    ("exported", "told"),
    [
        (Detections(BOXES + 1.5, SCORES, CLASS_IDS), "boxes overlap by"),
        (Detections(BOXES, SCORES - 0.03, CLASS_IDS), "scores differ by"),
        (Detections(BOXES[:2], SCORES[:2], CLASS_IDS[:2]), "found by one of them only"),
        (Detections(BOXES, SCORES, 1 - CLASS_IDS), "found by one of them only"),
        (Detections(np.empty((0, 4)), [], []), "3 of 3 boxes"),
    ],
)
def test_what_differs_is_told(exported, told):
    with pytest.raises(ModelError, match=told):
        check_parity(parity(exported))


def test_additional_boxes_of_the_export_count_as_differences():
    more = Detections(np.vstack([BOXES, [[0, 0, 5, 5]]]), [*SCORES, 0.35], [*CLASS_IDS, 1])
    with pytest.raises(ModelError, match="1 of 4 boxes"):
        check_parity(parity(more))


def test_a_different_average_precision_is_refused():
    with pytest.raises(ModelError, match="mAP50 differs by"):
        check_parity(parity(TRUE, map50s=(0.80, 0.78)))


def test_boxes_at_the_edge_of_what_is_compared_need_no_partner():
    """Rounding lifts one over the threshold and leaves the other below."""
    weak = np.vstack([BOXES, [[0, 0, 5, 5]]])
    just_above, without = Detections(weak, [*SCORES, 0.301], [*CLASS_IDS, 1]), TRUE
    check_parity(parity(without, just_above, threshold=0.3))


def test_where_few_boxes_reach_the_threshold_weaker_ones_are_compared():
    weak = Detections(BOXES, SCORES / 100, CLASS_IDS)
    found = parity(Detections(BOXES[:2], SCORES[:2] / 100, CLASS_IDS[:2]), weak, threshold=0.5)
    assert found.floor == pytest.approx(0.004)
    assert found.num_boxes >= 2


def test_rounded_formats_may_differ_more():
    moved = Detections(BOXES, SCORES - 0.03, CLASS_IDS)
    check_parity(parity(moved, network="coreml"))
    with pytest.raises(ModelError, match="scores"):
        check_parity(parity(moved, network="openvino"))


def test_no_boxes_at_all_are_reported_as_such():
    empty = Detections(np.empty((0, 4)), [], [])
    found = parity(empty, empty)
    assert found.num_boxes == 0
    assert found.least_iou is None


def masked(shift=0):
    """The same boxes, each with its inside, moved to the right."""
    masks = []
    for left, top, right, bottom in BOXES.astype(int).tolist():
        pixels = np.zeros((100, 120), bool)
        pixels[top:bottom, left + shift : right + shift] = True
        masks.append(Mask.of(pixels))
    return Detections(BOXES, SCORES, CLASS_IDS, tuple(masks))


def test_masks_that_differ_are_told_though_their_boxes_agree():
    check_parity(parity(masked(), masked()))
    assert parity(masked(), masked()).least_mask_iou == 1
    assert parity(TRUE).least_mask_iou is None
    with pytest.raises(ModelError, match="masks overlap by"):
        check_parity(parity(masked(4), masked()))
