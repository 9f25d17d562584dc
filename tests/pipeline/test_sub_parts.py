"""Sub-parts as classes, from the CAD file's node names to the dataset."""

import numpy as np

from partsight.config.sections.cad import PartSection
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace
from partsight.progress import Silence


def test_sub_parts_are_classes_after_the_parts_and_have_boxes_within_them(smoke, tmp_path):
    name, part = next(iter(smoke.parts.items()))
    labeled = PartSection.model_validate({**part.model_dump(), "labels": {"Coil": ["COIL*"]}})
    recipe = smoke.at({"parts": {name: labeled}, "randomize.placement": "orbit", "render.count": 4})
    renders = Experiment(recipe, Workspace(tmp_path), Silence()).render()
    assert renders.dataset.class_names == (name, "Coil")
    coils = 0
    for sample in renders.dataset.samples:
        whole = sample.boxes_xyxy[sample.class_ids == 0]
        inner = sample.boxes_xyxy[sample.class_ids == 1]
        coils += len(inner)
        assert len(whole) == 1
        assert (inner[:, :2] >= whole[0, :2] - 1e-6).all()
        assert (inner[:, 2:] <= whole[0, 2:] + 1e-6).all()
        assert len(np.unique(inner, axis=0)) == len(inner)
    assert coils >= 4


def test_labels_change_no_pixel(smoke, tmp_path):
    name, part = next(iter(smoke.parts.items()))
    pictures = []
    for labels in ({}, {"Coil": ["COIL*"]}):
        labeled = PartSection.model_validate({**part.model_dump(), "labels": labels})
        recipe = smoke.at({"parts": {name: labeled}, "render.count": 2})
        renders = Experiment(recipe, Workspace(tmp_path), Silence()).render()
        pictures.append([sample.image_path.read_bytes() for sample in renders.dataset.samples])
    assert pictures[0] == pictures[1]
