"""Generated parts: each a function of kind and seed, of the size asked for, and a proper solid to look at."""

import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("manifold3d", reason="the extra [dev] is not installed")
sys.path.insert(0, str(Path(__file__).parents[3] / "tools"))

from procedural_parts import KINDS, generate_part

from partsight.cad.storage import load_part, save_part

SEEDS = range(3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_has_the_size_asked_for_and_faces_that_can_be_lit(kind):
    for seed in SEEDS:
        mesh = generate_part(kind, seed, 0.2).mesh
        assert np.isfinite(mesh.vertices_m).all()
        assert np.linalg.norm(np.ptp(mesh.vertices_m, axis=0)) == pytest.approx(0.2, rel=1e-6)
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-3)
        corners = mesh.vertices_m[mesh.triangles]
        volume = np.einsum("ni,ni->n", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])).sum() / 6
        assert volume > 0  # its faces look outwards


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_makes_one_part_and_another_seed_another(kind):
    one, again, other = (generate_part(kind, seed, 0.2).mesh.vertices_m for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert one.shape != other.shape or not np.allclose(one, other)


def test_many_parts_have_sub_parts_of_other_materials():
    parts = [generate_part(kind, seed, 0.2) for kind in KINDS for seed in SEEDS]
    assert np.mean([len(part.materials) > 1 for part in parts]) > 0.3


def test_a_part_is_stored_and_read_as_any_other(tmp_path):
    part = generate_part("magnet", 4, 0.2)
    save_part(part, tmp_path / "part.npz")
    read = load_part(tmp_path / "part.npz")
    np.testing.assert_allclose(read.mesh.vertices_m, part.mesh.vertices_m)
    assert read.materials == part.materials
