"""Average precision of masks is COCO's: every figure equals what pycocotools computes, to 1e-12."""

import contextlib
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from partsight.evaluate.masks import evaluate_masks
from partsight.labels.sample_masks import sample_masks
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask, mask_ious
from partsight.structures.sample import Sample

SIDE = 40


def blob(rng):
    """A polygon around a random place."""
    turns = np.sort(rng.uniform(0, 2 * np.pi, 7))
    return np.stack([np.cos(turns), np.sin(turns)], axis=1) * rng.uniform(4, 14, (7, 1)) + rng.uniform(8, SIDE - 8, 2)


def scene(rng, num_images=6, num_classes=3):
    """Photos with outlines, and masks near them; few scores, so that ties are common."""
    samples, detections = [], []
    for number in range(num_images):
        outlines = [np.clip(blob(rng), 0, SIDE) for _ in range(rng.integers(0, 4))]
        guesses = [
            blob(rng) if rng.random() < 0.4 or not outlines else moved(outlines, rng) for _ in range(rng.integers(0, 9))
        ]
        boxes = np.array([[*one.min(axis=0), *one.max(axis=0)] for one in outlines]).reshape(-1, 4)
        photo = Sample(
            f"{number}", Path(f"{number}.png"), (SIDE, SIDE), boxes, rng.integers(0, num_classes, len(boxes)), "photo", "s",
            outlines=tuple(outlines),
        )  # fmt: skip
        samples.append(photo)
        extents = np.array([[*one.min(axis=0), *one.max(axis=0)] for one in guesses]).reshape(-1, 4)
        scores = np.sort(rng.integers(0, 5, len(guesses)) / 4)[::-1]
        masks = sample_masks(
            replace(photo, boxes_xyxy=extents, class_ids=np.zeros(len(extents)), outlines=tuple(guesses))
        )
        detections.append(Detections(extents, scores, rng.integers(0, num_classes, len(guesses)), masks))
    return Dataset(tuple(f"part {n}" for n in range(num_classes)), tuple(samples)), detections


def moved(outlines, rng):
    return outlines[rng.integers(len(outlines))] + rng.integers(-2, 3, 2)


def packed(mask):
    return coco_masks.encode(np.asfortranarray(mask.pixels.astype(np.uint8)))


def entries(image_id, class_ids, masks):
    pairs = zip(class_ids.tolist(), map(packed, masks), strict=True)
    return [
        {"image_id": image_id, "category_id": c, "segmentation": one, "area": float(coco_masks.area(one)),
         "bbox": coco_masks.toBbox(one).tolist(), "iscrowd": 0} for c, one in pairs
    ]  # fmt: skip


def coco_figures(dataset, detections, max_detections):
    reference = COCO()
    truth = [one for n, s in enumerate(dataset) for one in entries(n, s.class_ids, sample_masks(s))]
    results = [
        one | {"score": score}
        for n, found in enumerate(detections)
        for one, score in zip(entries(n, found.class_ids, found.masks), found.scores.tolist(), strict=True)
    ]
    reference.dataset = {
        "info": {}, "images": [{"id": n, "width": SIDE, "height": SIDE} for n in range(len(dataset))],
        "categories": [{"id": n, "name": name} for n, name in enumerate(dataset.class_names)],
        "annotations": [one | {"id": number} for number, one in enumerate(truth, start=1)],
    }  # fmt: skip
    with contextlib.redirect_stdout(io.StringIO()):
        reference.createIndex()
        judge = COCOeval(reference, reference.loadRes(results), "segm")
        judge.params.maxDets = [max_detections]
        judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, 0]
    return np.where((precision > -1).all(axis=1), precision.mean(axis=1), np.nan)


@pytest.mark.parametrize("max_detections", [1, 100])
def test_figures_equal_pycocotools_on_random_scenes_full_of_ties(max_detections):
    rng = np.random.default_rng(max_detections)
    for _ in range(25):
        dataset, detections = scene(rng)
        if not any(len(one) for one in detections) or not any(len(one.class_ids) for one in dataset):
            continue
        ours = evaluate_masks(dataset, detections, max_detections=max_detections)
        theirs = coco_figures(dataset, detections, max_detections)
        found = np.array([[one.ap50, one.ap50_95] for one in ours.per_class]).T
        np.testing.assert_allclose(found, [theirs[0], theirs.mean(axis=0)], rtol=0, atol=1e-12)
        np.testing.assert_allclose(ours.overall.ap50, np.nanmean(theirs[0]), rtol=0, atol=1e-12)


def test_the_overlap_of_masks_is_that_of_pycocotools_to_the_last_bit():
    rng = np.random.default_rng(1)
    for share in (0.0, 0.01, 0.5, 0.99, 1.0):
        pixels = [rng.random(rng_shape) < share for rng_shape in [(13, 9)] * 6]
        masks = tuple(map(Mask.of, pixels))
        theirs = np.asarray(
            coco_masks.iou([packed(one) for one in masks[:3]], [packed(one) for one in masks[3:]], [0] * 3)
        )
        np.testing.assert_array_equal(mask_ious(masks[:3], masks[3:]), theirs)


def test_photos_of_which_a_part_has_a_box_only_judge_no_masks():
    dataset, detections = scene(np.random.default_rng(4))
    boxed = [replace(one, outlines=()) for one in dataset]
    assert evaluate_masks(Dataset(dataset.class_names, tuple(boxed)), detections) is None
    one_boxed = Dataset(dataset.class_names, (boxed[0], *dataset.samples[1:]))
    assert len(boxed[0].class_ids)
    assert evaluate_masks(one_boxed, detections).num_images == len(dataset) - 1


def test_detectors_of_boxes_have_no_figures_of_masks():
    dataset, detections = scene(np.random.default_rng(4))
    assert evaluate_masks(dataset, [replace(found, masks=None) for found in detections]) is None
