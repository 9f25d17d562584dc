"""A detector and the verifier that looks once more at its boxes, as one detector: whoever holds it need not know."""

from collections.abc import Sequence
from dataclasses import dataclass

from partsight.detector.crops import cut_crops
from partsight.detector.detector import Checkpoint, Detector, open_family
from partsight.detector.rescoring import propose, rename
from partsight.detector.verifier import Verifier, open_verifiers
from partsight.structures.arrays import Image
from partsight.structures.detections import Detections, above


@dataclass(frozen=True, slots=True)
class VerifiedDetector:
    """Detects, crops, classifies, rescores. Follows `detector.Detector`; each place is named once."""

    detector: Detector
    verifier: Verifier

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes in the order of their numbers."""
        return self.detector.class_names

    def detect(self, images: Sequence[Image], min_score: float, max_detections: int) -> list[Detections]:
        """Return the verified detections of each RGB picture, best first, boxes in that picture's pixels."""
        found = self.detector.detect(images, max(min_score, self.verifier.spec.least_proposed), max_detections)
        return [self._verify(image, one, min_score) for image, one in zip(images, found, strict=True)]

    def _verify(self, image: Image, found: Detections, min_score: float) -> Detections:
        """A verifier only lowers scores: boxes below the least score need no look."""
        spec = self.verifier.spec
        proposed = propose(found, spec)
        probabilities = self.verifier.classify(cut_crops(image, proposed.boxes_xyxy, spec))
        return above(rename(proposed, probabilities, spec), min_score)


def load_detector(checkpoint: Checkpoint, threads: int, *, image_size: int | None = None) -> Detector:
    """Load a trained detector, with its verifier where it has one; `image_size` as in `DetectorFamily.load`. Raises DetectorError."""
    detector = open_family(checkpoint.family).load(checkpoint, threads, image_size=image_size)
    if checkpoint.verifier is None:
        return detector
    return VerifiedDetector(detector, load_verifier(checkpoint, threads))


def load_verifier(checkpoint: Checkpoint, threads: int) -> Verifier:
    """Load the verifier of a checkpoint that has one. Raises DetectorError."""
    if checkpoint.verifier is None:
        raise ValueError(f"{checkpoint.path}: has no verifier")
    return open_verifiers().load(checkpoint.verifier, threads)
