"""Validation photos choose the size of the network's input; test photos and renders have no say."""

from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image as Pillow
from scipy import ndimage

from partsight.deploy.model_folder import read_model_folder
from partsight.detector.detector import Checkpoint
from partsight.pipeline.delivery.export import ExportPlan, export_model
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.stages.evaluate import input_size
from partsight.pipeline.stages.evaluate.input_size import choose_look
from partsight.progress import Silence
from partsight.structures.dataset import Dataset
from partsight.structures.detections import Detections
from partsight.structures.sample import Sample

LEAST_PX = 8
"""Squares that are shorter in the input are not seen."""
CHECKPOINT = Checkpoint(None, "any", ("square",))


@dataclass(frozen=True)
class Finder:
    """Finds bright squares that are long enough in its input, and knows which inputs were asked for."""

    image_size: int
    class_names = ("square",)

    def detect(self, images, _min_score, _max_detections):
        return [self._detect_one(image) for image in images]

    def _detect_one(self, image):
        scale = self.image_size / max(image.shape[:2])
        places = ndimage.find_objects(ndimage.label(image[..., 0] > 128)[0])
        boxes = np.array([(x.start, y.start, x.stop, y.stop) for y, x in places], dtype=float).reshape(-1, 4)
        boxes = boxes[(boxes[:, 2] - boxes[:, 0]) * scale >= LEAST_PX]
        return Detections(boxes, np.full(len(boxes), 0.9), np.zeros(len(boxes), np.int64))


@pytest.fixture
def sizes_asked(monkeypatch):
    """The sizes that detectors were loaded with, in that order."""
    asked = []

    class Family:
        def load(self, _checkpoint, _threads, *, image_size=None):
            asked.append(image_size)
            return Finder(image_size)

    monkeypatch.setattr(input_size, "open_family", lambda _name: Family())
    return asked


@pytest.fixture
def recipe(smoke):
    """Trained at 64 px."""
    return smoke.at({"train.image_size": 64, "train.crop": 1.0})


def with_squares(folder, pictures, source="photo"):
    """A dataset of pictures of 128 × 128 with a square of each side."""
    samples = []
    for number, sides in enumerate(pictures):
        pixels = np.zeros((128, 128, 3), np.uint8)
        boxes = np.zeros((len(sides), 4))
        for place, side in enumerate(sides):
            left, top = 4 + 40 * (place % 3), 4 + 40 * (place // 3)
            pixels[top : top + side, left : left + side] = 255
            boxes[place] = (left, top, left + side, top + side)
        path = folder / f"{source}{number}.png"
        Pillow.fromarray(pixels).save(path)
        classes = np.zeros(len(sides), np.int64)
        samples.append(Sample(path.stem, path, (128, 128), boxes, classes, source, "monday"))
    return Dataset(("square",), tuple(samples))


def test_the_size_at_which_clearly_more_parts_are_found_is_taken(recipe, sizes_asked, tmp_path):
    look = choose_look(recipe, with_squares(tmp_path, [[12, 13, 13, 20]] * 4), CHECKPOINT, Silence())
    assert look.image_size == 96  # 12 pixels of 128 are 6 at 64 px, 9 at 96
    assert sizes_asked == [64, 96]  # 80 px is 64 in whole strides, tried once
    assert [len(found.scores) for found in look.detections] == [4] * 4


@pytest.mark.parametrize("rest", [[16, 20], [16, 20, 12]])
def test_what_few_photos_say_is_not_enough(recipe, sizes_asked, tmp_path, rest):
    look = choose_look(recipe, with_squares(tmp_path, [*[[16, 20, 24]] * 5, rest]), CHECKPOINT, Silence())
    assert (look.image_size, sizes_asked) == (64, [64, 96])


@pytest.mark.parametrize(("pictures", "source"), [([[]], "photo"), ([[12, 13]] * 3, "render")])
def test_without_parts_on_photos_the_first_size_counts_and_none_is_tried(
    recipe, sizes_asked, tmp_path, pictures, source
):
    recipe = recipe.at("evaluate.input_scales", (1.5, 1.0))
    look = choose_look(recipe, with_squares(tmp_path, pictures, source), CHECKPOINT, Silence())
    assert look.image_size == 96
    assert sizes_asked == [64 if source == "render" else 96]  # renders are seen as they were learned from


def test_no_size_is_less_than_a_stride(smoke):
    train = smoke.train.but(image_size=32, crop=1.0)
    assert [train.scaled_size(scale) for scale in (0.5, 1, 1.25, 1.5)] == [32, 32, 32, 64]


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ultralytics") is None, reason="the extra [yolo] is not installed")
def test_exports_have_the_size_that_was_judged(finished, tmp_path):
    experiment = Experiment(finished.recipe.at("evaluate.input_scales", (1.5,)), finished.workspace, Silence())
    size = finished.recipe.train.scaled_size(1.5)
    assert experiment.evaluate().evaluation.image_size == size > finished.recipe.train.image_size
    export_model(experiment, ExportPlan((), tmp_path / "model"))  # which compares the export with the checkpoint
    description = read_model_folder(tmp_path / "model").description
    assert description.spec.image_size == size
    assert f"input {size} px" in (experiment.report().parent / "model_card.md").read_text()
