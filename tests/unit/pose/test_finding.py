"""The pose of a part is found again in pictures that something else made."""

from functools import lru_cache

import numpy as np
import pytest

from partsight.pose.finding import find_pose, follow_pose
from partsight.pose.metrics import rotation_error_deg
from partsight.pose.outline import outline_of
from partsight.pose.shapes.shape import shape_of
from partsight.pose.shapes.symmetric import equal_transforms, least_turned
from partsight.structures.world.camera import pixels_at
from partsight.structures.world.symmetry import Symmetry, SymmetryAxis
from partsight.structures.world.transform import moved, rigid, rotation_about
from tests.unit.pose.scenes import INTRINSICS, block_part, block_shape, picture_of

IDENTITY = np.eye(4)[None]
SHAPE = lru_cache(block_shape)
EYES = [(0.5, -0.4, 0.35), (-0.3, 0.6, 0.5), (0.1, 0.5, -0.45)]


def test_of_eight_poses_from_all_sides_six_are_found_within_5_degrees_and_3_percent_of_the_distance():
    rng = np.random.default_rng(1)
    num_right = 0
    for _ in range(8):
        eye = rng.normal(size=3)
        eye *= rng.uniform(0.5, 0.9) / np.linalg.norm(eye)
        roll_deg = rng.uniform(-180, 180)
        image, box, truth = picture_of(block_part(), eye, roll_deg=roll_deg)
        found = find_pose(SHAPE(), image, box, INTRINSICS).camera_from_part
        off = np.linalg.norm(found[:3, 3] - truth[:3, 3]) / np.linalg.norm(truth[:3, 3])
        num_right += rotation_error_deg(found, truth, IDENTITY) < 5 and off < 0.03
    assert num_right >= 6


@pytest.mark.parametrize(
    ("vertices_m", "has_pose"),
    [
        ([[0, 0, 0], [0.1, 0, 0], [0, 0.2, 0]], True),
        ([[0, 0, 0], [0.1, 0, 0], [0.05, 1e-7, 0]], False),
        ([[1e-9, 0, 0], [0, 1e-9, 0], [0, 0, 1e-9]], True),
    ],
)
def test_sheets_have_poses_and_threads_and_specks_do_no_harm(vertices_m, has_pose):
    shape = shape_of(np.array(vertices_m, float), np.array([[0, 1, 2]]))
    picture = np.random.default_rng(0).integers(0, 255, (240, 320, 3), np.uint8)
    found = find_pose(shape, picture, np.array([50.0, 50, 200, 150]), INTRINSICS)
    assert (found is not None) == has_pose
    assert found is None or np.isfinite(found.camera_from_part).all()


def test_what_fits_better_has_the_higher_fit():
    image, box, truth = picture_of(block_part(), EYES[0])
    found = find_pose(SHAPE(), image, box, INTRINSICS)
    assert rotation_error_deg(found.camera_from_part, truth, IDENTITY) < 5
    rubble = np.random.default_rng(0).integers(0, 255, image.shape, np.uint8)
    assert found.fit > 0.4 > find_pose(SHAPE(), rubble, box, INTRINSICS).fit


def test_a_part_off_the_middle_of_the_picture_is_turned_as_it_is_and_not_as_it_seems():
    image, box, truth = picture_of(block_part(), (0.55, -0.5, 0.4), target_m=(0.14, 0.1, 0.09))
    assert box[2] < 150, "the part has to be far from the middle"
    found = find_pose(SHAPE(), image, box, INTRINSICS)
    assert rotation_error_deg(found.camera_from_part, truth, IDENTITY) < 5


def test_a_box_too_small_to_tell_has_no_pose():
    image = np.zeros((240, 320, 3), np.uint8)
    assert find_pose(SHAPE(), image, np.array([10.0, 10, 25, 25]), INTRINSICS) is None


def test_a_picture_without_any_edge_fits_nothing():
    found = find_pose(SHAPE(), np.full((240, 320, 3), 99, np.uint8), np.array([50.0, 50, 200, 150]), INTRINSICS)
    assert found is None or found.fit < 0.1


def test_a_pose_is_followed_into_the_next_frame():
    image, _, truth = picture_of(block_part(), EYES[0])
    _, _, before = picture_of(block_part(), (0.53, -0.36, 0.36), roll_deg=3.0)
    assert rotation_error_deg(before, truth, IDENTITY) > 4, "the frames have to differ"
    found = follow_pose(SHAPE(), image, before, INTRINSICS)
    assert rotation_error_deg(found.camera_from_part, truth, IDENTITY) < 2


def test_what_left_the_picture_is_not_followed():
    image, _, truth = picture_of(block_part(), EYES[0])
    gone = rigid(truth[:3, :3], [5.0, 0.0, 0.6])
    behind = rigid(truth[:3, :3], [0.0, 0.0, -0.6])
    assert follow_pose(SHAPE(), image, gone, INTRINSICS) is None
    assert follow_pose(SHAPE(), image, behind, INTRINSICS) is None


def test_of_poses_that_look_the_same_one_is_given():
    half_turn = np.eye(4)
    half_turn[:2, :2] *= -1
    symmetry = Symmetry(half_turn[None], (), 2, 0.0)
    pose = rigid(rotation_about([0.2, 1, 0.1], 30), [0, 0, 1])
    first, second = least_turned(pose, symmetry), least_turned(pose @ half_turn, symmetry)
    np.testing.assert_allclose(first, second, atol=1e-12)


def test_about_an_axis_of_any_angle_all_poses_are_one_within_a_step():
    symmetry = Symmetry(np.empty((0, 4, 4)), (SymmetryAxis(np.array([0, 0, 1.0]), np.zeros(3)),), 1, 0.0)
    turned = rigid(rotation_about([0, 0, 1], 77.7), [0, 0, 0])
    assert rotation_error_deg(turned, np.eye(4), equal_transforms(symmetry)) <= 1.5 + 1e-6


def test_the_outline_lies_where_the_part_is_and_names_what_is_seen():
    _, box, truth = picture_of(block_part(), EYES[0])
    outline = outline_of(SHAPE(), truth, INTRINSICS)
    low, high = outline.lines.min(axis=(0, 1)), outline.lines.max(axis=(0, 1))
    np.testing.assert_allclose([*low, *high], box, atol=2.5)
    assert {name for name, _, _ in outline.names} == {"block 0", "block 1", "block 2"}
    middles = moved(truth, np.array([[-0.08, 0.0, 0.08]]))
    tower = next(np.array(place) for name, *place in outline.names if name == "block 1")
    assert np.linalg.norm(tower - pixels_at(INTRINSICS, middles[:, :2] / middles[:, 2:])[0]) < 30


def test_a_part_that_is_small_in_the_picture_is_outlined_without_names():
    _, _, truth = picture_of(block_part(), EYES[0])
    far = rigid(truth[:3, :3], truth[:3, 3] * 6)
    outline = outline_of(SHAPE(), far, INTRINSICS)
    assert (len(outline.lines) > 20, outline.names) == (True, ())
