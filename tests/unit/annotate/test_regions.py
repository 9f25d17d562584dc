"""Sub-parts with a class of their own: labeled where they are seen, and nowhere else."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.annotate.annotating import annotate_scene, region_part
from partsight.config.sections.annotate import AnnotateSection
from partsight.structures.world.part import Mesh, Part, PartRegion
from partsight.structures.world.scene import Instance

from .rasterizer import box_of, rasterize
from .scenes import box_part, camera_at_origin, placed, scene_of

EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)
CAMERA = camera_at_origin((200, 160), focal_px=150.0)
CLASSES = {"body": 0, "knob": 1}


def two_boxes(shift_m=(0.0, 0.0, -0.3)) -> Part:
    """A large box with a small one beside or before it, which is the region 'knob'."""
    body, knob = box_part((0.6, 0.5, 0.4)), box_part((0.1, 0.12, 0.14))
    count = len(body.mesh.vertices_m)
    mesh = Mesh(
        np.concatenate([body.mesh.vertices_m, knob.mesh.vertices_m + shift_m]),
        np.concatenate([body.mesh.normals, knob.mesh.normals]),
        np.concatenate([body.mesh.triangles, knob.mesh.triangles + count]),
    )
    node_ids = np.repeat([0, 1], [len(body.mesh.triangles), len(knob.mesh.triangles)])
    regions = (PartRegion("knob", (1,)),)
    return Part(
        "both", mesh, body.materials, np.zeros(len(node_ids), np.int64), ("B", "K"), node_ids, str(shift_m), regions
    )


def annotations(part, *others, class_ids=CLASSES):
    scene = scene_of(CAMERA, placed(part, (0, 0, 2.0)), *others)
    return scene, annotate_scene(scene, EVERYTHING, class_ids)


def expected_boxes(scene):
    """Rasterize the scene with the region as an instance of its own: an independent way to the same boxes."""
    whole = scene.instances[0]
    rest = replace(whole.part, regions=())
    kept = np.flatnonzero(whole.part.node_ids == 0)
    used, renumbered = np.unique(rest.mesh.triangles[kept], return_inverse=True)
    mesh = Mesh(rest.mesh.vertices_m[used], rest.mesh.normals[used], renumbered.reshape(-1, 3))
    body = replace(rest, mesh=mesh, material_ids=rest.material_ids[kept], node_ids=rest.node_ids[kept], key="rest")
    knob = region_part(whole.part, 0)
    split = [Instance(part, whole.world_from_part, whole.materials, 0) for part in (body, knob)]
    mask = rasterize(scene_of(CAMERA, *split, *scene.instances[1:]))
    return box_of((mask == 0) | (mask == 1)), box_of(mask == 1)


@pytest.mark.parametrize("shift", [(0.0, 0.0, -0.3), (0.3, 0.1, 0.0), (0.28, -0.25, -0.2)])
def test_boxes_of_part_and_region_are_exact(shift):
    scene, found = annotations(two_boxes(shift))
    whole, knob = found.objects
    assert (whole.class_id, knob.class_id) == (0, 1)
    for annotation, expected in zip((whole, knob), expected_boxes(scene), strict=True):
        np.testing.assert_allclose(annotation.box_xyxy, expected, atol=1.0)


def test_a_region_behind_its_own_part_is_not_labeled():
    _, found = annotations(two_boxes((0.0, 0.0, 0.4)))
    assert [item.class_id for item in found.objects] == [0]
    assert found.num_unseen == 1


def test_a_region_half_behind_its_own_part_counts_what_is_seen():
    _, found = annotations(two_boxes((0.4, 0.0, 0.25)))
    knob = found.objects[1]
    assert 0.3 < knob.visible_fraction < 0.95


def test_a_region_hidden_by_another_thing_is_not_labeled():
    screen = placed(box_part((0.3, 0.3, 0.02)), (0, 0, 1.2), None)
    _, found = annotations(two_boxes(), screen)
    assert [item.class_id for item in found.objects] == [0]


def test_regions_of_unknown_classes_are_left_alone():
    _, found = annotations(two_boxes(), class_ids={"body": 0})
    assert [item.class_id for item in found.objects] == [0]


def test_the_mask_knows_whole_instances_only():
    part = two_boxes()
    _, found = annotations(part)
    _, plain = annotations(replace(part, regions=()))
    np.testing.assert_array_equal(found.instance_mask, plain.instance_mask)
