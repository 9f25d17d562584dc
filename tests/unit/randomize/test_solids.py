"""Solids: their normals point outwards, so that light falls on the right side."""

import numpy as np
import pytest

from partsight.config.sections.randomize import DistractorSection
from partsight.randomize.looks.materials import is_cad
from partsight.randomize.solids import box, bracket, cable, lathe, scaled
from partsight.randomize.things.assemblies import sample_assembly
from partsight.randomize.things.distractors import Catalog, sample_distractor
from partsight.structures.world.part import Part, bounding_box_m, diagonal_m


def geometric_normals(part: Part):
    corners = part.mesh.vertices_m[part.mesh.triangles]
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), corners


@pytest.mark.parametrize(
    "part",
    [
        box(np.array([1.0, 2.0, 3.0])),
        bracket(np.array([1.0, 2.0, 3.0]), 0.2),
        lathe("rod", np.array([[0, -1], [0.5, -1], [0.5, 1], [0, 1.0]])),
        cable(np.column_stack([np.linspace(0, 1, 9), np.zeros(9), np.zeros(9)]), 0.1),
    ],
    ids=lambda part: part.name,
)
def test_winding_agrees_with_shading_normals(part):
    geometric, _ = geometric_normals(part)
    shading = part.mesh.normals[part.mesh.triangles].mean(axis=1)
    has_area = np.linalg.norm(geometric, axis=1) > 1e-12
    assert ((geometric * shading).sum(axis=1)[has_area] > 0).all()


def test_the_volume_of_a_turned_rod_is_that_of_its_prism():
    rod = lathe("rod", np.array([[0, -1], [0.5, -1], [0.5, 1], [0, 1.0]]), num_segments=64)
    _, corners = geometric_normals(rod)
    volume = np.linalg.det(corners).sum() / 6
    np.testing.assert_allclose(volume, 2 * 64 * 0.125 * np.sin(2 * np.pi / 64), rtol=1e-9)


def test_scaling_changes_size_and_key_only():
    small = box(np.array([1.0, 1.0, 1.0]))
    large = scaled(small, 2.0)
    assert diagonal_m(large.mesh) == pytest.approx(2 * diagonal_m(small.mesh))
    assert large.key != small.key


def test_distractors_are_about_as_large_as_asked():
    for seed in range(60):
        part = sample_distractor(np.random.default_rng(seed), 0.1, DistractorSection(), Catalog(()))
        assert 0.01 < diagonal_m(part.mesh) < 0.6
        assert np.isfinite(part.mesh.vertices_m).all()
        assert np.isfinite(part.mesh.normals).all()


def test_assemblies_have_the_size_asked_for_and_materials_of_their_own():
    colors = set()
    for seed in range(40):
        part = sample_assembly(np.random.default_rng(seed), 0.1)
        low, high = bounding_box_m(part.mesh)
        assert diagonal_m(part.mesh) == pytest.approx(0.1)
        assert np.allclose(low + high, 0)
        assert is_cad(part), "its materials are varied, not replaced by one"
        assert part.material_ids.max() < len(part.materials)
        colors.add(len({part.materials[number].base_color for number in set(part.material_ids.tolist())}))
        assert np.allclose(np.linalg.norm(part.mesh.normals, axis=1), 1, atol=1e-5)
    assert max(colors) >= 5


def test_an_assembly_is_drawn_by_its_seed():
    first, again, other = (sample_assembly(np.random.default_rng(seed), 0.1).key for seed in (3, 3, 4))
    assert first == again != other


def test_as_many_distractors_as_asked_are_assemblies():
    section, rng = DistractorSection(assembly_share=0.5), np.random.default_rng(0)
    names = [sample_distractor(rng, 0.1, section, Catalog(())).name for _ in range(300)]
    assert 120 < names.count("assembly") < 180
