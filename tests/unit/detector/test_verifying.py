"""A detector with a verifier is a detector."""

from dataclasses import dataclass

import numpy as np
import pytest

from partsight.detector.verifying import VerifiedDetector
from partsight.structures.detections import Detections
from partsight.structures.verifier_spec import VerifierSpec

SMALL = VerifierSpec(size_px=8, margin=0.0)
BOXES = [(0, 0, 20, 20), (0, 0, 20, 19), (40, 40, 60, 60), (70, 0, 90, 20)]


class Proposer:
    """Proposes the same four boxes on every picture, all of the first class, and remembers what it was asked for."""

    class_names = ("dark", "bright")

    def __init__(self):
        self.asked = []

    def detect(self, images, min_score, max_detections):
        self.asked.append((min_score, max_detections))
        return [Detections(np.array(BOXES, float), [0.9, 0.8, 0.7, 0.6], [0, 1, 0, 0]) for _ in images]


@dataclass(frozen=True)
class Brightness:
    """Takes crops for bright or dark parts, and for none of these in between."""

    class_names: tuple[str, ...] = ("dark", "bright")
    spec: VerifierSpec = SMALL

    def classify(self, crops):
        means = crops.reshape(len(crops), -1).mean(axis=1) if len(crops) else np.zeros(0)
        sure = np.select([means < 50, means > 200], [0, 1], 2)
        return np.eye(3)[sure] * 0.8 + 0.2 / 3


@pytest.fixture
def image():
    """Bright, then dark, then gray, where the boxes are."""
    pixels = np.full((100, 100, 3), 127, np.uint8)
    pixels[:30, :30], pixels[35:65, 35:65] = 255, 0
    return pixels


def test_each_place_is_named_once_by_the_verifier(image):
    detector = VerifiedDetector(Proposer(), Brightness())
    (found,) = detector.detect([image], 0.3, 10)
    assert [detector.class_names[one] for one in found.class_ids] == ["bright", "dark"]
    assert found.scores == pytest.approx([0.9 * (0.8 + 0.2 / 3), 0.7 * (0.8 + 0.2 / 3)])


def test_boxes_that_cannot_reach_the_least_score_are_not_asked_for(image):
    proposer = Proposer()
    detector = VerifiedDetector(proposer, Brightness())
    detector.detect([image], 0.3, 10)
    detector.detect([image], 0.001, 7)
    assert proposer.asked == [(0.3, 10), (Brightness().spec.least_proposed, 7)]


def test_pictures_are_answered_in_their_order(image):
    dark = np.zeros_like(image)
    first, second = VerifiedDetector(Proposer(), Brightness()).detect([dark, image], 0.3, 10)
    assert (first.class_ids.tolist(), second.class_ids.tolist()) == ([0, 0, 0], [1, 0])
