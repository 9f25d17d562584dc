"""Matched → Evaluation."""

from collections.abc import Sequence

import numpy as np

from partsight.config.sections.evaluate import EvaluateSection
from partsight.evaluate.figures.average_precision import average_precisions
from partsight.evaluate.figures.calibration import calibrate
from partsight.evaluate.figures.confusion import confusion_matrix, false_positives_per_empty_image
from partsight.evaluate.figures.operating_point import curve, figures_at, mean_over_classes
from partsight.evaluate.intervals.bootstrap import bootstrap_intervals
from partsight.structures.detections import Threshold
from partsight.structures.evaluation import Evaluation, Score
from partsight.structures.matched import Matched, RankedDetections


def evaluate(
    matched: Matched,
    section: EvaluateSection,
    *,
    threshold: float,
    threshold_source: str,
    seed: int,
    class_thresholds: Sequence[float] = (),
) -> Evaluation:
    """Return the figures of matched detections.

    Average precision is COCO's, over all scores; precision, recall, F1, the confusion matrix and false positives count
    scores of at least `threshold`, or of `class_thresholds` where they are given. Overall figures are means over the
    classes that have ground truth. `seed` draws the bootstrap.
    """
    dataset, ranked = matched.dataset, matched.per_class
    limits: Threshold = np.array(class_thresholds, float) if len(class_thresholds) else threshold
    pairing = matched.at(limits)
    each = np.broadcast_to(limits, len(ranked)).tolist()
    per_class = tuple(_score(one, limit) for one, limit in zip(ranked, each, strict=True))
    return Evaluation(
        class_names=dataset.class_names,
        num_images=len(dataset.samples),
        num_empty_images=sum(len(sample.boxes_xyxy) == 0 for sample in dataset.samples),
        num_sessions=len({sample.session for sample in dataset.samples}),
        threshold=threshold,
        threshold_source=threshold_source,
        class_thresholds=tuple(class_thresholds),
        overall=_mean_score(per_class),
        per_class=per_class,
        class_agnostic_ap50=float(average_precisions(matched.any_class)[0]),
        confusion=confusion_matrix(matched, pairing),
        false_positives_per_empty_image=false_positives_per_empty_image(matched, pairing),
        intervals=bootstrap_intervals(
            dataset, ranked, limits, num_resamples=section.bootstrap, rng=np.random.default_rng(seed)
        ),
        calibration=calibrate(matched),
        curves=tuple(curve(name, one) for name, one in zip(dataset.class_names, ranked, strict=True)),
    )


def _score(ranked: RankedDetections, threshold: float) -> Score:
    precision, recall, f1 = figures_at(ranked, np.array([threshold]))[:, 0].tolist()
    averages = average_precisions(ranked)
    return Score(
        num_boxes=int(ranked.num_boxes.sum()),
        precision=precision,
        recall=recall,
        f1=f1,
        ap50=float(averages[0]),
        ap50_95=float(averages.mean()),
    )


def _mean_score(per_class: Sequence[Score]) -> Score:
    figures = np.array([[one.precision, one.recall, one.f1, one.ap50, one.ap50_95] for one in per_class])
    precision, recall, f1, ap50, ap50_95 = mean_over_classes(figures.T).tolist()
    num_boxes = sum(one.num_boxes for one in per_class)
    return Score(num_boxes=num_boxes, precision=precision, recall=recall, f1=f1, ap50=ap50, ap50_95=ap50_95)
