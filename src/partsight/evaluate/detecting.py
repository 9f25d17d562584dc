"""Detector + samples → detections."""

from collections.abc import Callable, Sequence

from partsight.config.sections.evaluate import EvaluateSection
from partsight.detector.crops import cut_crops
from partsight.detector.detector import Detector
from partsight.detector.rescoring import name_all, propose
from partsight.detector.verifier import Verifier
from partsight.errors import EvaluationError
from partsight.pictures import read_picture
from partsight.structures.arrays import Image
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

PICTURES_PER_BATCH = 16


def detect_samples(
    detector: Detector, samples: Sequence[Sample], section: EvaluateSection, progress: Callable[[int, int], None]
) -> list[Detections]:
    """Return the detections of each sample, in order; `progress` hears (pictures done, all pictures) after each batch.

    Raises DatasetError for an unreadable picture, EvaluationError when a picture has another size than its labels.
    """
    found: list[Detections] = []
    for start in range(0, len(samples), PICTURES_PER_BATCH):
        batch = samples[start : start + PICTURES_PER_BATCH]
        found += _detect_batch(detector, batch, section)
        progress(len(found), len(samples))
    return found


def verify_samples(
    verifier: Verifier,
    samples: Sequence[Sample],
    found: Sequence[Detections],
    section: EvaluateSection,
    progress: Callable[[int, int], None],
) -> list[Detections]:
    """Return what a verifier makes of each sample's detections: every place for every class, as average precision ranks them.

    Raises as `detect_samples` does; `progress` hears after each picture.
    """
    verified: list[Detections] = []
    for sample, one in zip(samples, found, strict=True):
        proposed = propose(one, verifier.spec)
        probabilities = verifier.classify(cut_crops(_read_sample(sample), proposed.boxes_xyxy, verifier.spec))
        verified.append(
            name_all(
                proposed,
                probabilities,
                verifier.spec,
                min_score=section.min_score,
                max_detections=section.max_detections,
            )
        )
        progress(len(verified), len(samples))
    return verified


def _detect_batch(detector: Detector, batch: Sequence[Sample], section: EvaluateSection) -> list[Detections]:
    images = [_read_sample(sample) for sample in batch]
    found = detector.detect(images, section.min_score, section.max_detections)
    if len(found) != len(batch):
        raise ValueError(f"the detector answered {len(found)} times when shown {len(batch)} pictures")
    return found


def _read_sample(sample: Sample) -> Image:
    image = read_picture(sample.image_path)
    height, width = image.shape[:2]
    if (width, height) != sample.size_wh:
        raise EvaluationError(
            f"{sample.image_path}: the picture is {width} × {height} pixels, its labels are for "
            f"{sample.size_wh[0]} × {sample.size_wh[1]}. Restore the picture that was labeled, or label this one."
        )
    return image
