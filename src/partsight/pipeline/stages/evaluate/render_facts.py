"""What is known about renders: of each part what may explain that a detector misses it, and which other things there are."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from partsight.evaluate.breakdown.causes import explain_recall
from partsight.evaluate.breakdown.unknown_objects import Scenery, count_unknown, find_strays, thing_boxes
from partsight.files import read_json
from partsight.labels.formats.rendered import mask_path, read_masks
from partsight.photos.appearance import measure_object, measure_picture
from partsight.pictures import read_picture
from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.detections import Detections, Threshold
from partsight.structures.evaluation import Cause, UnknownObjects
from partsight.structures.matched import Matched
from partsight.structures.sample import Sample


def find_causes(matched: Sequence[Matched], threshold: Threshold, rng: np.random.Generator) -> tuple[Cause, ...]:
    """Return what recall at the threshold depends on, from those of the pictures that are renders."""
    renders = [one for each in matched for one in _found_in_renders(each, threshold)]
    if not renders:
        return ()
    facts = [_gather(sample) for sample, _ in renders]
    is_found = np.concatenate([found for _, found in renders])
    image_ids = np.repeat(np.arange(len(renders)), [len(sample.class_ids) for sample, _ in renders])
    together = {name: np.concatenate([one[name] for one in facts]) for name in facts[0]}
    return explain_recall(is_found, together, image_ids, rng)


def find_unknown(matched: Sequence[Matched], threshold: Threshold, num_classes: int) -> UnknownObjects | None:
    """Return what was made of the things without a class in those of the pictures that are renders; None without renders."""
    strays = ((each.dataset.samples, find_strays(each, threshold)) for each in matched)
    pairs = (pair for samples, found in strays for pair in zip(samples, found, strict=True))
    sceneries = [_scenery(sample, found) for sample, found in pairs if sample.source == "render"]
    return count_unknown(sceneries, num_classes) if sceneries else None


def _found_in_renders(matched: Matched, threshold: Threshold) -> list[tuple[Sample, BoolArray]]:
    """Return the renders that show parts, and of each which of its boxes are found."""
    is_found = matched.at(threshold).is_found
    return [
        (sample, is_found[matched.boxes_of(image_id)])
        for image_id, sample in enumerate(matched.dataset.samples)
        if sample.source == "render" and len(sample.class_ids)
    ]


def _scenery(sample: Sample, strays: Detections) -> Scenery:
    labels = _labels_of(sample)
    return Scenery(thing_boxes(read_masks(mask_path(labels)), read_json(labels)["parts"]), strays)


def _labels_of(sample: Sample) -> Path:
    if sample.label_path is None:
        raise ValueError(f"{sample.sample_id}: a render without its file of labels")
    return sample.label_path


def _gather(sample: Sample) -> dict[str, FloatArray]:
    """Return (N,) values of each fact; size is the base-2 logarithm of the root of the box's area in pixels."""
    labels = _labels_of(sample)
    objects = read_json(labels)["objects"]
    picture, mask = read_picture(sample.image_path), read_masks(mask_path(labels))
    sides = sample.boxes_xyxy[:, 2:] - sample.boxes_xyxy[:, :2]
    looks = [measure_object(picture, mask == one["instance_id"]) for one in objects]
    everywhere = np.ones(len(objects))
    return {
        "size": np.log2(sides.prod(axis=1)) / 2,
        "hidden": 1 - np.array([one["visible_fraction"] for one in objects]),
        "cut off": np.array([one["truncated_fraction"] for one in objects]),
        "seen from above": np.array([_elevation_deg(one) for one in objects]),
        "relief": np.array([one["relief"] for one in looks]),
        "color distance": np.array([one["color distance"] for one in looks]),
        "sharpness": everywhere * measure_picture(picture)["sharpness"],
        "parts in the picture": everywhere * len(objects),
    }


def _elevation_deg(label: dict[str, Any]) -> float:
    """Return how far above the part's own horizon the camera is, in degrees."""
    camera = np.linalg.inv(np.array(label["camera_from_part"]))[:3, 3]
    return float(np.degrees(np.arcsin(camera[2] / np.linalg.norm(camera))))
