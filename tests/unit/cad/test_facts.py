"""Figures a person can check, and defects that are really there."""

import numpy as np
import pytest
import trimesh

from partsight.cad.facts import examine_mesh, read_facts, write_facts
from partsight.errors import StorageError
from tests.unit.cad.conftest import read_here

BOX = trimesh.creation.box((1, 1, 1))


def health(mesh):
    return examine_mesh(np.asarray(mesh.vertices, float), np.asarray(mesh.faces, np.int64), ())


def test_a_box_is_healthy():
    found = health(BOX)
    assert (found.num_open_edges, found.num_flipped_edges, found.num_crowded_edges, found.num_degenerate) == (
        0,
        0,
        0,
        0,
    )


def test_corners_at_one_place_are_one():
    soup = trimesh.Trimesh(BOX.triangles.reshape(-1, 3), np.arange(36).reshape(12, 3), process=False)
    assert health(soup).num_open_edges == 0


def test_a_missing_triangle_leaves_three_open_edges():
    assert health(trimesh.Trimesh(BOX.vertices, BOX.faces[1:], process=False)).num_open_edges == 3


def test_a_flipped_triangle_is_found():
    faces = BOX.faces.copy()
    faces[0] = faces[0, ::-1]
    assert health(trimesh.Trimesh(BOX.vertices, faces, process=False)).num_flipped_edges == 3


def test_walls_that_meet_and_degenerate_triangles_are_counted():
    doubled = np.concatenate([BOX.faces, BOX.faces[:1], [[0, 0, 1]]])
    found = health(trimesh.Trimesh(BOX.vertices, doubled, process=False))
    assert found.num_crowded_edges == 3
    assert found.num_degenerate == 1


def test_volume_and_area_of_a_box(tmp_path):
    trimesh.creation.box((30, 20, 10)).export(tmp_path / "a.stl")
    ((_, facts),) = read_here(tmp_path / "a.stl")
    assert facts.volume_m3 == pytest.approx(6e-6, rel=1e-5)
    assert facts.area_m2 == pytest.approx(2.2e-3, rel=1e-5)
    assert facts.num_solids is None


def test_open_surfaces_are_remarked(tmp_path):
    trimesh.Trimesh(BOX.vertices * 50, BOX.faces[:-2], process=False).export(tmp_path / "a.stl")
    ((_, facts),) = read_here(tmp_path / "a.stl")
    assert "open edges: the surface has holes" in facts.warnings[0]


def test_write_then_read_is_identity(tmp_path, samples):
    ((_, facts),) = read_here(samples / "QF.step")
    write_facts([facts], tmp_path / "f.json")
    assert read_facts(tmp_path / "f.json") == (facts,)


def test_damaged_figures_are_named(tmp_path):
    (tmp_path / "f.json").write_text("[{}]")
    with pytest.raises(StorageError, match="damaged figures"):
        read_facts(tmp_path / "f.json")
