import numpy as np
import pytest
from PIL import Image as PillowImage

from partsight.config.sections.evaluate import EvaluateSection
from partsight.errors import EvaluationError
from partsight.evaluate.detecting import detect_samples
from partsight.structures.sample import Sample

from .scenes import found


class RedDetector:
    """Finds one box whose score is the redness of the first pixel."""

    class_names = ("bolt",)

    def __init__(self):
        self.calls = []

    def detect(self, images, min_score, max_detections):
        self.calls.append((len(images), min_score, max_detections))
        return [found([(0, 0, 2, 2)], [image[0, 0, 0] / 255], [0]) for image in images]


def pictures(folder, count):
    for number in range(count):
        PillowImage.new("RGB", (8, 6), (number, 0, 0)).save(folder / f"{number}.png")
    return [
        Sample(str(n), folder / f"{n}.png", (8, 6), np.empty((0, 4)), np.empty(0), "photo", "walk")
        for n in range(count)
    ]


def test_every_picture_is_answered_in_order_in_batches_of_sixteen(tmp_path):
    detector, heard = RedDetector(), []
    section = EvaluateSection(min_score=0.05, max_detections=7)
    answers = detect_samples(detector, pictures(tmp_path, 20), section, lambda *counts: heard.append(counts))
    assert [round(one.scores[0] * 255) for one in answers] == list(range(20))
    assert detector.calls == [(16, 0.05, 7), (4, 0.05, 7)]
    assert heard == [(16, 20), (20, 20)]


def test_a_picture_of_another_size_than_its_labels_is_refused(tmp_path):
    (sample,) = pictures(tmp_path, 1)
    PillowImage.new("RGB", (9, 6)).save(sample.image_path)
    with pytest.raises(EvaluationError, match=r"0\.png: the picture is 9 × 6 pixels, its labels are for 8 × 6"):
        detect_samples(RedDetector(), [sample], EvaluateSection(), lambda *_: None)
