"""Far from the origin shapes are as exact as near it."""

import numpy as np
import pytest
from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.BRepPrimAPI import BRepPrimAPI_MakeSphere
from OCP.gp import gp_Trsf, gp_Vec

from tests.unit.cad.conftest import read_here, write_step


def ball(place):
    """A ball of 20 mm whose own coordinates lie at the place, as programs write that know no placements."""
    move = gp_Trsf()
    move.SetTranslation(gp_Vec(*map(float, place)))
    return BRepBuilderAPI_Transform(BRepPrimAPI_MakeSphere(10.0).Shape(), move, True).Shape()


@pytest.mark.parametrize("place", [(1e6, 0, 0), (1e7, 5e6, 3), (-2e7, 1e7, -3e6)])
def test_a_shape_a_kilometer_and_more_away_is_not_torn(tmp_path, place):
    ((near, expected),) = read_here(write_step(tmp_path / "near.step", [("A", ball((0, 0, 0)), (0, 0, 0), None)]))
    ((far, facts),) = read_here(write_step(tmp_path / "far.step", [("A", ball(place), (0, 0, 0), None)]))
    np.testing.assert_allclose(facts.size_m, expected.size_m, rtol=1e-5)
    assert len(far.mesh.triangles) == len(near.mesh.triangles)
    distances = np.linalg.norm(far.mesh.vertices_m, axis=1)
    np.testing.assert_allclose(distances, 0.01, rtol=5e-3)
    assert not facts.warnings


def test_shapes_far_away_keep_their_places_to_each_other(tmp_path):
    """Two copies of one far shape, and one that is far for itself."""
    shared = ball((1e7, 0, 0))
    placed = [
        ("A_1", shared, (0, 0, 0), None),
        ("A_2", shared, (0, 30, 0), None),
        ("B", ball((1e7, 100, 0)), (0, 0, 0), None),
    ]
    ((part, facts),) = read_here(write_step(tmp_path / "far.step", placed))
    np.testing.assert_allclose(np.array(facts.size_m) * 1000, [20, 120, 20], rtol=5e-3)
    assert part.node_names == ("A_1", "A_2", "B")


@pytest.mark.shared
def test_the_case_that_was_torn_is_whole(shared):
    ((_, facts),) = read_here(shared / "cases" / "cad" / "far_10000m.step")
    np.testing.assert_allclose(facts.size_m, 0.02, rtol=5e-3)
    assert facts.volume_m3 * 1e9 == pytest.approx(7572, rel=0.01)
