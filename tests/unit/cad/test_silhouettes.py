"""How alike two parts look."""

from itertools import combinations

import numpy as np
import pytest
import trimesh

from partsight.cad.views.nearest import find_alike, num_compared
from partsight.cad.views.silhouettes import compare_silhouettes, draw_silhouettes, name_direction
from partsight.structures.world.directions import sphere_directions
from partsight.structures.world.material import Material
from partsight.structures.world.part import Mesh, Part
from tests.unit.cad.conftest import read_here

DIRECTIONS = sphere_directions(24)


def outline(tmp_path, mesh, name="m", resolution=96):
    mesh.export(tmp_path / f"{name}.stl")
    ((part, _),) = read_here(tmp_path / f"{name}.stl")
    return draw_silhouettes(part, DIRECTIONS, resolution)


def test_directions_are_spread_evenly():
    directions = sphere_directions(48)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1)
    np.testing.assert_allclose(directions.mean(axis=0), 0, atol=0.02)


def test_a_ball_fills_its_circle(tmp_path):
    masks = outline(tmp_path, trimesh.creation.icosphere(subdivisions=4)).masks
    np.testing.assert_allclose(masks.mean(axis=(1, 2)), np.pi / 4, rtol=0.01)


def test_size_alone_makes_no_difference(tmp_path):
    small = outline(tmp_path, trimesh.creation.box((10, 20, 30)), "a")
    large = outline(tmp_path, trimesh.creation.box((30, 60, 90)), "b")
    likeness = compare_silhouettes(small, large)
    assert likeness.mean_difference == pytest.approx(0, abs=1e-9)
    assert likeness.size_ratio == pytest.approx(3)


def test_a_longer_part_of_one_section_is_compared_at_true_size(tmp_path):
    """From its ends it looks the same, so the best scale is not that of equal bounding spheres."""
    short = outline(tmp_path, trimesh.creation.box((10, 10, 20)), "a")
    long = outline(tmp_path, trimesh.creation.box((10, 10, 40)), "b")
    likeness = compare_silhouettes(short, long)
    assert 0.2 < likeness.mean_difference < 0.5
    along = np.abs(DIRECTIONS[:, 2]).argmax()
    assert likeness.differences[along] < likeness.differences.max()


def test_parts_of_any_two_sizes_can_be_compared(tmp_path):
    """Beside a part of a kilometer one of a tenth of a millimeter is no pixel."""
    speck = outline(tmp_path, trimesh.creation.box((0.1, 0.1, 0.2)), "a")
    tower = outline(tmp_path, trimesh.creation.box((1e6, 1e6, 2e6)), "b")
    for pair in ((speck, tower), (tower, speck)):
        assert compare_silhouettes(*pair).mean_difference == pytest.approx(0, abs=1e-6)


def test_comparison_is_symmetric(tmp_path):
    a = outline(tmp_path, trimesh.creation.box((10, 20, 30)), "a")
    b = outline(tmp_path, trimesh.creation.cylinder(9, 26), "b")
    assert compare_silhouettes(a, b).mean_difference == pytest.approx(
        compare_silhouettes(b, a).mean_difference, abs=1e-9
    )


@pytest.mark.parametrize(
    ("direction", "name"),
    [((0, -1, 0), "front"), ((1, 0, 0), "right"), ((0, 1, 0), "back"), ((-1, 0, 0), "left"), ((0, 0, 1), "above"),
     ((0.6, -0.6, 0.5), "front right, above"), ((-0.6, 0.6, -0.5), "back left, below")],
)  # fmt: skip
def test_directions_have_names(direction, name):
    assert name_direction(direction) == name


def test_the_pairs_that_look_most_alike_are_found_among_many_without_comparing_all():
    """Forty parts, of which some differ by a little: the same twenty pairs as by comparing each with each."""
    drawn = {f"p{number}": outline_of(mesh) for number, mesh in enumerate(many_meshes(40))}
    told: list[int] = []
    found = find_alike(drawn, lambda done, _: told.append(done))
    assert told[-1] == num_compared(40) < 0.6 * 40 * 39 / 2
    expected = sorted(
        (compare_silhouettes(drawn[one], drawn[other]).mean_difference, one, other)
        for one, other in combinations(drawn, 2)
    )
    assert [pair.likeness.mean_difference for pair in found[:20]] == [difference for difference, *_ in expected[:20]]


def many_meshes(count):
    rng = np.random.default_rng(3)
    for number in range(count):
        sides = rng.uniform(5, 60, 3)
        yield trimesh.creation.box(sides) if number % 2 else trimesh.creation.cylinder(sides[0] / 2, sides[2])


def outline_of(mesh):
    part = Part(
        "p", Mesh(mesh.vertices, np.array(mesh.vertex_normals, np.float32), mesh.faces), (Material("m", (0.5, 0.5, 0.5)),),
        np.zeros(len(mesh.faces), int), ("n",), np.zeros(len(mesh.faces), int), "k",
    )  # fmt: skip
    return draw_silhouettes(part, DIRECTIONS[:12])
