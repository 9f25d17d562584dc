"""Whether detections and ground truth can be compared at all."""

from collections.abc import Sequence

from partsight.errors import EvaluationError
from partsight.structures.arrays import IntArray
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections


def check_comparable(dataset: Dataset, detections: Sequence[Detections]) -> None:
    """Raise EvaluationError unless there are pictures, one answer for each, and no class is out of range."""
    if not dataset.samples:
        raise EvaluationError(
            "the set to evaluate on has no pictures. Give the test split at least one labeled picture."
        )
    if len(dataset.samples) != len(detections):
        raise EvaluationError(
            f"{len(dataset.samples)} pictures but detections for {len(detections)}: they belong to different sets. "
            "Detect on the same pictures that are evaluated."
        )
    faults = _class_faults(dataset, detections)
    if faults:
        raise EvaluationError(
            f"class numbers beyond the {len(dataset.class_names)} class names {', '.join(dataset.class_names)}:\n"
            + "\n".join(faults)
            + "\nEvaluate with a detector and labels that use the same class names."
        )


def _class_faults(dataset: Dataset, detections: Sequence[Detections]) -> list[str]:
    num_classes = len(dataset.class_names)
    return [
        f"  {sample.sample_id}: {what} of class {class_id}"
        for sample, found in zip(dataset.samples, detections, strict=True)
        for what, class_ids in (("label", sample.class_ids), ("detection", found.class_ids))
        for class_id in _out_of_range(class_ids, num_classes)
    ]


def _out_of_range(class_ids: IntArray, num_classes: int) -> list[int]:
    return sorted({class_id for class_id in class_ids.tolist() if not 0 <= class_id < num_classes})
