"""Labels that the recipe's own detector contradicts. Test photos are left out: labels mended to please a detector flatter it."""

from collections.abc import Sequence

from partsight.dataset.health import Finding
from partsight.detector.verifying import load_detector
from partsight.errors import DatasetError
from partsight.evaluate.breakdown.disagreement import Disagreement, find_disagreements
from partsight.evaluate.detecting import detect_samples
from partsight.evaluate.matching import match
from partsight.pipeline.experiment import Experiment
from partsight.structures.dataset import Dataset, Splits
from partsight.structures.sample import Sample


def find_label_doubts(experiment: Experiment, photos: Dataset, splits: Splits) -> list[Finding]:
    """Return likely missed labels and wrong classes, with file and whether the detector learned from it. Raises DatasetError."""
    reported = {sample.sample_id for sample in splits.test.samples}
    judged = [sample for sample in photos.samples if sample.sample_id not in reported]
    if not judged:
        raise DatasetError("no photos outside the test sessions: the detector must not choose labels of the test.")
    learned = {sample.sample_id for sample in experiment.assemble().splits.train.samples}
    detector = load_detector(experiment.verify(), experiment.recipe.train.threads)
    with experiment.progress.stage("check", len(judged), "pictures") as advance:
        found = detect_samples(detector, judged, experiment.recipe.evaluate, lambda done, _total: advance(done, ""))
    disagreements = find_disagreements(match(Dataset(photos.class_names, tuple(judged)), found))
    return [
        _finding(sample, one, photos.class_names, is_learned=sample.sample_id in learned)
        for sample, denied in zip(judged, disagreements, strict=True)
        for one in denied
    ]


def _finding(sample: Sample, one: Disagreement, names: Sequence[str], *, is_learned: bool) -> Finding:
    left, top, right, bottom = (round(edge) for edge in one.box_xyxy)
    label = "no label" if one.labeled_class is None else f"the label {names[one.labeled_class]}"
    learned = "it learned from this picture" if is_learned else "this is not one of the photos it learned from"
    message = (
        f"the detector finds {names[one.found_class]} (score {one.score:.2f}) at {left},{top}–{right},{bottom} px, "
        f"where there is {label}; {learned}"
    )
    return Finding(one.kind, str(sample.image_path), message, (sample.image_path,))
