"""Collision hulls: one for what is about convex, one for each sub-part of what is hollow, and a volume for what is flat."""

import numpy as np
from scipy.spatial import ConvexHull

from partsight.randomize.layouts.hulls import MAX_HULLS, collision_hulls
from partsight.randomize.solids import box, plane, scaled
from partsight.structures.world.part import Mesh, Part


def assembly(centers_m, size_m: float = 0.1) -> Part:
    """Cubes, each a node of its own."""
    cube = box(np.full(3, size_m))
    vertices = np.concatenate([cube.mesh.vertices_m + center for center in centers_m])
    steps = len(cube.mesh.vertices_m) * np.arange(len(centers_m))
    triangles = np.concatenate([cube.mesh.triangles + step for step in steps])
    mesh = Mesh(vertices, np.tile(cube.mesh.normals, (len(centers_m), 1)), triangles)
    nodes = np.repeat(np.arange(len(centers_m)), len(cube.mesh.triangles))
    names = tuple(f"cube {number}" for number in range(len(centers_m)))
    return Part("assembly", mesh, cube.materials, np.zeros(len(triangles), int), names, nodes, f"{len(centers_m)}")


def test_a_box_is_its_own_hull():
    (corners,) = collision_hulls(box(np.array([0.3, 0.2, 0.1])))
    assert len(corners) == 8


def test_hulls_are_computed_once_for_equal_parts():
    one, other = box(np.array([0.3, 0.2, 0.1])), box(np.array([0.3, 0.2, 0.1]))
    assert collision_hulls(one)[0] is collision_hulls(other)[0]
    assert collision_hulls(scaled(one, 2.0))[0] is not collision_hulls(one)[0]


def test_sub_parts_close_together_share_one_hull():
    assert len(collision_hulls(assembly([(0, 0, 0), (0.11, 0, 0)]))) == 1


def test_sub_parts_around_a_hollow_have_their_own_hulls():
    hulls = collision_hulls(assembly([(0, 0, 0), (1, 0, 0), (0, 1, 0)]))
    np.testing.assert_allclose([ConvexHull(corners).volume for corners in hulls], 1e-3)


def test_many_sub_parts_share_few_hulls_that_hold_them_all():
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    part = assembly(np.column_stack([np.cos(angles), np.sin(angles), 0 * angles]), 0.05)
    hulls = [ConvexHull(corners) for corners in collision_hulls(part)]
    assert 2 < len(hulls) <= MAX_HULLS
    outside = [hull.equations[:, :3] @ part.mesh.vertices_m.T + hull.equations[:, 3:] for hull in hulls]
    assert (np.min([distances.max(axis=0) for distances in outside], axis=0) < 1e-9).all()


def test_flat_parts_get_a_volume():
    (corners,) = collision_hulls(plane(0.1, 0.2))
    assert ConvexHull(corners).volume > 0
    assert np.ptp(corners[:, 2]) < 0.002
