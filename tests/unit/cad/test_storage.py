"""Parts on disk: what is read equals what was written."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.cad.storage import load_part, save_part
from partsight.errors import StorageError
from partsight.structures.world.material import Material, Texture
from partsight.structures.world.part import Mesh, Part


def part() -> Part:
    rng = np.random.default_rng(3)
    mesh = Mesh(rng.normal(size=(5, 3)), rng.normal(size=(5, 3)).astype(np.float32), [[0, 1, 2], [2, 3, 4]])
    materials = (
        Material("a", (0.1, 0.2, 0.3), 1.0, 0.4),
        Material("glass", (0.5, 0.6, 0.7), opacity=0.25),
        Material("b", (1, 1, 1), texture=Texture(rng.integers(0, 255, (4, 6, 3)), 0.2)),
    )
    return Part("Ünïcode part", mesh, materials, np.array([0, 1]), ("YOKE", "COIL"), np.array([1, 0]), "abc")


def test_write_then_read_is_identity(tmp_path):
    written = part()
    save_part(written, tmp_path / "part.npz")
    read = load_part(tmp_path / "part.npz")
    for name in ("vertices_m", "normals", "triangles"):
        np.testing.assert_array_equal(getattr(read.mesh, name), getattr(written.mesh, name))
    np.testing.assert_array_equal(read.material_ids, written.material_ids)
    np.testing.assert_array_equal(read.node_ids, written.node_ids)
    np.testing.assert_array_equal(read.materials[2].texture.image_rgb, written.materials[2].texture.image_rgb)
    assert read.materials[:2] == written.materials[:2]
    assert (read.name, read.node_names, read.key) == (written.name, written.node_names, written.key)


@pytest.mark.parametrize("center", [None, (0.1, -2.0, 3.5)])
def test_where_the_origin_of_the_file_lies_is_kept_and_unknown_for_parts_written_before(tmp_path, center):
    save_part(replace(part(), cad_center_m=center), tmp_path / "part.npz")
    assert load_part(tmp_path / "part.npz").cad_center_m == center


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off"])
def test_a_damaged_part_is_named(tmp_path, content):
    (tmp_path / "part.npz").write_bytes(content)
    with pytest.raises(StorageError, match=r"part\.npz: damaged part"):
        load_part(tmp_path / "part.npz")
