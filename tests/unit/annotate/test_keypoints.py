"""Named points: where they lie in CAD coordinates, where they are seen, and what hides them."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.annotate.keypoints import find_keypoints, see_keypoints
from partsight.config.sections.cad import PartSection
from partsight.errors import CadError, RecipeError
from partsight.structures.traced.keypoint import Visibility
from partsight.structures.world.camera import project

from .scenes import box_part, camera_at_origin, part_of, placed, scene_of, with_lens

CAMERA = camera_at_origin((200, 160), focal_px=200.0)
BOX = replace(box_part((0.2, 0.1, 0.06)), cad_center_m=(1.0, 2.0, 3.0))


def test_cad_coordinates_are_millimeters_from_the_origin_of_the_file():
    (tip,) = find_keypoints(BOX, {"tip": (1100.0, 2000.0, 2970.0)})
    np.testing.assert_allclose(tip.position_m, [0.1, 0, -0.03], atol=1e-12)


def test_a_point_far_from_the_part_and_a_part_without_known_origin_are_refused():
    with pytest.raises(CadError, match="far from the part, which reaches"):
        find_keypoints(BOX, {"tip": (0.0, 0.0, 0.0)})
    with pytest.raises(CadError, match="was not kept when this part was read"):
        find_keypoints(replace(BOX, cad_center_m=None), {"tip": (1000.0, 2000.0, 3000.0)})


def test_a_node_stands_for_the_middle_of_its_box_and_unknown_ones_are_named():
    part = replace(BOX, node_names=("body", "VALVE-7"), node_ids=np.array([0] * 10 + [1] * 2))
    (valve,) = find_keypoints(part, {"valve": ("valve*",)})
    corners = part.mesh.vertices_m[part.mesh.triangles[10:].ravel()]
    np.testing.assert_allclose(valve.position_m, (corners.min(axis=0) + corners.max(axis=0)) / 2)
    with pytest.raises(CadError, match=r"no node matches 'knob\*'. Its nodes: body, VALVE-7"):
        find_keypoints(part, {"valve": ("knob*",)})


@pytest.mark.parametrize("value", [[1, 2], [], [1, 2, 3, 4], 7, {"x": 1}])
def test_places_that_are_neither_a_point_nor_patterns_are_refused(value):
    with pytest.raises(RecipeError):
        PartSection(files=["a.step"]).but(keypoints={"tip": value})


def test_one_pattern_needs_no_brackets():
    section = PartSection(files=["a.step"]).but(keypoints={"tip": "TIP*", "end": [0, 1, 2.5]})
    assert section.keypoints == {"tip": ("TIP*",), "end": (0.0, 1.0, 2.5)}


def seen(*things, points=((0.05, 0.0, -0.03),), distortion=None):
    scene = scene_of(CAMERA, placed(BOX, (0, 0, 1)), *things)
    scene = scene if distortion is None else with_lens(scene, distortion)
    places = {f"p{number}": tuple((np.array(point) + BOX.cad_center_m) * 1000) for number, point in enumerate(points)}
    return scene, see_keypoints(scene, 0, find_keypoints(BOX, places))


@pytest.mark.parametrize("distortion", [None, -0.15, 0.15])
def test_a_point_is_seen_where_it_projects_to_also_through_a_lens(distortion):
    scene, found = seen(distortion=distortion)
    expected, _ = project(scene.camera, np.array([[0.05, 0.0, 0.97]]))
    np.testing.assert_allclose(found.pixels, expected, atol=1e-9)
    assert found.visibilities.tolist() == [Visibility.VISIBLE]


def test_a_point_behind_another_thing_or_its_own_part_is_hidden():
    _, found = seen(placed(box_part((0.3, 0.3, 0.01)), (0, 0, 0.5), None))
    assert found.visibilities.tolist() == [Visibility.HIDDEN]
    _, found = seen(points=[(0.05, 0.0, 0.03)])
    assert found.visibilities.tolist() == [Visibility.HIDDEN]


def test_a_point_outside_of_the_picture_or_behind_the_camera_has_no_place():
    for position in [(3.0, 0, 1), (0, 0, -1)]:
        scene = scene_of(CAMERA, placed(BOX, position))
        found = see_keypoints(scene, 0, find_keypoints(BOX, {"tip": (1000.0, 2000.0, 2970.0)}))
        assert found.visibilities.tolist() == [Visibility.OUTSIDE]
        np.testing.assert_array_equal(found.pixels, [[0, 0]])


def test_the_center_of_a_sub_part_is_seen_where_the_sub_part_is_seen():
    """The center lies within the sub-part, so its own surface is always before it."""
    body, knob = box_part((0.3, 0.3, 0.05)), box_part((0.08, 0.08, 0.08))
    vertices = np.concatenate([body.mesh.vertices_m, knob.mesh.vertices_m + np.array([0, 0, -0.1])])
    both = replace(
        part_of(vertices, np.concatenate([body.mesh.triangles, knob.mesh.triangles + 8])),
        node_names=("body", "knob"),
        node_ids=np.array([0] * 12 + [1] * 12),
    )
    keypoints = find_keypoints(both, {"knob": ("knob",)})
    for position, turn, expected in [((0, 0, 1), 1, Visibility.VISIBLE), ((0, 0, 1), -1, Visibility.HIDDEN)]:
        pose = np.diag([1.0, turn, turn, 1.0])
        pose[:3, 3] = position
        scene = scene_of(CAMERA, replace(placed(both, position), world_from_part=pose))
        assert see_keypoints(scene, 0, keypoints).visibilities.tolist() == [expected]
