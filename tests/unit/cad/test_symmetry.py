"""Which rotations leave a part as it is, told from its triangles alone."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from partsight.cad.symmetry.distances import surface_of
from partsight.cad.symmetry.finding import diameter_m, find_symmetry
from partsight.pipeline.running.workspace import Workspace
from partsight.pipeline.symmetries import FOLDER, symmetry_of
from partsight.structures.world.material import Material
from partsight.structures.world.part import Part
from partsight.structures.world.transform import moved, rotation_about
from tests.unit.annotate.scenes import box_part, part_of

TURNED = rotation_about([0.3, 1.0, -0.4], 67)


def part_from(mesh: trimesh.Trimesh, *, turned: bool = False) -> Part:
    vertices = np.asarray(mesh.vertices) * 0.01
    vertices = vertices @ TURNED.T if turned else vertices
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    return part_of(vertices - middle, mesh.faces)


def box(*sides: float, at=(0.0, 0.0, 0.0)) -> trimesh.Trimesh:
    return trimesh.creation.box(sides, transform=trimesh.transformations.translation_matrix(at))


def prism(radii: np.ndarray, height: float, *, pointed: bool = False) -> trimesh.Trimesh:
    """A prism over a star-shaped outline; pointed: a smaller copy on top, so that up and down differ."""
    count = len(radii)
    angles = np.arange(count) / count * 2 * np.pi
    outline = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=1)
    top = outline * (0.7 if pointed else 1.0)
    vertices = np.concatenate([
        np.c_[outline, np.zeros(count)], np.c_[top, np.full(count, height)], [[0, 0, 0], [0, 0, height]]
    ])  # fmt: skip
    faces = []
    for one in range(count):
        other = (one + 1) % count
        faces += [[one, other, count + other], [one, count + other, count + one]]
        faces += [[2 * count, other, one], [2 * count + 1, count + one, count + other]]
    return trimesh.Trimesh(vertices, faces, process=False)


def teeth(count: int) -> np.ndarray:
    return np.where(np.arange(4 * count) % 4 < 2, 10.0, 8.0)


JOINED = trimesh.util.concatenate
BRACKET = JOINED([box(4, 2, 0.3), box(0.3, 1, 2, at=(-1.85, 0.3, 1))])
TETRAHEDRON = trimesh.Trimesh(
    [[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], [[0, 1, 2], [0, 3, 1], [0, 2, 3], [1, 3, 2]]
)
CASES = {
    "as a cube": (box(2, 2, 2), True, 23),
    "2-fold about three axes": (box(1, 2, 3), True, 3),
    "4-fold about z, both ways up": (box(3, 3, 1), False, 7),
    "any angle, both ways up": (trimesh.creation.cylinder(1, 3, sections=64), True, 1),
    "any angle about z": (trimesh.creation.cone(1, 3, sections=64), False, 0),
    "any rotation": (trimesh.creation.icosphere(3), False, 0),
    "as a tetrahedron": (TETRAHEDRON, True, 11),
    "17-fold, both ways up": (prism(teeth(17), 3), True, 33),
    "12-fold about z": (prism(teeth(12), 3, pointed=True), False, 11),
    "2-fold about z": (JOINED([box(4, 2, 0.3), box(0.5, 0.5, 1, at=(1, 0.5, 0.6)), box(0.5, 0.5, 1, at=(-1, -0.5, 0.6))]), False, 1),
    "none": (BRACKET, True, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_symmetry_of_a_shape_is_found_however_it_is_turned(name):
    mesh, turned, num_discrete = CASES[name]
    found = find_symmetry(part_from(mesh, turned=turned))
    assert (found.name, len(found.discrete)) == (name, num_discrete)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["as a cube", "12-fold about z", "any angle, both ways up"])
def test_every_symmetry_carries_the_surface_onto_itself_within_the_tolerance(name):
    part = part_from(CASES[name][0], turned=True)
    found = find_symmetry(part)
    surface = surface_of(part.mesh.vertices_m[part.mesh.triangles], np.random.default_rng(1))
    for transform in found.discrete:
        assert surface.are_within(moved(transform, part.mesh.vertices_m), 1.001 * found.tolerance_m)
    for axis in found.continuous:
        turned = (part.mesh.vertices_m - axis.offset_m) @ rotation_about(axis.direction, 33).T + axis.offset_m
        assert surface.are_within(turned, found.tolerance_m)


@pytest.mark.parametrize(("height", "name"), [(0.005, "2-fold about three axes"), (0.3, "none")])
def test_a_detail_counts_when_it_is_larger_than_the_tolerance(height, name):
    bump = box(0.4, 0.3, height, at=(1, 0.3, 0.15 + height / 2))
    assert find_symmetry(part_from(JOINED([box(4, 2, 0.3), bump]))).name == name


@pytest.mark.slow
def test_the_tolerance_is_a_share_of_the_diameter_so_size_does_not_matter():
    bump = box(0.4, 0.3, 0.06, at=(1, 0.3, 0.18))
    small = part_from(JOINED([box(4, 2, 0.3), bump]))
    large = part_of(small.mesh.vertices_m * 1000, small.mesh.triangles)
    assert find_symmetry(small).name == find_symmetry(large).name == "none"
    assert find_symmetry(small, 0.03).name == "2-fold about three axes"
    assert find_symmetry(large).tolerance_m == pytest.approx(0.005 * diameter_m(large))


def test_colors_count_when_they_are_asked_for():
    plain = box_part((0.3, 0.2, 0.1))
    red = (*plain.materials, Material("red", (0.8, 0.0, 0.0)))
    face_up = np.abs(plain.mesh.vertices_m[plain.mesh.triangles][:, :, 2] - 0.05).max(axis=1) < 1e-9
    painted = replace(plain, materials=red, material_ids=face_up.astype(np.int64))
    assert find_symmetry(painted).name == "2-fold about three axes"
    assert find_symmetry(painted, with_colors=True).name == "2-fold about z"


def test_a_hexagonal_head_on_a_long_bolt_is_6_fold_although_small_turns_hardly_move_it():
    bolt = JOINED([prism(np.full(6, 1.4), 0.8), trimesh.creation.cylinder(0.7, 14, sections=64)])
    assert find_symmetry(part_from(bolt)).name == "6-fold about z"


@pytest.mark.parametrize("vertices", [np.empty((0, 3)), np.zeros((3, 3))])
def test_a_part_without_surface_has_no_symmetry(vertices):
    part = part_of(vertices, np.arange(len(vertices)).reshape(-1, 3))
    assert find_symmetry(part).name == "none"


def test_symmetries_are_kept_by_content_and_found_again_when_the_file_is_damaged(tmp_path, monkeypatch):
    part, workspace = box_part((0.3, 0.2, 0.1)), Workspace(tmp_path)
    found = symmetry_of(part, workspace)
    (kept,) = (tmp_path / FOLDER).iterdir()
    assert kept.name.startswith(part.key)
    np.testing.assert_array_equal(symmetry_of(part, workspace).discrete, found.discrete)
    kept.write_text("{")
    assert symmetry_of(part, workspace).name == found.name
    monkeypatch.setattr("partsight.pipeline.symmetries.find_symmetry", lambda _: pytest.fail("not kept"))
    assert symmetry_of(part, workspace).name == found.name
