"""Average precision of masks: COCO's, with the overlap of pixels in the place of that of boxes."""

from collections.abc import Sequence

import numpy as np

from partsight.evaluate.figures.average_precision import average_precisions
from partsight.evaluate.figures.operating_point import mean_over_classes
from partsight.evaluate.matching import match
from partsight.labels.sample_masks import has_masks, sample_masks
from partsight.structures.arrays import FloatArray
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.evaluation import ShapeFigures, ShapeScore
from partsight.structures.mask import mask_ious
from partsight.structures.matched import RankedDetections
from partsight.structures.sample import Sample


def evaluate_masks(
    dataset: Dataset, detections: Sequence[Detections], *, max_detections: int | None = None
) -> ShapeFigures | None:
    """Return the figures of masks on those pictures that tell the pixels of all their parts; None where none does, or none was found.

    One `Detections` with masks per sample, in order; `max_detections` as in `match`. Raises DatasetError and EvaluationError.
    """
    pairs = [(sample, found) for sample, found in zip(dataset.samples, detections, strict=True) if has_masks(sample)]
    if not any(len(sample.class_ids) for sample, _ in pairs) or any(found.masks is None for _, found in pairs):
        return None
    told = Dataset(dataset.class_names, tuple(sample for sample, _ in pairs))
    matched = match(told, [found for _, found in pairs], max_detections=max_detections, overlap=_mask_overlap)
    per_class = tuple(map(_score, matched.per_class))
    averages = mean_over_classes(np.array([[one.ap50, one.ap50_95] for one in per_class]).T).tolist()
    overall = ShapeScore(sum(one.num_shapes for one in per_class), *averages)
    return ShapeFigures(len(told), overall, per_class)


def _mask_overlap(found: Detections, sample: Sample) -> FloatArray:
    return mask_ious(found.masks or (), sample_masks(sample))


def _score(ranked: RankedDetections) -> ShapeScore:
    averages = average_precisions(ranked)
    return ShapeScore(int(ranked.num_boxes.sum()), float(averages[0]), float(averages.mean()))
