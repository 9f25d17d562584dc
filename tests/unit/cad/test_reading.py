"""CAD files: meters inside, colors and names kept, bad files explained, the main process never harmed."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from partsight.cad.readers.formats import SUFFIXES
from partsight.cad.reading import read_file, read_parts
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError
from partsight.structures.world.material import linear_from_srgb
from partsight.structures.world.part import bounding_box_m
from tests.unit.cad.conftest import READERS

SECTION = CadSection(timeout_s=60)
MAGNETS = ("QF", "QD", "QFA", "SD", "SHD")


def read_all(path: Path, cad: CadSection = SECTION, **settings):
    return read_file(path.stem, path, PartSection(files=(path,), **settings), cad, (None, READERS))


def read(path: Path, **settings):
    (found,) = read_all(path, **settings)
    return found.part


def facts(path: Path, **settings):
    (found,) = read_all(path, **settings)
    return found.facts


def write_box(path: Path, scale: float = 1.0) -> Path:
    """A box of 30 × 20 × 10 units, red."""
    mesh = trimesh.creation.box((30 * scale, 20 * scale, 10 * scale))
    mesh.apply_translation([100 * scale, 0, 5 * scale])
    mesh.visual.face_colors = [255, 0, 0, 255]
    mesh.export(path)
    return path


@pytest.mark.parametrize("suffix", [".stl", ".obj", ".ply", ".off", ".3mf"])
def test_unitless_files_are_in_millimeters_unless_said_otherwise(tmp_path, suffix):
    part = read(write_box(tmp_path / f"box{suffix}"))
    low, high = bounding_box_m(part.mesh)
    np.testing.assert_allclose(high - low, [0.03, 0.02, 0.01], rtol=1e-5)
    np.testing.assert_allclose(low, -high, atol=1e-12)


def test_a_part_knows_where_its_middle_lies_in_the_cad_file(tmp_path):
    part = read(write_box(tmp_path / "box.stl"))
    np.testing.assert_allclose(part.cad_center_m, [0.1, 0, 0.005], atol=1e-9)


@pytest.mark.parametrize(("unit", "meters"), [("m", 1.0), ("cm", 0.01), ("inch", 0.0254)])
def test_the_recipe_states_the_unit(tmp_path, unit, meters):
    write_box(tmp_path / "box.stl")
    np.testing.assert_allclose(
        facts(tmp_path / "box.stl", unit=unit).size_m, np.array([30, 20, 10]) * meters, rtol=1e-5
    )


def test_gltf_is_in_meters_and_y_up(tmp_path):
    found = facts(write_box(tmp_path / "box.glb", scale=0.001))
    np.testing.assert_allclose(found.size_m, [0.03, 0.01, 0.02], rtol=1e-5)


def test_a_box_has_sharp_edges_and_outward_normals(tmp_path):
    part = read(write_box(tmp_path / "box.stl"))
    corners = part.mesh.vertices_m[part.mesh.triangles]
    geometric = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    geometric /= np.linalg.norm(geometric, axis=1, keepdims=True)
    np.testing.assert_allclose(part.mesh.normals[part.mesh.triangles], geometric[:, None, :].repeat(3, 1), atol=1e-4)
    assert ((geometric * corners.mean(axis=1)).sum(axis=1) > 0).all()


def test_colors_of_the_file_are_kept_unless_the_recipe_gives_one(tmp_path):
    path = write_box(tmp_path / "box.ply")
    assert read(path).materials[0].base_color == pytest.approx((1, 0, 0), abs=0.01)
    painted = read(path, color="#808080").materials[0].base_color
    assert painted == pytest.approx(tuple(linear_from_srgb(np.full(3, 128 / 255))), abs=1e-3)


@pytest.mark.parametrize("name", MAGNETS)
def test_the_sample_parts_are_colored_assemblies_with_named_sub_parts(samples, name):
    (found,) = read_all(samples / f"{name}.step")
    part, figures = found.part, found.facts
    assert {"YOKE"} <= set(part.node_names)
    assert any(node.startswith("COIL") for node in part.node_names)
    assert any(node.startswith("HOSE") for node in part.node_names)
    assert len(part.materials) >= 4
    assert all(0.2 < side < 0.7 for side in figures.size_m)
    assert figures.warnings == ()
    assert figures.is_watertight
    assert figures.num_solids == figures.num_nodes >= 18
    assert (figures.format, figures.unit) == ("STEP AP214", "mm")


def test_the_color_of_a_step_file_is_srgb(samples):
    """COLOUR_RGB .72 .40 .22 of the coils, decoded to linear light."""
    part = read(samples / "QF.step")
    coil = next(k for k, node in enumerate(part.node_names) if node.startswith("COIL"))
    used = part.materials[int(part.material_ids[part.node_ids == coil][0])]
    assert used.base_color == pytest.approx(tuple(linear_from_srgb(np.array([0.72, 0.40, 0.22]))), abs=0.01)


def test_equal_files_have_equal_keys(samples, tmp_path):
    again = tmp_path / "QF.step"
    again.write_bytes((samples / "QF.step").read_bytes())
    assert read(samples / "QF.step").key == read(again).key


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("none.step", None, "no such file"),
        ("empty.step", b"", "is empty"),
        ("drawing.dwg", b"AC1027", "AutoCAD, which is not read"),
        ("notes.txt", b"no CAD", "unknown kind of file"),
        ("noise.step", bytes(range(256)) * 8, "not a STEP file"),
        ("noise.stl", b"\x01\x02" * 60, "no STL file"),
        ("noise.glb", b"glTF" + b"\x00" * 40, "not a GLB file|holds no"),
        (
            "cut.step",
            b"ISO-10303-21;\nHEADER;\nFILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\nENDSEC;\nDATA;\n#1=CART",
            "cut off",
        ),
    ],
)
def test_a_bad_file_is_explained(tmp_path, name, content, told):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CadError, match=told) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_a_folder_is_no_cad_file(tmp_path):
    with pytest.raises(CadError, match="is a folder"):
        read(tmp_path)


def test_a_file_that_takes_too_long_is_given_up(samples):
    hasty = CadSection(timeout_s=0.05)
    path = samples / "SD.step"
    with pytest.raises(CadError, match=r"not read within 0\.05 s"):
        read_all(path, hasty)


def test_all_bad_files_are_reported_together(tmp_path, samples):
    parts = {
        "a": PartSection(files=(tmp_path / "a.step",)),
        "QF": PartSection(files=(samples / "QF.step",)),
        "b": PartSection(files=(tmp_path / "b.txt",)),
    }
    (tmp_path / "b.txt").write_text("no CAD")
    with pytest.raises(CadError, match=r"2 CAD file\(s\)") as caught:
        read_parts(parts, SECTION)
    assert "a.step" in str(caught.value)
    assert "b.txt" in str(caught.value)


def test_suffixes_may_be_upper_case(tmp_path):
    assert facts(write_box(tmp_path / "box.stl").rename(tmp_path / "BOX.STL")).num_triangles == 12
    assert ".step" in SUFFIXES


@pytest.mark.parametrize(("scale", "told"), [(4000.0, "is the unit right"), (0.000001, "is the unit right")])
def test_unlikely_sizes_are_remarked(tmp_path, scale, told):
    assert told in facts(write_box(tmp_path / "box.ply", scale=scale)).warnings[0]


@pytest.mark.shared
def test_parts_of_the_real_sets_have_their_real_size(shared):
    raspberry = shared / "real" / "microcontrollers" / "cad" / "Raspberry_Pi_3_Bplus.glb"
    bolt = shared / "real" / "bolts_washers" / "cad" / "bolt_M10x30.step"
    assert max(facts(raspberry).size_m) == pytest.approx(0.0874, abs=0.001)
    assert max(facts(bolt).size_m) == pytest.approx(0.0364, abs=0.0005)
