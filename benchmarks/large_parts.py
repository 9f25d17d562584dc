"""Figures of the parts that are large in the photo, as COCO counts by area: smaller ones are neither asked for nor wrong."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.matching import match
from partsight.pipeline.experiment import Experiment
from partsight.structures.arrays import FloatArray
from partsight.structures.boxes import FOUND_IOU, pairwise_iou
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.evaluation import Evaluation
from partsight.structures.sample import Sample


def evaluate_at(experiment: Experiment, threshold: float, least_px: float = 0.0) -> Evaluation:
    """Return the experiment's test figures at another threshold, of all parts or of those that are so long in the photo."""
    section = experiment.recipe.evaluate.but(bootstrap=1)
    dataset, found = keep_large(experiment.assemble().splits.test, experiment.evaluate().detections, least_px)
    return evaluate(match(dataset, found), section, threshold=threshold, threshold_source="validation", seed=0)


def keep_large(dataset: Dataset, detections: Sequence[Detections], least_px: float) -> tuple[Dataset, list[Detections]]:
    """Drop parts whose longer side is below `least_px`, and the detections that lie on dropped parts or are too small themselves."""
    samples, found = [], []
    for sample, given in zip(dataset.samples, detections, strict=True):
        is_large = _longer_px(sample.boxes_xyxy) >= least_px
        samples.append(replace(sample, boxes_xyxy=sample.boxes_xyxy[is_large], class_ids=sample.class_ids[is_large]))
        keep = _is_asked_for(given, sample, is_large, least_px)
        found.append(Detections(given.boxes_xyxy[keep], given.scores[keep], given.class_ids[keep]))
    return replace(dataset, samples=tuple(samples)), found


def _is_asked_for(given: Detections, sample: Sample, is_large: np.ndarray, least_px: float) -> np.ndarray:
    """Return whether each detection lies on a large part, or on none and is itself large."""
    overlaps = pairwise_iou(given.boxes_xyxy, sample.boxes_xyxy)
    on_large = overlaps[:, is_large].max(axis=1, initial=0) >= FOUND_IOU
    on_small = overlaps[:, ~is_large].max(axis=1, initial=0) >= FOUND_IOU
    return np.asarray(on_large | (~on_small & (_longer_px(given.boxes_xyxy) >= least_px)))


def _longer_px(boxes_xyxy: FloatArray) -> FloatArray:
    return np.asarray((boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]).max(axis=1, initial=0))
