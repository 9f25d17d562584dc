"""One matching: whatever is counted, from whatever side, the sums agree."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from partsight.config.sections.evaluate import EvaluateSection
from partsight.evaluate.breakdown.slices import slice_recall
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.figures.calibration import calibrate
from partsight.evaluate.figures.confusion import confusion_matrix
from partsight.evaluate.figures.operating_point import figures_at
from partsight.evaluate.figures.thresholds import choose_class_thresholds, choose_threshold
from partsight.evaluate.matching import match
from partsight.report.gallery import pick_gallery
from partsight.structures.boxes import pairwise_iou
from partsight.structures.detections import above

from .scenes import dataset, found, random_scene, sample

SCENES = {
    "seed": st.integers(0, 2**32 - 1),
    "score_steps": st.integers(1, 1000),
    "num_classes": st.integers(1, 4),
    "threshold": st.floats(0.001, 0.999),
    "is_per_class": st.booleans(),
}
FEW = settings(max_examples=50, deadline=None)


@pytest.fixture(scope="module")
def gray(tmp_path_factory):
    path = tmp_path_factory.mktemp("pictures") / "gray.png"
    Pillow.new("RGB", (8, 8), "gray").save(path)
    return path


def scene(seed, score_steps, num_classes, path=None):
    truth, detections = random_scene(
        np.random.default_rng(seed), num_images=12, score_steps=score_steps, num_classes=num_classes
    )
    samples = [replace(one, image_path=path or one.image_path) for one in truth.samples]
    return dataset(*samples, class_names=truth.class_names), detections


def limits_of(threshold, num_classes, is_per_class):
    return np.linspace(threshold, 1 - threshold, num_classes) if is_per_class else threshold


def judged(matched, limits):
    each = limits.tolist() if isinstance(limits, np.ndarray) else ()
    threshold = 0.5 if each else limits
    section = EvaluateSection(bootstrap=0)
    return evaluate(matched, section, threshold=threshold, threshold_source="test", seed=0, class_thresholds=each)


@FEW
@given(**SCENES)
def test_headline_and_confusion_matrix_agree_exactly(seed, score_steps, num_classes, threshold, is_per_class):
    truth, detections = scene(seed, score_steps, num_classes)
    limits = limits_of(threshold, num_classes, is_per_class)
    result = judged(match(truth, detections), limits)
    right, rows, columns = (
        result.confusion.diagonal()[:-1],
        result.confusion.sum(axis=1)[:-1],
        result.confusion.sum(axis=0)[:-1],
    )
    labels = np.concatenate([one.class_ids for one in truth.samples])
    kept = np.concatenate([above(one, limits).class_ids for one in detections])
    assert rows.tolist() == np.bincount(labels, minlength=num_classes).tolist()
    assert columns.tolist() == np.bincount(kept, minlength=num_classes).tolist()
    assert result.confusion[-1, -1] == 0
    for class_id, score in enumerate(result.per_class):
        if rows[class_id]:
            assert score.precision == right[class_id] / max(columns[class_id], 1)
            assert score.recall == right[class_id] / rows[class_id]
            assert score.f1 == 2 * right[class_id] / (rows[class_id] + columns[class_id])


@settings(max_examples=20, deadline=None)
@given(**SCENES)
def test_slices_of_a_partition_hold_what_the_headline_finds(
    gray, seed, score_steps, num_classes, threshold, is_per_class
):
    truth, detections = scene(seed, score_steps, num_classes, gray)
    limits, matched = limits_of(threshold, num_classes, is_per_class), match(truth, detections)
    result = judged(matched, limits)
    slices = slice_recall(matched, limits, np.random.default_rng(0))
    for group in {one.group for one in slices}:
        own = [one for one in slices if one.group == group]
        num_found = [round(one.recall * one.num_boxes) for one in own]
        assert [one.recall for one in own] == [n / one.num_boxes for n, one in zip(num_found, own, strict=True)]
        assert sum(one.num_boxes for one in own) == sum(score.num_boxes for score in result.per_class)
        assert sum(num_found) == result.confusion.diagonal()[:-1].sum()


@FEW
@given(**SCENES)
def test_the_pictures_of_the_report_count_what_the_confusion_matrix_counts(
    seed, score_steps, num_classes, threshold, is_per_class
):
    truth, detections = scene(seed, score_steps, num_classes)
    limits, matched = limits_of(threshold, num_classes, is_per_class), match(truth, detections)
    confusion, gallery = confusion_matrix(matched, matched.at(limits)), pick_gallery(matched, limits, 100)
    captions = [one.caption.split(": ")[1] for one in (*gallery.best, *gallery.worst)]
    counts = dict.fromkeys(("right", "confused", "missed", "false"), 0)
    for number, what in (part.split() for caption in captions for part in caption.split(", ")):
        counts[what] += int(number)
    inner = confusion[:-1, :-1]
    assert counts == {
        "right": inner.trace(),
        "confused": inner.sum() - inner.trace(),
        "missed": confusion[:-1, -1].sum(),
        "false": confusion[-1, :-1].sum(),
    }


@FEW
@given(**SCENES)
def test_a_threshold_on_the_record_equals_matching_what_is_above_it(
    seed, score_steps, num_classes, threshold, is_per_class
):
    truth, detections = scene(seed, score_steps, num_classes)
    limits = limits_of(threshold, num_classes, is_per_class)
    cut, whole = match(truth, [above(one, limits) for one in detections]), match(truth, detections).at(limits)
    again = cut.at(0.0)
    assert whole.is_found.tolist() == again.is_found.tolist()
    assert whole.is_right[whole.is_kept].tolist() == again.is_right.tolist()
    assert whole.truth_ids[whole.is_kept].tolist() == again.truth_ids.tolist()


@FEW
@given(**SCENES)
def test_the_pairing_is_what_choosing_one_after_the_other_gives(
    seed, score_steps, num_classes, threshold, is_per_class
):
    truth, detections = scene(seed, score_steps, num_classes)
    limits, matched = limits_of(threshold, num_classes, is_per_class), match(truth, detections)
    pairing = matched.at(limits)
    for image_id, one in enumerate(truth.samples):
        kept, start = above(matched.detections[image_id], limits), matched.boxes_of(image_id).start
        rows = matched.detections_of(image_id)
        chosen = pairing.truth_ids[rows][pairing.is_kept[rows]]
        assert np.where(chosen >= 0, chosen - start, -1).tolist() == chosen_in_turn(one, kept)


def chosen_in_turn(sample, kept):
    """First each class within itself, then what is left across classes; the best score first, the largest overlap, the later box."""
    iou, free, taken = pairwise_iou(kept.boxes_xyxy, sample.boxes_xyxy), set(range(len(sample.class_ids))), {}
    for is_own in (True, False):
        for row in range(len(kept.scores)):
            offers = [
                (iou[row, box], box)
                for box in free
                if iou[row, box] >= 0.5 and (not is_own or sample.class_ids[box] == kept.class_ids[row])
            ]
            if row not in taken and offers:
                taken[row] = max(offers)[1]
                free.remove(taken[row])
    return [taken.get(row, -1) for row in range(len(kept.scores))]


@FEW
@given(**SCENES)
def test_calibration_counts_the_detections_that_the_headline_calls_right(
    seed, score_steps, num_classes, threshold, is_per_class
):
    matched = match(*scene(seed, score_steps, num_classes))
    bins = calibrate(matched)
    is_counted = matched.at(0.05).is_kept
    assert sum(one.num_detections for one in bins) == is_counted.sum()
    assert round(sum(one.num_detections * one.precision for one in bins)) == matched.at(0.05).is_right.sum()


@FEW
@given(seed=SCENES["seed"], score_steps=SCENES["score_steps"], num_classes=SCENES["num_classes"])
def test_the_chosen_threshold_promises_what_the_confusion_matrix_then_shows(seed, score_steps, num_classes):
    matched = match(*scene(seed, score_steps, num_classes))
    if not len(matched.truth_class_ids):
        return
    common = choose_threshold(matched)
    limits = choose_class_thresholds(matched, common)
    confusion = confusion_matrix(matched, matched.at(limits))
    for class_id, ranked in enumerate(matched.per_class):
        if ranked.num_boxes.sum():
            promised = figures_at(ranked, limits[class_id : class_id + 1])[2, 0]
            sums = confusion[class_id].sum() + confusion[:, class_id].sum()
            assert promised == 2 * confusion[class_id, class_id] / sums


def issue_picture():
    """A sure detection between two parts takes the one that a second detection fits better; overlap first, both would be found."""
    boxes = [(0, 0, 100, 100), (0, 40, 100, 140)]
    guesses = [(0, 25, 100, 125), (0, 41, 100, 141)]
    return dataset(sample("a", boxes, [0, 0]), class_names=("bolt",)), [found(guesses, [0.9, 0.8], [0, 0])]


def test_on_the_picture_where_two_rules_disagreed_all_figures_say_one_of_two(gray):
    truth, detections = issue_picture()
    truth = dataset(replace(truth.samples[0], image_path=gray), class_names=truth.class_names)
    matched = match(truth, detections)
    result = judged(matched, 0.5)
    assert pairwise_iou(detections[0].boxes_xyxy, truth.samples[0].boxes_xyxy).round(2).tolist() == [
        [0.6, 0.74],
        [0.42, 0.98],
    ]
    assert (result.overall.precision, result.overall.recall) == (0.5, 0.5)
    assert result.confusion.tolist() == [[1, 1], [1, 0]]
    (by_size,) = slice_recall(matched, 0.5, np.random.default_rng(0))
    assert by_size.recall == 0.5
    assert pick_gallery(matched, 0.5, 1).worst[0].caption == "a: 1 right, 1 missed, 1 false"


def test_a_part_found_as_its_class_is_not_confused_by_a_surer_guess_of_another_class():
    truth = dataset(sample("a", [(0, 0, 10, 10)], [0]))
    matched = match(truth, [found([(0, 0, 10, 10)] * 2, [0.9, 0.8], [1, 0])])
    assert confusion_matrix(matched, matched.at(0.5)).tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert confusion_matrix(matched, matched.at(0.85)).tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_detections_are_numbered_best_first_however_they_are_given():
    truth, (given,) = issue_picture()
    matched = match(truth, [given[np.array([1, 0])]])
    assert matched.scores.tolist() == [0.9, 0.8]
    assert matched.truth_ids.tolist() == match(truth, [given]).truth_ids.tolist()
