"""Fewer triangles, same look: unseen interiors go, outlines stay."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from partsight.cad.geometry.interior import find_visible, remove_hidden
from partsight.cad.geometry.simplification import simplify
from partsight.cad.views.silhouettes import boundary_shift_px, draw_silhouettes
from partsight.config.sections.cad import CadSection
from partsight.structures.world.directions import sphere_directions
from partsight.structures.world.material import Material
from tests.unit.cad.conftest import read_here


def write(path, *meshes):
    trimesh.util.concatenate(meshes).export(path)
    return path


def ball(radius, subdivisions=3, at=(0, 0, 0)):
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    mesh.apply_translation(at)
    return mesh


def test_a_ball_in_a_box_is_left_out_with_its_saving_told(tmp_path):
    path = write(tmp_path / "a.stl", trimesh.creation.box((50, 50, 50)), ball(10))
    ((whole, _),) = read_here(path)
    ((part, facts),) = read_here(path, CadSection())
    assert len(whole.mesh.triangles) == 12 + 1280
    assert len(part.mesh.triangles) == 12
    assert (facts.num_triangles_read, facts.num_triangles) == (1292, 12)
    assert part.key != whole.key


def test_what_can_be_seen_through_a_hole_stays(tmp_path):
    """A tube open at both ends, a ball inside."""
    tube = trimesh.creation.annulus(r_min=20, r_max=25, height=60, sections=48)
    ((part, _),) = read_here(write(tmp_path / "a.stl", tube, ball(8)))
    visible = find_visible(part)
    assert visible.mean() > 0.98
    assert remove_hidden(part) is part


def test_what_lies_behind_a_see_through_cover_stays(tmp_path):
    """The inside of an opaque box within the clear one goes all the same."""
    path = write(tmp_path / "a.stl", trimesh.creation.box((50, 50, 50)), trimesh.creation.box((30, 30, 30)), ball(10))
    ((whole, _),) = read_here(path)
    glass, paint = Material("glass", (0.8, 0.9, 0.9), opacity=0.2), Material("paint", (0.5, 0.1, 0.1))
    middles = whole.mesh.vertices_m[whole.mesh.triangles].mean(axis=1)
    covered = replace(whole, materials=(glass, paint), material_ids=np.abs(middles).max(axis=1) < 0.02)
    assert len(remove_hidden(covered).mesh.triangles) == 12 + 12
    assert len(remove_hidden(replace(covered, materials=(paint, paint))).mesh.triangles) == 12
    assert len(remove_hidden(replace(covered, materials=(glass, glass))).mesh.triangles) == 12 + 12 + 1280


def test_no_pixel_changes_when_hidden_triangles_go(samples):
    ((part, facts),) = read_here(samples / "SD.step", CadSection())
    ((whole, _),) = read_here(samples / "SD.step")
    directions = sphere_directions(12)
    before, after = draw_silhouettes(whole, directions, 256), draw_silhouettes(part, directions, 256)
    np.testing.assert_array_equal(before.masks, after.masks)
    assert facts.num_triangles <= facts.num_triangles_read


def test_a_budget_is_kept_as_far_as_the_outline_allows(tmp_path):
    ((fine, _),) = read_here(write(tmp_path / "a.stl", ball(30, subdivisions=5)))
    coarse = simplify(fine, 3000, tolerance=0.004)
    assert len(coarse.mesh.triangles) <= 3000 < len(fine.mesh.triangles)
    directions = sphere_directions(6)
    shift = boundary_shift_px(draw_silhouettes(fine, directions, 500), draw_silhouettes(coarse, directions, 500))
    assert shift <= 2.3


def test_a_budget_that_would_show_is_not_kept_and_that_is_said(tmp_path):
    path = write(tmp_path / "a.stl", ball(30, subdivisions=5))
    ((part, facts),) = read_here(path, CadSection(max_triangles=100, linear_tolerance=0.0005))
    assert len(part.mesh.triangles) > 100
    assert "with 100 the outline would move visibly" in facts.warnings[-1]


def area(part, material_id):
    chosen = part.mesh.triangles[part.material_ids == material_id]
    return trimesh.Trimesh(part.mesh.vertices_m, chosen, process=False).area


def test_materials_and_nodes_survive_simplification(samples):
    ((part, _),) = read_here(samples / "QF.step")
    coarse = simplify(part, 7000, tolerance=0.01)
    assert len(coarse.mesh.triangles) <= 7000
    for number in range(len(part.materials)):
        assert area(coarse, number) == pytest.approx(area(part, number), rel=0.2)
