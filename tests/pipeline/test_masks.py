"""One key turns a project of boxes into one of masks and back, from renders to the model folder."""

import numpy as np
import pytest

import partsight
from partsight.config.sections.cad import PartSection
from partsight.deploy.description import FORMAT
from partsight.labels.sample_masks import sample_masks
from partsight.pipeline.delivery.export import ExportPlan, export_model
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


def opened(finished, **changes):
    return Experiment(
        finished.recipe.at({f"train.{key}": value for key, value in changes.items()}), finished.workspace, Silence()
    )


def columns(dataset):
    """Return how many numbers stand in each line of the labels."""
    labels = sorted((dataset.data_yaml.parent / "labels").glob("*.txt"))
    return [len(line.split()) for path in labels for line in path.read_text().splitlines()]


@pytest.mark.slow
def test_one_key_turns_boxes_into_masks_and_back(finished, tmp_path):
    """Nothing is rendered again, the model folder holds masks, and the dataset of boxes is found as it was."""
    boxes = opened(finished).assemble()
    assert set(columns(boxes)) == {5}
    masks = opened(finished, task="segment")
    assert masks.render().key == finished.render().key
    assert min(columns(masks.assemble())) > 6
    evaluated = masks.evaluate()
    assert evaluated.evaluation.masks.num_images == evaluated.evaluation.num_images > 0
    assert evaluated.evaluation.masks.overall.num_shapes == evaluated.evaluation.overall.num_boxes
    assert all(len(found.masks) == len(found) for found in evaluated.detections)
    description = export_model(masks, ExportPlan(("onnx",), tmp_path / "model", threshold=0.0001))
    assert (description.format, description.spec.output) == (FORMAT, "mask candidates")
    sample = masks.assemble().splits.test[0]
    found = partsight.load(tmp_path / "model").detect(sample.image_path)
    assert all(part.mask.pixels.shape == sample.size_wh[::-1] for part in found)
    assert opened(finished).assemble().key == boxes.key


def test_the_pixels_of_a_render_are_those_of_its_picture_of_masks(finished):
    for sample in finished.render().dataset:
        for mask, one in zip(sample_masks(sample), sample.instances, strict=True):
            np.testing.assert_array_equal(mask.pixels, one.mask)


@pytest.mark.slow
def test_masks_of_sub_parts_are_parts_of_the_masks_of_their_part(smoke, tmp_path):
    name, part = next(iter(smoke.parts.items()))
    labeled = PartSection.model_validate({**part.model_dump(), "labels": {"Coil": ["COIL*"]}})
    recipe = smoke.at(
        {"parts": {name: labeled}, "randomize.placement": "orbit", "render.count": 4, "train.task": "segment"}
    )
    dataset = Experiment(recipe, Workspace(tmp_path), Silence()).assemble()
    coils = 0
    for sample in dataset.splits.train:
        masks = sample_masks(sample)
        whole = next(mask for mask, class_id in zip(masks, sample.class_ids, strict=True) if class_id == 0)
        inner = [mask for mask, class_id in zip(masks, sample.class_ids, strict=True) if class_id == 1]
        coils += len(inner)
        assert all(whole.overlap_px(mask) == mask.num_px < whole.num_px for mask in inner)
    assert coils
    assert min(columns(dataset)) > 6
