"""The labels of renders: what is read is what the annotation says."""

import json
from dataclasses import replace

import numpy as np
import pytest

from partsight.annotate.annotating import annotate_scene
from partsight.config.sections.annotate import AnnotateSection
from partsight.errors import DatasetError
from partsight.files import write_bytes, write_json
from partsight.labels.formats.rendered import describe_render, encode_masks, label_path, mask_path
from partsight.structures.sample import Sample
from partsight.structures.world.annotation import object_mask
from partsight.structures.world.part import PartRegion
from tests.unit.annotate.scenes import box_part, camera_at_origin, placed, random_scene, scene_of

EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)
NAMES = ("QD", "QF", "SX", "SD", "end")


def written(scene, folder, class_ids=None):
    annotation = annotate_scene(scene, EVERYTHING, class_ids or {})
    path = label_path(folder, 7)
    write_bytes(mask_path(path), encode_masks(annotation))
    write_json(path, {"image": "000007.png", **describe_render(scene, annotation)})
    boxes = np.array([one.box_xyxy for one in annotation.objects])
    class_ids = np.array([one.class_id for one in annotation.objects], int)
    size_wh = scene.camera.intrinsics.size_wh
    return annotation, Sample("a", folder / "a.png", size_wh, boxes, class_ids, "render", "a", NAMES, path)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_read_is_what_was_written(tmp_path, seed):
    annotation, sample = written(random_scene(seed), tmp_path)
    assert len(sample.instances) == len(annotation.objects) > 0
    for read, made in zip(sample.instances, annotation.objects, strict=True):
        assert read.class_name == NAMES[made.class_id]
        np.testing.assert_array_equal(read.box_xyxy, made.box_xyxy)
        np.testing.assert_array_equal(read.camera_from_part, made.camera_from_part)
        np.testing.assert_array_equal(read.mask, object_mask(annotation, made.instance_id))
        assert read.visible_fraction == pytest.approx(made.visible_fraction, abs=1e-6)
        assert [one.name for one in read.hidden_by] == [one.name for one in made.hidden_by]


def test_a_mask_is_read_when_it_is_asked_for(tmp_path):
    _, sample = written(random_scene(1), tmp_path)
    mask_path(sample.label_path).unlink()
    (one, *_) = sample.instances
    with pytest.raises(DatasetError, match="not a readable picture of masks"):
        _ = one.mask


def test_a_sub_part_has_no_mask_of_its_own(tmp_path):
    """The picture of masks knows whole instances only; another thing's pixels would be wrong."""
    halves = replace(
        box_part((0.4, 0.4, 0.1)),
        node_names=("body", "end"),
        node_ids=np.array([0] * 6 + [1] * 6),
        regions=(PartRegion("end", (1,)),),
    )
    scene = scene_of(camera_at_origin((200, 100), 100.0), placed(halves, (0, 0, 1)))
    tilted = replace(scene, instances=(placed(halves, (0.5, 0.3, 1)),))
    _, sample = written(tilted, tmp_path, {"end": 4})
    whole, end = sample.instances
    assert whole.mask.sum() == whole.num_visible_px
    assert (end.class_name, end.mask) == ("end", None)


def test_labels_of_another_picture_are_refused(tmp_path):
    _, sample = written(random_scene(1), tmp_path)
    with pytest.raises(DatasetError, match="other parts than the sample"):
        _ = replace(sample, boxes_xyxy=np.empty((0, 4)), class_ids=np.empty(0, int)).instances


@pytest.mark.parametrize("content", ["{", "[]", '{"objects": [{}]}', '{"objects": [{"class_id": 99}]}', "{}"])
def test_damaged_labels_are_named(tmp_path, content):
    _, sample = written(random_scene(1), tmp_path)
    sample.label_path.write_text(content)
    with pytest.raises(DatasetError, match=r"000007\.json"):
        _ = sample.instances
    sample.label_path.unlink()
    with pytest.raises(DatasetError, match=r"000007\.json"):
        _ = sample.instances


def test_labels_are_plain_json(tmp_path):
    _, sample = written(random_scene(3), tmp_path)
    assert set(json.loads(sample.label_path.read_text())["objects"][0]) >= {"hidden_by", "camera_from_part"}
