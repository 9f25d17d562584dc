"""The pinhole camera: projection and its inverse."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from partsight.structures.world.camera import Camera, centered_intrinsics, pixel_centers, pixel_rays, project, unproject
from partsight.structures.world.transform import inverse, look_at, moved, rotation_about

coordinates = st.floats(-5, 5)
points = st.tuples(coordinates, coordinates, coordinates)


def camera_at(eye=(3.0, -2.0, 1.0), roll_deg=10.0) -> Camera:
    return Camera(centered_intrinsics((640, 480), 500.0), look_at(np.array(eye), np.zeros(3), roll_deg))


def test_the_point_looked_at_is_in_the_middle():
    pixels, depth = project(camera_at(), np.zeros((1, 3)))
    np.testing.assert_allclose(pixels, [[320, 240]])
    np.testing.assert_allclose(depth, [np.sqrt(14)])


def test_up_is_up_and_right_is_right():
    camera = camera_at(eye=(0.0, -4.0, 0.0), roll_deg=0.0)
    (above, right), _ = project(camera, np.array([[0, 0, 1.0], [1.0, 0, 0]]))
    np.testing.assert_allclose(above, [320, 115])
    np.testing.assert_allclose(right, [445, 240])


def test_what_is_behind_has_no_pixel():
    pixels, depth = project(camera_at(), np.array([[6.0, -4.0, 2.0]]))
    assert np.isnan(pixels).all()
    assert depth[0] < 0


@given(points)
def test_project_then_unproject_returns(point):
    camera = camera_at(eye=(20.0, -12.0, 9.0))
    pixels, depth = project(camera, np.array([point]))
    np.testing.assert_allclose(unproject(camera, pixels, depth), [point], atol=1e-9)


@given(points)
def test_the_ray_of_a_pixel_passes_through_its_point(point):
    camera = camera_at(eye=(20.0, -12.0, 9.0))
    pixels, _ = project(camera, np.array([point]))
    direction = np.array(point) - camera.world_from_camera[:3, 3]
    np.testing.assert_allclose(pixel_rays(camera, pixels)[0], direction / np.linalg.norm(direction), atol=1e-9)


@given(points, st.floats(-180, 180))
def test_inverse_undoes_a_transform(point, angle_deg):
    transform = look_at(np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.0, 0.0]), angle_deg)
    np.testing.assert_allclose(moved(inverse(transform), moved(transform, np.array([point]))), [point], atol=1e-9)


def test_rotations_follow_the_right_hand():
    np.testing.assert_allclose(rotation_about([0, 0, 1], 90) @ [1, 0, 0], [0, 1, 0], atol=1e-12)


def test_pixel_centers_go_row_by_row():
    np.testing.assert_allclose(pixel_centers((2, 2)), [[0.5, 0.5], [1.5, 0.5], [0.5, 1.5], [1.5, 1.5]])
