"""Two finished recipes on the same test pictures: which detector is better, and how sure that is."""

import numpy as np

from partsight.errors import EvaluationError
from partsight.evaluate.intervals.comparing import Comparison, compare
from partsight.pipeline.experiment import Experiment
from partsight.report.false_words import counted
from partsight.structures.dataset import Dataset


def compare_experiments(first: Experiment, second: Experiment) -> Comparison:
    """Compare what two recipes made, running what is missing. Raises EvaluationError when their test pictures differ."""
    test, other = first.assemble().splits.test, second.assemble().splits.test
    check_same(test, other)
    detections = (first.evaluate().detections, second.evaluate().detections)
    return compare(test, *detections, first.recipe.evaluate, np.random.default_rng(first.recipe.seed))


def lacks_training(experiment: Experiment) -> bool:
    """Return whether a training of the recipe is still to be made, or to be finished."""
    return any(stage.name == "train" and stage.num_missing for stage in experiment.plan().stages)


def describe_comparison(comparison: Comparison) -> str:
    """Return the finding in one or two sentences."""
    figures = f"mAP50 {comparison.first_map50:.3f} and {comparison.second_map50:.3f}"
    counts = {
        "picture": comparison.num_images,
        "labeled part": comparison.num_boxes,
        "session": comparison.num_sessions,
    }
    size = ", ".join(counted(count, noun) for noun, count in counts.items())
    if comparison.interval is None:
        return (
            f"{figures} on {size}. Too few sessions to say how sure the difference of {comparison.difference:+.3f} is."
        )
    interval = f"95 % interval {comparison.interval.low:+.3f} to {comparison.interval.high:+.3f}"
    better = "second" if comparison.difference > 0 else "first"
    finding = f"The {better} is better" if comparison.is_clear else "They cannot be told apart on these pictures"
    return f"{figures} on {size}. {finding}: difference {comparison.difference:+.3f}, {interval}."


def check_same(test: Dataset, other: Dataset) -> None:
    """Refuse to compare figures of different pictures. Raises EvaluationError."""
    if test.class_names != other.class_names:
        raise EvaluationError(f"the recipes have other classes: {list(test.class_names)} and {list(other.class_names)}")
    pairs = zip(test.samples, other.samples, strict=False)
    alike = all(
        one.sample_id == two.sample_id
        and np.array_equal(one.boxes_xyxy, two.boxes_xyxy)
        and np.array_equal(one.class_ids, two.class_ids)
        for one, two in pairs
    )
    if len(test.samples) != len(other.samples) or not alike:
        raise EvaluationError(
            f"the recipes are tested on different pictures ({len(test.samples)} and {len(other.samples)}). Give both the same photo "
            "sessions in photos.test, or the same renders."
        )
