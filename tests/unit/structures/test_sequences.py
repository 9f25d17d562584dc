"""Datasets and detections are sequences; samples know their instances and their names."""

import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detection, Detections
from partsight.structures.sample import Sample
from tests.builders import dataset_of, showing


def found(count=3):
    boxes = np.arange(4 * count, dtype=float).reshape(-1, 4) + np.array([0, 0, 5, 5])
    return Detections(boxes, np.linspace(0.9, 0.1, count), np.arange(count) % 2)


def test_a_dataset_is_the_sequence_of_its_samples():
    dataset = dataset_of(showing("a", 0), showing("b", 1, 2), showing("c"))
    assert len(dataset) == 3
    assert list(dataset) == list(dataset.samples)
    assert dataset[1] is dataset.samples[1]
    assert dataset[-1].sample_id == "c"
    assert dataset[1] in dataset
    with pytest.raises(IndexError):
        _ = dataset[3]


def test_a_slice_of_a_dataset_is_a_dataset_of_the_same_classes():
    dataset = dataset_of(showing("a", 0), showing("b", 1, 2), showing("c"))
    part = dataset[1:]
    assert isinstance(part, Dataset)
    assert part.class_names == dataset.class_names
    assert [sample.sample_id for sample in part] == ["b", "c"]


def test_a_sample_knows_the_names_of_its_dataset_wherever_it_goes():
    dataset = dataset_of(showing("a", 2, 0))
    assert [one.class_name for one in dataset[0].instances] == ["SX", "QD"]
    renamed = Dataset(("one", "two", "three"), dataset.samples)
    assert [one.class_name for one in renamed[0].instances] == ["three", "one"]
    assert [one.class_name for one in showing("a", 2).instances] == ["class 2"]


def test_a_photo_has_instances_without_pose_and_mask():
    (one, two) = dataset_of(showing("a", 2, 0))[0].instances
    assert one.box_xyxy.tolist() == [1, 1, 20, 20]
    assert (one.camera_from_part, one.mask, one.visible_fraction, one.hidden_by) == (None, None, None, None)
    assert two.class_id == 0
    assert dataset_of(showing("a"))[0].instances == ()


def test_a_dataset_says_in_one_line_what_it_is():
    names = [f"part {number}" for number in range(30)]
    dataset = dataset_of(*(showing(str(number), number) for number in range(30)), names=names)
    assert repr(dataset) == "Dataset(30 samples of part 0, part 1, part 2, part 3, part 4, part 5, …)"


def test_samples_by_the_hundred_thousand_are_cheap():
    names, folder = ("QD", "QF"), Path("renders")
    boxes, class_ids = np.zeros((3, 4)), np.array([0, 1, 0])
    tracemalloc.start()
    path = folder / "labels" / "000000.json"
    samples = tuple(
        Sample(f"render-{number:06d}", path, (640, 480), boxes, class_ids, "render", "s", names, path)
        for number in range(4_000)
    )
    before, _ = tracemalloc.get_traced_memory()
    start = time.perf_counter()
    dataset = Dataset(names, samples)
    for _ in range(5):
        dataset = Dataset(names, dataset.samples)
    seconds = time.perf_counter() - start
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 0.2
    assert after - before < 200_000
    assert before / len(samples) < 1500


def test_one_detection_is_a_detection_and_several_are_detections():
    detections = found()
    assert len(detections) == 3
    best = detections[0]
    assert isinstance(best, Detection)
    assert (best.score, best.class_id, best.box_xyxy.tolist()) == (0.9, 0, [0, 1, 7, 8])
    assert detections[-1].score == pytest.approx(0.1)
    assert [one.score for one in detections] == detections.scores.tolist()
    with pytest.raises(IndexError):
        _ = detections[3]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (slice(1, None), [0.5, 0.1]),
        ([0, 2], [0.9, 0.1]),
        (np.array([True, False, True]), [0.9, 0.1]),
        (np.array([2]), [0.1]),
        ([True, False, False], [0.9]),
        ([], []),
    ],
)
def test_detections_are_chosen_as_numpy_arrays_are(places, expected):
    chosen = found()[places]
    assert isinstance(chosen, Detections)
    assert chosen.scores.tolist() == pytest.approx(expected)
    assert chosen.boxes_xyxy.shape == (len(expected), 4)


def test_detections_of_nothing_are_an_empty_sequence():
    empty = Detections(np.empty((0, 4)), np.empty(0), np.empty(0, int))
    assert list(empty) == []
    assert len(empty[:5]) == 0


def test_a_sample_stays_frozen_without_a_dictionary():
    sample = showing("a", 0)
    with pytest.raises(AttributeError):
        sample.session = "other"
    assert not hasattr(sample, "__dict__")
    assert replace(sample, session="other").class_ids is sample.class_ids
