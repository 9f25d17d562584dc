"""Depth, amodal masks, normals and sub-parts: what an independent rasterizer and geometry say of the same scenes."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.annotate.annotating import annotate_scene, annotate_with_masks
from partsight.annotate.surface import trace_surface
from partsight.config.sections.annotate import AnnotateSection
from partsight.structures.traced.silhouette import in_picture
from partsight.structures.world.camera import offsets_at, pixel_centers
from partsight.structures.world.part import Mesh
from partsight.structures.world.transform import rigid, rotation_about

from .rasterizer import rasterize, rasterize_depth
from .scenes import box_part, camera_at_origin, instance_at, placed, random_scene, scene_of, sphere_part, with_lens

EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)
SIZE = (96, 72)
CAMERA = camera_at_origin((120, 100), focal_px=100.0)


@pytest.mark.parametrize("distortion", [None, -0.2])
@pytest.mark.parametrize("seed", range(10))
def test_depth_equals_a_z_buffer_within_a_tenth_of_a_millimeter_and_of_a_percent(seed, distortion):
    scene = random_scene(seed, SIZE)
    scene = scene if distortion is None else with_lens(scene, distortion)
    expected_mask, expected_m = rasterize_depth(scene)
    traced = annotate_with_masks(scene, EVERYTHING)
    both = (traced.annotation.instance_mask == expected_mask) & (expected_mask >= 0)
    assert both.sum() >= 0.999 * (expected_mask >= 0).sum() > 0
    assert (np.abs(traced.depth_m[both] - expected_m[both]) <= 1e-4 + 1e-3 * expected_m[both]).all()
    assert np.isinf(traced.depth_m[traced.annotation.instance_mask < 0]).all()


@pytest.mark.parametrize("seed", range(6))
def test_the_amodal_mask_is_the_instance_alone_and_the_modal_one_lies_within_it(seed):
    scene = random_scene(seed, SIZE)
    traced = annotate_with_masks(scene, EVERYTHING)
    for one in traced.silhouettes:
        whole = in_picture(one.whole, one.left_top, SIZE)
        alone = rasterize(scene, only=one.instance_id) >= 0
        assert np.count_nonzero(whole != alone) <= 2 + 0.01 * alone.sum()
        visible = in_picture(one.visible, one.left_top, SIZE)
        assert not (visible & ~whole).any()
        np.testing.assert_array_equal(visible, traced.annotation.instance_mask == one.instance_id)


def test_labels_are_those_without_masks_and_every_classed_instance_has_a_silhouette():
    scene = random_scene(5, SIZE)
    traced = annotate_with_masks(scene, AnnotateSection())
    plain = annotate_scene(scene, AnnotateSection())
    labels = [one.label for one in traced.silhouettes if one.label is not None]
    assert [one.instance_id for one in labels] == [one.instance_id for one in plain.objects]
    classed = [number for number, one in enumerate(scene.instances) if one.class_id is not None]
    assert [one.instance_id for one in traced.silhouettes] == classed


@pytest.mark.parametrize("distortion", [None, 0.2])
def test_normals_of_a_sphere_point_from_its_center_in_camera_axes(distortion):
    center = np.array([0.1, -0.05, 1.0])
    sphere = sphere_part(0.2, num_rings=128)
    radial = sphere.mesh.vertices_m / np.linalg.norm(sphere.mesh.vertices_m, axis=1, keepdims=True)
    smooth = replace(sphere, mesh=Mesh(sphere.mesh.vertices_m, radial, sphere.mesh.triangles), key="smooth sphere")
    pose = rigid(rotation_about([1.0, 2.0, 0.5], 70), center)
    scene = scene_of(CAMERA, instance_at(smooth, pose))
    scene = scene if distortion is None else with_lens(scene, distortion)
    traced = annotate_with_masks(scene, EVERYTHING)
    surface = trace_surface(scene, traced)
    seen = traced.annotation.instance_mask == 0
    offsets = offsets_at(scene.camera.intrinsics, pixel_centers((120, 100))).reshape(100, 120, 2)
    points = np.concatenate([offsets, np.ones((100, 120, 1))], axis=2) * traced.depth_m[..., None]
    expected = (points - center)[seen] / 0.2
    np.testing.assert_allclose(surface.normals[seen], expected, atol=0.01)
    assert (surface.normals[~seen] == 0).all()


def test_normals_face_the_camera_whichever_way_triangles_are_wound():
    box = box_part((0.4, 0.4, 0.4))
    inside_out = replace(box, mesh=Mesh(box.mesh.vertices_m, -box.mesh.normals, box.mesh.triangles[:, ::-1]), key="out")
    for part in (box, inside_out):
        scene = scene_of(CAMERA, placed(part, (0, 0, 1)))
        traced = annotate_with_masks(scene, EVERYTHING)
        mask, normals = traced.annotation.instance_mask, trace_surface(scene, traced).normals
        np.testing.assert_allclose(normals[mask == 0], np.tile([0.0, 0, -1], ((mask == 0).sum(), 1)), atol=1e-5)


def test_sub_parts_are_those_of_the_triangles_that_are_seen():
    part = replace(box_part((0.4, 0.4, 0.4)), node_names=("low", "high"), node_ids=np.array([0] * 2 + [1] * 10))
    scene = scene_of(CAMERA, placed(part, (0, 0, 1)))
    traced = annotate_with_masks(scene, EVERYTHING)
    mask, node_ids = traced.annotation.instance_mask, trace_surface(scene, traced).node_ids
    assert set(node_ids[mask == 0].tolist()) == {0}, "the two triangles of the lowest z face the camera"
    assert (node_ids[mask < 0] == -1).all()
