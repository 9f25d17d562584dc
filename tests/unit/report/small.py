"""A small report, complete enough to be written."""

import io
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from partsight.config.sections.evaluate import EvaluateSection
from partsight.evaluate.evaluating import evaluate
from partsight.evaluate.matching import match
from partsight.report.content import ReportContent, ReportPart, ReportPicture
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

LEFT, RIGHT, ABOVE = (10, 60, 60, 110), (100, 60, 150, 110), (10, 5, 60, 50)


def sample(folder: Path, name, boxes=(), class_ids=(), session=None):
    path = folder / f"{name}.png"
    PillowImage.new("RGB", (160, 120), "gray").save(path)
    return Sample(name, path, (160, 120), np.array(boxes), np.array(class_ids), "photo", session or name)


def found(boxes=(), scores=(), class_ids=()):
    return Detections(np.array(boxes), np.array(scores), np.array(class_ids))


def evaluation(truth, detections, threshold_source="validation", bootstrap=50):
    section = EvaluateSection(bootstrap=bootstrap)
    return evaluate(match(truth, detections), section, threshold=0.5, threshold_source=threshold_source, seed=0)


def content(folder: Path, class_names=("bolt", "nut"), **changes):
    truth = Dataset(
        tuple(class_names),
        (sample(folder, "a", [LEFT], [0]), sample(folder, "b", [LEFT, RIGHT], [0, 1]), sample(folder, "c")),
    )
    detections = [found([LEFT], [0.9], [0]), found([LEFT], [0.8], [1]), found([ABOVE], [0.6], [0])]
    picture = ReportPicture(
        truth.samples[1].image_path, detections[1].boxes_xyxy, [1], [0.8], [LEFT, RIGHT], [0, 1], [0], "b"
    )
    given = {
        "title": "Bolts",
        "evaluation": evaluation(truth, detections),
        "test_source": "photo",
        "parts": (ReportPart(class_names[0], "steel", card_png(), (("Size", "3 mm"),)),),
        "renders": (ReportPicture(truth.samples[1].image_path, [LEFT, RIGHT], [0, 1]),),
        "worst": (picture,),
        "recipe": "seed = 0\n",
    }
    return ReportContent(**(given | changes))


def card_png():
    stream = io.BytesIO()
    PillowImage.new("RGBA", (40, 30), (0, 0, 255, 128)).save(stream, "PNG")
    return stream.getvalue()
