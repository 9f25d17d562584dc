"""Small datasets with known answers."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

LEFT, RIGHT, ABOVE = (0, 0, 10, 10), (20, 0, 30, 10), (0, 20, 10, 30)


def sample(name, boxes=(), class_ids=(), session=None):
    return Sample(name, Path(f"{name}.png"), (100, 100), np.array(boxes), np.array(class_ids), "photo", session or name)


def found(boxes=(), scores=(), class_ids=()):
    return Detections(np.array(boxes), np.array(scores), np.array(class_ids))


def dataset(*samples, class_names=("bolt", "nut")):
    return Dataset(tuple(class_names), tuple(samples))


def random_scene(rng, *, num_images=8, num_classes=3, most_boxes=5, most_detections=12, score_steps=6):
    """Whole-number boxes near each other and few distinct scores, so that ties in both are common."""
    samples, detections = [], []
    for image_id in range(num_images):
        truth = _random_boxes(rng, int(rng.integers(0, most_boxes + 1)))
        guesses = _random_boxes(rng, int(rng.integers(0, most_detections + 1)))
        near = rng.random(len(guesses)) < 0.6
        if len(truth) and len(guesses):
            shifts = rng.integers(-3, 4, size=guesses.shape)
            guesses = np.where(near[:, None], truth[rng.integers(0, len(truth), len(guesses))] + shifts, guesses)
            guesses[:, 2:] = np.maximum(guesses[:, 2:], guesses[:, :2] + 1)
        samples.append(
            sample(f"{image_id:03}", truth, rng.integers(0, num_classes, len(truth)), session=f"s{image_id % 3}")
        )
        scores = rng.integers(0, score_steps + 1, len(guesses)) / score_steps
        order = np.argsort(-scores, kind="stable")
        detections.append(found(guesses[order], scores[order], rng.integers(0, num_classes, len(guesses))))
    return dataset(*samples, class_names=[f"part {n}" for n in range(num_classes)]), detections


def as_one_class(truth, detections):
    samples = [replace(one, class_ids=np.zeros(len(one.class_ids))) for one in truth.samples]
    return dataset(*samples, class_names=("thing",)), [replace(one, class_ids=one.class_ids * 0) for one in detections]


def _random_boxes(rng, count):
    corners = rng.integers(0, 30, size=(count, 2))
    return np.concatenate([corners, corners + rng.integers(4, 20, size=(count, 2))], axis=1).astype(float)
