"""Rules of exact labels."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partsight.annotate import annotating, footprints
from partsight.annotate.annotating import annotate_scene
from partsight.config.sections.annotate import AnnotateSection
from partsight.structures.world.annotation import Annotation
from partsight.structures.world.camera import project
from partsight.structures.world.part import PartRegion
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import moved

from .rasterizer import box_of, rasterize
from .scenes import box_part, camera_at_origin, part_of, placed, random_scene, scene_of, sphere_part, with_lens

EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)
CAMERA = camera_at_origin((200, 100), focal_px=100.0)


def annotate(scene: Scene) -> Annotation:
    return annotate_scene(scene, EVERYTHING)


@pytest.mark.parametrize("seed", range(50))
def test_boxes_equal_an_independent_projection_of_the_visible_triangles(seed: int) -> None:
    check_boxes(random_scene(seed))


@pytest.mark.parametrize("distortion", [-0.2, -0.05, 0.1, 0.2])
@pytest.mark.parametrize("seed", range(20))
def test_boxes_are_as_exact_through_a_lens(seed: int, distortion: float) -> None:
    check_boxes(with_lens(random_scene(seed), distortion))


def check_boxes(scene: Scene) -> None:
    expected = rasterize(scene)
    annotation = annotate(scene)
    assert {item.instance_id for item in annotation.objects} == {
        instance_id
        for instance_id in np.unique(expected[expected >= 0])
        if scene.instances[instance_id].class_id is not None
    }
    for item in annotation.objects:
        assert np.abs(item.box_xyxy - box_of(expected == item.instance_id)).max() <= 1.0
    assert np.mean(annotation.instance_mask == expected) >= 0.999


@pytest.mark.parametrize("distortion", [None, -0.2, 0.2])
@pytest.mark.parametrize("seed", range(12))
def test_fractions_equal_those_counted_in_a_larger_picture(seed: int, distortion: float | None) -> None:
    scene = random_scene(seed, size_wh=(64, 48))
    scene = scene if distortion is None else with_lens(scene, distortion)
    for item in annotate(scene).objects:
        alone = rasterize(scene, beyond_px=64 * footprints.MAX_OUTSIDE_RAYS // 100_000, only=item.instance_id) >= 0
        if alone[[0, -1]].any() or alone[:, [0, -1]].any():
            continue  # reaches beyond even the larger picture
        num_inside = np.count_nonzero(alone[64:-64, 64:-64])
        assert item.visible_fraction == pytest.approx(item.num_visible_px / alone.sum(), abs=0.01)
        assert item.truncated_fraction == pytest.approx(1 - num_inside / alone.sum(), abs=0.01)


@pytest.mark.parametrize("x_m", [0.0, 0.35, -0.6])
def test_box_of_a_sphere_is_its_analytic_silhouette(x_m: float) -> None:
    """A sphere at (x, 0, z) of radius r spans f·tan(α ± β) from the origin, tan α = x/z and sin β = r/|(x, z)|."""
    z_m, radius_m = 1.0, 0.2
    (item,) = annotate(scene_of(CAMERA, placed(sphere_part(radius_m, num_rings=256), (x_m, 0, z_m)))).objects
    middle, half = np.arctan2(x_m, z_m), np.arcsin(radius_m / np.hypot(x_m, z_m))
    left_px, right_px = 100 + 100 * np.tan([middle - half, middle + half])
    assert item.box_xyxy[[0, 2]] == pytest.approx([left_px, right_px], abs=1.0)


def test_a_box_covered_to_one_half_is_half_visible() -> None:
    behind, cover = (
        placed(box_part((0.4, 0.4, 0.01)), (0, 0, 1)),
        placed(box_part((0.4, 0.4, 0.01)), (-0.2, 0, 0.9), None),
    )
    (item,) = annotate(scene_of(CAMERA, behind, cover)).objects
    assert item.visible_fraction == pytest.approx(0.5, abs=0.02)
    assert item.truncated_fraction == 0.0
    assert item.box_xyxy[0] == pytest.approx(100, abs=1)


def test_a_box_half_outside_the_picture_is_half_truncated() -> None:
    (item,) = annotate(scene_of(CAMERA, placed(box_part((0.4, 0.4, 0.01)), (1.0, 0, 1)))).objects
    assert item.truncated_fraction == pytest.approx(0.5, abs=0.02)
    assert item.visible_fraction == pytest.approx(0.5, abs=0.02)
    assert item.box_xyxy[2] == 200


def test_sampling_beyond_the_border_changes_areas_by_less_than_one_percent(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = scene_of(CAMERA, placed(sphere_part(0.9), (1.0, 0.3, 1.2)))
    (sampled,) = annotate(scene).objects
    monkeypatch.setattr(footprints, "MAX_OUTSIDE_RAYS", 10**9)
    (exact,) = annotate(scene).objects
    monkeypatch.setattr(footprints, "MAX_OUTSIDE_RAYS", 2_000)
    (coarse,) = annotate(scene).objects
    assert sampled.truncated_fraction == pytest.approx(exact.truncated_fraction, rel=0.01)
    assert coarse.truncated_fraction == pytest.approx(exact.truncated_fraction, rel=0.01)
    assert coarse.truncated_fraction != exact.truncated_fraction, "the coarse grid was not used"


def test_a_part_around_the_camera_plane_is_seen_where_it_lies_in_front() -> None:
    (item,) = annotate(scene_of(CAMERA, placed(box_part((0.2, 0.2, 4.0)), (0.5, 0, 0)))).objects
    assert item.box_xyxy[2] == 200
    assert item.box_xyxy[0] == pytest.approx(100 + 100 * 0.4 / 2.0, abs=1)
    assert 0 < item.visible_fraction < 1


def test_what_lies_behind_the_camera_is_unseen() -> None:
    annotation = annotate(scene_of(CAMERA, placed(box_part((0.2, 0.2, 0.2)), (0, 0, -1))))
    assert (annotation.num_unseen, annotation.objects) == (1, ())
    assert (annotation.instance_mask == -1).all()


def test_what_stands_wholly_behind_a_wall_is_unseen_not_hidden() -> None:
    scene = scene_of(
        CAMERA, placed(box_part((0.1, 0.1, 0.1)), (0, 0, 2)), placed(box_part((1, 1, 0.1)), (0, 0, 1), None)
    )
    annotation = annotate(scene)
    assert (annotation.num_unseen, annotation.num_hidden) == (1, 0)


def test_instances_below_a_threshold_are_dropped_and_counted() -> None:
    truncated, small = placed(box_part((0.4, 0.4, 0.01)), (1.15, 0, 1)), placed(box_part((0.04, 0.4, 0.01)), (0, 0, 1))
    annotation = annotate_scene(scene_of(CAMERA, truncated, small), AnnotateSection())
    assert (annotation.objects, annotation.num_hidden, annotation.num_unseen) == ((), 2, 0)
    assert set(np.unique(annotation.instance_mask)) == {-1, 0, 1}, "the mask shows dropped instances too"


@pytest.mark.parametrize(("most", "num_labeled"), [(1.0, 1), (0.6, 1), (0.4, 0)])
def test_what_is_cut_off_further_than_asked_is_dropped_and_counted(most: float, num_labeled: int) -> None:
    half_outside = placed(box_part((0.4, 0.4, 0.01)), (1, 0, 1))
    annotation = annotate_scene(scene_of(CAMERA, half_outside), AnnotateSection(max_cut_off=most))
    seen = annotate_scene(scene_of(CAMERA, half_outside), AnnotateSection(min_visible_fraction=0.0)).objects[0]
    assert 0.4 < seen.truncated_fraction < 0.6
    assert (len(annotation.objects), annotation.num_hidden) == (num_labeled, 1 - num_labeled)


def test_a_part_that_others_hide_is_not_cut_off() -> None:
    covered = placed(box_part((0.4, 0.4, 0.01)), (0, 0, 2))
    cover = placed(box_part((0.2, 0.4, 0.01)), (0.1, 0, 1.9), None)
    annotation = annotate_scene(scene_of(CAMERA, covered, cover), AnnotateSection(max_cut_off=0.0))
    assert len(annotation.objects) == 1
    assert annotation.objects[0].visible_fraction < 0.7


def test_instances_without_class_are_never_counted() -> None:
    annotation = annotate(scene_of(CAMERA, placed(box_part((1, 1, 1)), (0, 0, -3), class_id=None)))
    assert (annotation.objects, annotation.num_hidden, annotation.num_unseen) == ((), 0, 0)


def test_a_part_without_triangles_is_unseen() -> None:
    empty = part_of(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    assert annotate(scene_of(CAMERA, placed(empty, (0, 0, 1)))).num_unseen == 1


def test_labels_are_the_same_far_from_the_world_origin() -> None:
    """Coordinates are taken relative to camera and part before float32, so a hall 10 km away labels alike."""
    near = random_scene(3)
    shift = np.eye(4)
    shift[:3, 3] = [10_000.0, -10_000.0, 500.0]
    camera = type(near.camera)(near.camera.intrinsics, shift @ near.camera.world_from_camera)
    moved_instances = [
        type(item)(item.part, shift @ item.world_from_part, item.materials, item.class_id) for item in near.instances
    ]
    assert np.array_equal(annotate(near).instance_mask, annotate(scene_of(camera, *moved_instances)).instance_mask)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_laws_of_labels(seed: int) -> None:
    """Boxes lie in the picture, fractions are shares, every classed instance is labeled, hidden or unseen."""
    scene = random_scene(seed, size_wh=(80, 60))
    annotation = annotate_scene(scene, AnnotateSection())
    for item in annotation.objects:
        left, top, right, bottom = item.box_xyxy
        assert 0 <= left < right <= 80
        assert 0 <= top < bottom <= 60
        assert 0 < item.visible_fraction <= 1
        assert 0 <= item.truncated_fraction < 1
        assert item.visible_fraction <= 1 - item.truncated_fraction + 1e-12
        assert item.num_visible_px == np.count_nonzero(annotation.instance_mask == item.instance_id)
        assert scene.instances[item.instance_id].class_id == item.class_id
    num_classed = sum(instance.class_id is not None for instance in scene.instances)
    assert len(annotation.objects) + annotation.num_hidden + annotation.num_unseen == num_classed


def test_camera_from_part_carries_part_points_to_where_they_are_seen() -> None:
    scene = random_scene(1)
    for item in annotate(scene).objects:
        instance = scene.instances[item.instance_id]
        points = instance.part.mesh.vertices_m
        in_camera = moved(item.camera_from_part, points)
        _, depths_m = project(scene.camera, moved(instance.world_from_part, points))
        assert in_camera[:, 2] == pytest.approx(depths_m)


@pytest.mark.parametrize("distortion", [None, -0.2])
@pytest.mark.parametrize("seed", range(12))
def test_what_is_visible_outside_and_hidden_is_the_whole_instance(seed: int, distortion: float | None) -> None:
    scene = random_scene(seed, size_wh=(64, 48))
    scene = scene if distortion is None else with_lens(scene, distortion)
    for item in annotate(scene).objects:
        hidden = sum(one.fraction for one in item.hidden_by)
        assert item.visible_fraction + item.truncated_fraction + hidden == pytest.approx(1, abs=1e-9)
        assert [one.fraction for one in item.hidden_by] == sorted(
            (one.fraction for one in item.hidden_by), reverse=True
        )


def test_what_hides_an_instance_is_named_with_its_class_and_share() -> None:
    behind = placed(box_part((0.4, 0.4, 0.01)), (0, 0, 1), 2)
    thing = replace(box_part((0.2, 0.4, 0.01)), name="girder", key="girder")
    part = replace(box_part((0.1, 0.4, 0.01)), name="bolt", key="bolt")
    scene = scene_of(CAMERA, behind, placed(thing, (-0.1, 0, 0.9), None), placed(part, (0.15, 0, 0.95), 1))
    (item,) = (one for one in annotate(scene).objects if one.class_id == 2)
    assert [(one.instance_id, one.name, one.class_id) for one in item.hidden_by] == [
        (1, "girder", None),
        (2, "bolt", 1),
    ]
    assert item.hidden_by[0].fraction == pytest.approx(0.5, abs=0.06)


def test_a_sub_part_behind_another_is_hidden_by_its_own_instance() -> None:
    near, far = box_part((0.4, 0.4, 0.01)), box_part((0.2, 0.2, 0.01))
    both = replace(
        part_of(
            np.concatenate([near.mesh.vertices_m, far.mesh.vertices_m + np.array([0.2, 0, 0.3])]),
            np.concatenate([near.mesh.triangles, far.mesh.triangles + len(near.mesh.vertices_m)]),
        ),
        node_names=("near", "far"),
        node_ids=np.array([0] * 12 + [1] * 12),
        regions=(PartRegion("far", (1,)),),
    )
    annotation = annotate_scene(scene_of(CAMERA, placed(both, (0, 0, 1))), EVERYTHING, {"far": 5})
    (item,) = (one for one in annotation.objects if one.class_id == 5)
    assert [one.instance_id for one in item.hidden_by] == [item.instance_id]
    assert item.visible_fraction + item.hidden_by[0].fraction == pytest.approx(1)


@pytest.mark.parametrize("seed", range(4))
def test_a_traced_picture_shows_what_the_labels_say(seed: int) -> None:
    scene = random_scene(seed)
    mask, depth_m = annotating.trace_picture(scene)
    np.testing.assert_array_equal(mask, annotate(scene).instance_mask)
    assert (np.isfinite(depth_m) == (mask >= 0)).all()
