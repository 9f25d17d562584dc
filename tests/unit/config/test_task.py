"""One key says what is found: boxes, or the pixels of parts as well."""

import pytest

from partsight.config.recipe import Recipe
from partsight.config.sections.train import TrainSection
from partsight.errors import RecipeError

PARTS = {"parts": {"gear": {"files": ["/parts/gear.step"]}}}


def read(**train):
    return Recipe.parse({**PARTS, "train": train}).train


def test_a_network_is_named_as_its_makers_name_its_variant_for_the_task():
    assert read().network == "yolov8n"
    assert read(task="segment").network == "yolov8n-seg"
    assert read(task="segment", model="yolo11s").network == "yolo11s-seg"


@pytest.mark.parametrize(
    ("train", "told"),
    [
        (
            {"task": "segment", "family": "compact"},
            "the family 'compact' finds boxes only. Set train.family = 'ultralytics'",
        ),
        ({"task": "segment", "family": "compact", "model": "nano"}, "finds boxes only"),
        ({"model": "yolov8n-seg"}, "name the network without '-seg'; what it is to find is said by train.task"),
        ({"task": "segment", "model": "yolov8n-seg"}, "name the network without '-seg'"),
        ({"task": "segment", "self_training": {"videos": ["/a.mp4"]}}, "get boxes only"),
        ({"task": "obb"}, "task"),
        ({"task": "keypoints"}, "task"),
    ],
)
def test_what_cannot_be_learned_is_refused_with_what_can(train, told):
    with pytest.raises(RecipeError, match=told):
        read(**train)


def test_one_key_leads_to_masks_and_back():
    boxes = TrainSection()
    assert boxes.but(task="segment").but(task="detect") == boxes
