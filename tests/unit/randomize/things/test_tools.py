"""Tools are solids: closed outside surfaces of about the size asked for."""

import numpy as np
import pytest

from partsight.randomize.solids import ear_triangles, extruded
from partsight.randomize.things import tools

MAKERS = (tools._spanner, tools._hammer, tools._screwdriver, tools._bolt, tools._nut, tools._slotted_plate)


def volume(part):
    a, b, c = (part.mesh.vertices_m[part.mesh.triangles[:, k]] for k in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize("maker", MAKERS)
@pytest.mark.parametrize("seed", range(6))
def test_tools_enclose_a_volume_and_face_outward(maker, seed):
    part = maker(np.random.default_rng(seed), 0.2)
    corners = part.mesh.vertices_m[part.mesh.triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    shown = part.mesh.normals[part.mesh.triangles].mean(axis=1)
    has_area = np.linalg.norm(facing, axis=1) > 1e-12
    assert volume(part) > 0
    assert ((facing * shown).sum(axis=1)[has_area] > 0).all()


@pytest.mark.parametrize("maker", MAKERS)
def test_tools_have_about_the_length_asked_for(maker):
    sizes = [np.ptp(maker(np.random.default_rng(seed), 0.2).mesh.vertices_m, axis=0).max() for seed in range(12)]
    assert min(sizes) > 0.05
    assert max(sizes) < 0.25


def test_an_outline_is_cut_into_triangles_of_its_area():
    notched = np.array([[0, 0], [4, 0], [4, 3], [2, 1], [0, 3]], float)
    triangles = notched[ear_triangles(notched)]
    sides = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    areas = (sides[0][:, 0] * sides[1][:, 1] - sides[0][:, 1] * sides[1][:, 0]) / 2
    assert (areas > 0).all()
    assert areas.sum() == pytest.approx(8.0)
    assert volume(extruded("notched", notched, 2.0)) == pytest.approx(16.0)
