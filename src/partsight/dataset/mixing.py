"""Which pictures go into one training: few photos per class, many renders and empty pictures, in nested draws.

Nested: for one seed the 5 photos per class are among the 10, and the 150 renders among the 500; so a curve over their
number shows the number, not the luck of a new draw.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from partsight.errors import DatasetError
from partsight.labels.class_names import check_same_names
from partsight.structures.arrays import BoolArray, IntArray
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample

_PHOTOS, _BACKGROUNDS, _RENDERS = 1, 2, 3
"""Streams of randomness, so that one draw leaves the others as they were."""


def draw_photos(train: Dataset, per_class: int, num_background: int, seed: int) -> Dataset:
    """Draw photos so that each class is on at least `per_class` of them, and `num_background` photos without any part.

    A photo that shows several classes counts for each; photos that give a class more than its share are taken last.
    Raises DatasetError when a class or the backgrounds have too few, saying how many there are.
    """
    _check_enough(train, per_class, num_background)
    positives = _shuffled([sample for sample in train.samples if len(sample.class_ids)], (seed, _PHOTOS))
    negatives = _shuffled([sample for sample in train.samples if not len(sample.class_ids)], (seed, _BACKGROUNDS))
    drawn = _draw_balanced(positives, len(train.class_names), per_class) + negatives[:num_background]
    return _in_order(train, drawn)


def draw_renders(dataset: Dataset, count: int | None, seed: int) -> Dataset:
    """Draw that many renders, the class on fewest of them first, empty ones by their share; all when no count is given.

    Raises DatasetError when there are fewer.
    """
    if count is None:
        return dataset
    if count > len(dataset.samples):
        raise DatasetError(
            f"dataset.renders asks for {count} renders, there are {len(dataset.samples)}: raise render.count"
        )
    return _in_order(
        dataset, _balanced_order(_shuffled(dataset.samples, (seed, _RENDERS)), len(dataset.class_names))[:count]
    )


def mix(*datasets: Dataset) -> Dataset:
    """Join datasets of the same class names. Raises DatasetError for other names, or when two samples share an id."""
    if not datasets:
        raise ValueError("nothing to mix")
    for dataset in datasets[1:]:
        check_same_names(datasets[0].class_names, dataset.class_names, "datasets to be mixed")
    samples = tuple(sample for dataset in datasets for sample in dataset.samples)
    counts = Counter(sample.sample_id for sample in samples)
    twice = [f"  {sample.sample_id}: {sample.image_path}" for sample in samples if counts[sample.sample_id] > 1]
    if twice:
        raise DatasetError("pictures of one name cannot be mixed, rename them:\n" + "\n".join(twice[:20]))
    return Dataset(datasets[0].class_names, samples)


def _check_enough(train: Dataset, per_class: int, num_background: int) -> None:
    counts = Counter(class_id for sample in train.samples for class_id in set(sample.class_ids.tolist()))
    num_empty = sum(not len(sample.class_ids) for sample in train.samples)
    problems = [
        f"{name}: {per_class} training photos asked for, there are {counts[class_id]}"
        for class_id, name in enumerate(train.class_names)
        if counts[class_id] < per_class
    ]
    if num_empty < num_background:
        problems.append(f"photos without parts: {num_background} asked for, there are {num_empty}")
    if problems:
        advice = "Ask for fewer (dataset.photos_per_class, dataset.background_photos) or add training sessions."
        raise DatasetError("\n".join(["too few photos in the training sessions:", *problems, advice]))


def _shuffled(samples: Sequence[Sample], stream: tuple[int, int]) -> list[Sample]:
    """Return the samples in an order that depends on their ids and the stream alone."""
    ordered = sorted(samples, key=lambda sample: sample.sample_id)
    return [ordered[index] for index in np.random.default_rng(stream).permutation(len(ordered))]


def _draw_balanced(samples: Sequence[Sample], num_classes: int, per_class: int) -> list[Sample]:
    """Draw in rounds: in round r each class that is on fewer than r drawn photos gets one more."""
    drawn: list[Sample] = []
    left, counts = list(samples), np.zeros(num_classes, np.int64)
    for wanted in range(1, per_class + 1):
        for class_id in range(num_classes):
            if counts[class_id] < wanted:
                sample = _least_surplus(left, class_id, counts >= wanted)
                left.remove(sample)
                drawn.append(sample)
                counts[np.unique(sample.class_ids)] += 1
    return drawn


def _least_surplus(samples: Sequence[Sample], class_id: int, is_full: BoolArray) -> Sample:
    """Return the first sample with the class among those that show the fewest classes of which there are enough."""
    showing = [sample for sample in samples if class_id in sample.class_ids]
    return min(showing, key=lambda sample: int(is_full[np.unique(sample.class_ids)].sum()))


def _balanced_order(samples: Sequence[Sample], num_classes: int) -> list[Sample]:
    """Return all samples, the next one always for the class on fewest so far; empty ones keep their share."""
    empty_share = sum(not len(sample.class_ids) for sample in samples) / max(1, len(samples))
    queues = [
        [sample for sample in reversed(samples) if class_id in sample.class_ids] for class_id in range(num_classes)
    ]
    empty = [sample for sample in reversed(samples) if not len(sample.class_ids)]
    counts, used, order = np.zeros(num_classes, np.int64), set[str](), list[Sample]()
    num_empty = len(empty)
    while len(order) < len(samples):
        is_empty_due = empty and (num_empty - len(empty)) < empty_share * (len(order) + 1) - 1e-9
        sample = empty.pop() if is_empty_due else _next_for_rarest(queues, counts, used) or empty.pop()
        used.add(sample.sample_id)
        order.append(sample)
        counts[np.unique(sample.class_ids)] += 1
    return order


def _next_for_rarest(queues: list[list[Sample]], counts: IntArray, used: set[str]) -> Sample | None:
    """Take the next unused sample of the class on fewest pictures so far that still has one."""
    for class_id in np.argsort(counts, kind="stable"):
        queue: list[Sample] = queues[class_id]
        while queue:
            sample = queue.pop()
            if sample.sample_id not in used:
                return sample
    return None


def _in_order(dataset: Dataset, drawn: Sequence[Sample]) -> Dataset:
    """Return the drawn samples in the dataset's own order."""
    ids = {sample.sample_id for sample in drawn}
    return Dataset(dataset.class_names, tuple(sample for sample in dataset.samples if sample.sample_id in ids))
