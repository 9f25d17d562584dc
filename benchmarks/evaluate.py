"""Times the evaluation side by side with pycocotools and faster-coco-eval on the same random pictures.

Usage: python benchmarks/evaluate.py [number of pictures …] [--boxes 4] [--resamples 1000]
"""

import argparse
import contextlib
import io
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import faster_coco_eval
import numpy as np
import pycocotools.coco
import pycocotools.cocoeval

from partsight.config.sections.evaluate import EvaluateSection
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.matching import match
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

NUM_CLASSES = 5
DETECTIONS_PER_PICTURE = 60


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sizes", type=int, nargs="*", default=[100, 1000])
    parser.add_argument("--boxes", type=int, default=4)
    parser.add_argument("--resamples", type=int, default=1000)
    given = parser.parse_args()
    faster_coco_eval.COCOeval = faster_coco_eval.COCOeval_faster
    print(f"{DETECTIONS_PER_PICTURE} detections and {given.boxes} boxes a picture, {NUM_CLASSES} classes; seconds")
    print(
        f"{'pictures':>8} {'pycocotools':>12} {'faster-coco':>12} {'match':>8} {'partsight':>10} {'+ intervals':>12} {'|ΔmAP|':>9}"
    )
    for num_pictures in given.sizes:
        print(row(num_pictures, given.boxes, given.resamples), flush=True)


def row(num_pictures: int, num_boxes: int, num_resamples: int) -> str:
    dataset, detections = make_pictures(num_pictures, num_boxes, np.random.default_rng(num_pictures))
    theirs = timed(lambda: coco_map(pycocotools.coco, pycocotools.cocoeval, dataset, detections))
    faster = timed(lambda: coco_map(faster_coco_eval, faster_coco_eval, dataset, detections))
    matched = timed(lambda: len(match(dataset, detections).scores))
    ours = timed(lambda: partsight_map(dataset, detections, 0))
    full = timed(lambda: partsight_map(dataset, detections, num_resamples))
    times = f"{theirs[0]:12.2f} {faster[0]:12.2f} {matched[0]:8.2f} {ours[0]:10.2f} {full[0]:12.2f}"
    return f"{num_pictures:8} {times} {abs(ours[1] - theirs[1]):9.1e}"


def make_pictures(count: int, num_boxes: int, rng: np.random.Generator) -> tuple[Dataset, list[Detections]]:
    samples, detections = [], []
    for number in range(count):
        boxes = random_boxes(rng, num_boxes)
        guesses = np.concatenate(
            [boxes + rng.normal(0, 3, boxes.shape), random_boxes(rng, DETECTIONS_PER_PICTURE - num_boxes)]
        )
        class_ids = rng.integers(0, NUM_CLASSES, len(boxes))
        guessed_ids = np.concatenate([class_ids, rng.integers(0, NUM_CLASSES, len(guesses) - len(boxes))])
        name = f"{number:06}"
        samples.append(Sample(name, Path(name), (640, 640), boxes, class_ids, "photo", f"session {number % 20}"))
        detections.append(Detections(guesses, rng.random(len(guesses)), guessed_ids))
    return Dataset(tuple(f"part {n}" for n in range(NUM_CLASSES)), tuple(samples)), detections


def random_boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    corners = rng.uniform(0, 500, (count, 2))
    return np.concatenate([corners, corners + rng.uniform(20, 140, (count, 2))], axis=1)


def timed(work: Callable[[], float]) -> tuple[float, float]:
    start = time.perf_counter()
    figure = work()
    return time.perf_counter() - start, figure


def partsight_map(dataset: Dataset, detections: list[Detections], bootstrap: int) -> float:
    section = EvaluateSection(bootstrap=bootstrap)
    result = evaluate(match(dataset, detections), section, threshold=0.5, threshold_source="test", seed=0)
    return result.overall.ap50_95


def coco_map(reading: ModuleType, judging: ModuleType, dataset: Dataset, detections: list[Detections]) -> float:
    with contextlib.redirect_stdout(io.StringIO()):
        truth = reading.COCO()
        truth.dataset = coco_truth(dataset)
        truth.createIndex()
        judge = judging.COCOeval(truth, truth.loadRes(coco_results(detections)), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return float(judge.stats[0])


def coco_truth(dataset: Dataset) -> dict[str, Any]:
    annotations = [
        {**coco_box(number, box, class_id), "iscrowd": 0, "area": float(np.prod(box[2:] - box[:2]))}
        for number, sample in enumerate(dataset.samples)
        for box, class_id in zip(sample.boxes_xyxy, sample.class_ids, strict=True)
    ]
    return {
        "info": {},
        "images": [{"id": number, "width": 640, "height": 640} for number in range(len(dataset.samples))],
        "categories": [{"id": class_id, "name": name} for class_id, name in enumerate(dataset.class_names)],
        "annotations": [{**annotation, "id": number + 1} for number, annotation in enumerate(annotations)],
    }


def coco_results(detections: list[Detections]) -> list[dict[str, Any]]:
    return [
        {**coco_box(number, box, class_id), "score": float(score)}
        for number, found in enumerate(detections)
        for box, class_id, score in zip(found.boxes_xyxy, found.class_ids, found.scores, strict=True)
    ]


def coco_box(image_id: int, box: np.ndarray, class_id: int) -> dict[str, Any]:
    x1, y1, x2, y2 = box.tolist()
    return {"image_id": image_id, "category_id": int(class_id), "bbox": [x1, y1, x2 - x1, y2 - y1]}


if __name__ == "__main__":
    main()
