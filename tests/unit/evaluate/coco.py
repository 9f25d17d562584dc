"""The reference: pycocotools itself."""

import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def coco_figures(dataset, detections, max_detections):
    """Return (10, C) average precisions by IoU threshold and class (-1: no ground truth), from pycocotools."""
    truth = {
        "info": {},
        "images": [{"id": image_id, "width": 100, "height": 100} for image_id in range(len(dataset.samples))],
        "categories": [{"id": class_id, "name": name} for class_id, name in enumerate(dataset.class_names)],
        "annotations": [],
    }
    results = []
    for image_id, (sample, found) in enumerate(zip(dataset.samples, detections, strict=True)):
        for box, class_id in zip(sample.boxes_xyxy, sample.class_ids, strict=True):
            entry = _entry(image_id, box, class_id)
            entry |= {"id": len(truth["annotations"]) + 1, "iscrowd": 0, "area": entry["bbox"][2] * entry["bbox"][3]}
            truth["annotations"].append(entry)
        for box, score, class_id in zip(found.boxes_xyxy, found.scores, found.class_ids, strict=True):
            results.append(_entry(image_id, box, class_id) | {"score": float(score)})
    with contextlib.redirect_stdout(io.StringIO()):
        reference = COCO()
        reference.dataset = truth
        reference.createIndex()
        judge = COCOeval(reference, _load(reference, results), "bbox")
        judge.params.maxDets = [max_detections]
        judge.params.areaRng, judge.params.areaRngLbl = [[0, 1e10]], ["all"]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, 0]
    return np.where((precision > -1).all(axis=1), precision.mean(axis=1), -1.0)


def _entry(image_id, box, class_id):
    x1, y1, x2, y2 = box.tolist()
    return {"image_id": image_id, "category_id": int(class_id), "bbox": [x1, y1, x2 - x1, y2 - y1]}


def _load(reference, results):
    if results:
        return reference.loadRes(results)
    nothing = COCO()
    nothing.dataset = {**reference.dataset, "annotations": []}
    nothing.createIndex()
    return nothing
