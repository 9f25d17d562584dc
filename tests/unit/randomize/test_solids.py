"""Solids: their normals point outwards, so that light falls on the right side."""

import numpy as np
import pytest

from partsight.config.randomize import DistractorSection
from partsight.randomize.distractors import Catalogue, sample_distractor
from partsight.randomize.solids import box, bracket, cable, lathe, scaled
from partsight.structures.part import Part, diagonal_m


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
        part = sample_distractor(np.random.default_rng(seed), 0.1, DistractorSection(), Catalogue(()))
        assert 0.01 < diagonal_m(part.mesh) < 0.6
        assert np.isfinite(part.mesh.vertices_m).all()
        assert np.isfinite(part.mesh.normals).all()
