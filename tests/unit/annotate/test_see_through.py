"""What can be seen through hides nothing, and is seen itself."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.annotate.annotating import annotate_scene, annotate_with_masks, trace_picture
from partsight.annotate.keypoints import see_keypoints
from partsight.annotate.surface import trace_surface
from partsight.config.sections.annotate import AnnotateSection
from partsight.structures.traced.keypoint import Keypoint, Visibility
from partsight.structures.traced.silhouette import in_picture
from partsight.structures.world.material import Material
from partsight.structures.world.part import PartRegion

from .scenes import GREY, box_part, camera_at_origin, placed, scene_of
from .test_regions import two_boxes

EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)
CAMERA = camera_at_origin((200, 160), focal_px=150.0)
GLASS = Material("glass", (0.8, 0.9, 0.9), opacity=0.2)


def of(instance, material):
    return replace(instance, materials=(material,) * len(instance.materials))


def pane(class_id=1):
    return of(placed(box_part((0.8, 0.6, 0.02)), (0, 0, 1.5), class_id), GLASS)


def ball(class_id=0):
    return placed(box_part((0.3, 0.3, 0.3)), (0.1, 0, 2.0), class_id)


def test_a_pane_hides_nothing_and_both_are_labeled_whole():
    alone = annotate_scene(scene_of(CAMERA, ball()), EVERYTHING).objects[0]
    behind, before = annotate_scene(scene_of(CAMERA, ball(), pane()), EVERYTHING).objects
    np.testing.assert_array_equal(behind.box_xyxy, alone.box_xyxy)
    assert (behind.visible_fraction, before.visible_fraction) == (1.0, 1.0)
    assert behind.hidden_by == before.hidden_by == ()


def test_a_pane_of_paint_hides():
    found = annotate_scene(scene_of(CAMERA, ball(), of(pane(), GREY)), EVERYTHING)
    assert ([one.class_id for one in found.objects], found.num_unseen) == ([1], 1)


def test_a_pane_behind_something_opaque_is_hidden_by_it():
    found = annotate_scene(scene_of(CAMERA, pane(), placed(box_part((0.3, 0.3, 0.1)), (0, 0, 1.0), 0)), EVERYTHING)
    hidden = found.objects[0]
    assert hidden.visible_fraction < 0.8
    assert [(one.class_id, round(one.fraction + hidden.visible_fraction, 6)) for one in hidden.hidden_by] == [(0, 1.0)]


@pytest.mark.parametrize(("opacity", "num_labeled"), [(0.7, 2), (0.75, 1)])
def test_what_is_more_opaque_than_the_limit_hides(opacity, num_labeled):
    dark = of(placed(box_part((0.8, 0.6, 0.02)), (0, 0, 1.5), 1), replace(GLASS, opacity=opacity))
    assert len(annotate_scene(scene_of(CAMERA, ball(), dark), EVERYTHING).objects) == num_labeled


def test_a_pixel_belongs_to_the_part_behind_the_pane_else_to_the_pane():
    mask = annotate_scene(scene_of(CAMERA, ball(), pane(), ball(None)), EVERYTHING).instance_mask
    alone = annotate_scene(scene_of(CAMERA, ball()), EVERYTHING).instance_mask
    np.testing.assert_array_equal(mask == 0, alone == 0)
    assert {*np.unique(mask[70:90, 70:130]).tolist()} == {0, 1}


def test_a_drawing_shows_the_pane():
    nearest, depths_m = trace_picture(scene_of(CAMERA, ball(), pane()))
    assert nearest[80, 100] == 1
    assert depths_m[80, 100] == pytest.approx(1.49)


def test_a_motor_behind_its_own_cover_is_labeled_and_so_is_the_cover():
    """Body and knob are one part; the body, before the knob, is glass."""
    part = replace(two_boxes((0.0, 0.0, 0.35)), materials=(GLASS, GREY), key="covered")
    part = replace(part, material_ids=part.node_ids, regions=(PartRegion("knob", (1,)), PartRegion("body", (0,))))
    machine = replace(placed(box_part((1, 1, 1)), (0, 0, 2.0), 0), part=part, materials=part.materials)
    whole, knob, body = annotate_scene(scene_of(CAMERA, machine), EVERYTHING, {"knob": 1, "body": 2}).objects
    assert (whole.visible_fraction, knob.visible_fraction, body.visible_fraction) == (1.0, 1.0, 1.0)
    opaque = replace(machine, materials=(GREY, GREY))
    assert [
        one.class_id for one in annotate_scene(scene_of(CAMERA, opaque), EVERYTHING, {"knob": 1, "body": 2}).objects
    ] == [0, 2]


def test_masks_of_a_pane_and_of_what_is_behind_it_overlap_and_depth_is_that_of_what_the_mask_shows():
    scene = scene_of(CAMERA, ball(), pane())
    traced = annotate_with_masks(scene, EVERYTHING)
    behind, before = (in_picture(one.visible, one.left_top, (200, 160)) for one in traced.silhouettes)
    assert behind.any()
    assert (before[behind]).all()
    mask = traced.annotation.instance_mask
    np.testing.assert_allclose(traced.depth_m[mask == 1], 1.49, atol=1e-4)
    np.testing.assert_allclose(traced.depth_m[80, 115], 1.85, atol=1e-4)


def test_normals_and_sub_parts_are_those_of_the_surface_that_the_depth_is_of():
    """Before the knob stands the glass body of the same part: depth, sub-part and normal are the knob's."""
    part = replace(two_boxes((0.0, 0.0, 0.35)), materials=(GLASS, GREY), key="covered")
    part = replace(part, material_ids=part.node_ids)
    scene = scene_of(CAMERA, replace(placed(box_part((1, 1, 1)), (0, 0, 2.0), 0), part=part, materials=part.materials))
    traced = annotate_with_masks(scene, EVERYTHING)
    node_ids = trace_surface(scene, traced).node_ids
    assert traced.depth_m[80, 100] == pytest.approx(2.28, abs=1e-3)
    assert node_ids[80, 100] == 1
    assert node_ids[80, 80] == 0, "beside the knob the body is seen"
    assert traced.depth_m[80, 80] == pytest.approx(1.8, abs=1e-3)


def test_a_keypoint_behind_a_pane_is_visible_and_behind_paint_hidden():
    point = (Keypoint("front", np.array([0.0, 0.0, -0.15])),)
    for cover, expected in ((pane(None), Visibility.VISIBLE), (of(pane(None), GREY), Visibility.HIDDEN)):
        assert see_keypoints(scene_of(CAMERA, ball(), cover), 0, point).visibilities.tolist() == [expected]
