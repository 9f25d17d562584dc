"""What is written can be read again as the same part."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.cad.exporting import export_part
from partsight.errors import CadError
from tests.unit.cad.conftest import read_here


@pytest.fixture(scope="module")
def magnet(samples):
    ((part, _),) = read_here(samples / "QD.step")
    return part


@pytest.mark.parametrize("suffix", ["stl", "obj", "ply", "glb", "3mf", "off"])
@pytest.mark.parametrize("unit", ["mm", "inch"])
def test_size_and_surface_survive(magnet, tmp_path, suffix, unit):
    path = tmp_path / f"QD.{suffix}"
    export_part(magnet, path, unit)
    ((part, facts),) = read_here(path, unit=None if suffix in {"glb", "3mf"} else unit)
    np.testing.assert_allclose(np.ptp(part.mesh.vertices_m, axis=0), np.ptp(magnet.mesh.vertices_m, axis=0), rtol=1e-4)
    assert facts.num_triangles == pytest.approx(len(magnet.mesh.triangles), rel=0.001)


@pytest.mark.parametrize("suffix", ["obj", "ply", "glb"])
def test_colors_survive(magnet, tmp_path, suffix):
    path = tmp_path / f"QD.{suffix}"
    export_part(magnet, path)
    ((_, facts),) = read_here(path)
    ((_, original),) = read_here_facts(magnet, tmp_path)
    wanted, found = dict(original.colors), dict(facts.colors)
    for color, share in wanted.items():
        nearest = min(found, key=lambda other: np.abs(rgb(other) - rgb(color)).max())
        assert np.abs(rgb(nearest) - rgb(color)).max() <= 3
        assert found[nearest] == pytest.approx(share, abs=0.02)


def read_here_facts(part, tmp_path):
    export_part(part, tmp_path / "reference.glb")
    return read_here(tmp_path / "reference.glb")


def rgb(color):
    return np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)])


@pytest.mark.parametrize("suffix", ["glb", "3mf"])
def test_names_survive(magnet, tmp_path, suffix):
    export_part(magnet, tmp_path / f"QD.{suffix}")
    ((part, _),) = read_here(tmp_path / f"QD.{suffix}")
    assert any("YOKE" in name for name in part.node_names)


def test_another_format_is_refused(magnet, tmp_path):
    with pytest.raises(CadError, match=r"cannot write \.dwg"):
        export_part(magnet, tmp_path / "x.dwg")


def test_transparency_survives_in_glb(magnet, tmp_path):
    first, *others = magnet.materials
    clear = replace(magnet, materials=(replace(first, opacity=0.25), *others))
    export_part(clear, tmp_path / "QD.glb")
    ((part, _),) = read_here(tmp_path / "QD.glb")
    assert sorted({material.opacity for material in part.materials}) == [pytest.approx(0.25, abs=0.003), 1.0]
