"""Meshes as they come: what can be mended without a doubt is mended and told, the rest is refused with its reason."""

import struct

import numpy as np
import pytest
import trimesh

from partsight.cad.reading import read_file
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError
from partsight.pipeline.cad_files.check import name_classes
from tests.unit.cad.conftest import read_here, write_step

BOX_MM3 = 20 * 30 * 40


def cuboid() -> trimesh.Trimesh:
    return trimesh.creation.box((20, 30, 40))


def read(path, mesh: trimesh.Trimesh):
    with np.errstate(invalid="ignore"):  # of normals at infinity
        mesh.export(path)
    ((part, facts),) = read_here(path)
    return part, facts


def raw_stl(triangles, *, stated=None, behind=b"", header=b"") -> bytes:
    rows = b"".join(struct.pack("<12fH", 0, 0, 0, *np.ravel(corners), 0) for corners in triangles)
    return header.ljust(80, b" ") + struct.pack("<I", len(triangles) if stated is None else stated) + rows + behind


@pytest.mark.parametrize("suffix", ["stl", "ply", "off", "obj", "glb", "3mf"])
def test_a_surface_that_faces_inwards_is_turned_round_in_any_format(tmp_path, suffix):
    mesh = cuboid()
    mesh.invert()
    _, facts = read(tmp_path / f"x.{suffix}", mesh)
    assert facts.volume_m3 > 0
    assert "12 triangles of bodies that faced inwards: turned round" in facts.warnings


def test_triangles_that_face_the_other_way_than_their_neighbors_are_turned_round(tmp_path):
    """Of an inverted body with some turned already, the others are turned."""
    for inverted in (False, True):
        mesh = trimesh.creation.icosphere(2, 10)
        expected = mesh.volume
        if inverted:
            mesh.invert()
        mesh.faces[::7] = mesh.faces[::7, ::-1]
        _, facts = read(tmp_path / "x.stl", mesh)
        assert facts.volume_m3 * 1e9 == pytest.approx(expected, rel=1e-5)
        assert facts.health.num_flipped_edges == 0
        assert any("turned round" in warning for warning in facts.warnings)


def test_a_cavity_keeps_facing_inwards_and_a_body_beside_it_does_not(tmp_path):
    cavity, beside = trimesh.creation.box((5, 5, 5)), trimesh.creation.box((5, 5, 5))
    cavity.invert()
    beside.invert()
    beside.apply_translation([50, 0, 0])
    _, facts = read(tmp_path / "x.stl", trimesh.util.concatenate([cuboid(), cavity, beside]))
    assert facts.volume_m3 * 1e9 == pytest.approx(BOX_MM3 - 125 + 125)


def test_a_surface_with_one_side_only_and_an_open_one_are_left_as_they_are(tmp_path):
    strip = [(np.cos(t) * (2 + s * np.cos(t / 2)), np.sin(t) * (2 + s * np.cos(t / 2)), s * np.sin(t / 2))
             for t in np.linspace(0, 2 * np.pi, 24, endpoint=False) for s in (-0.5, 0.5)]  # fmt: skip
    faces = []
    for k in range(24):
        a, b = 2 * k, 2 * k + 1
        c, d = (2 * k + 2, 2 * k + 3) if k < 23 else (1, 0)
        faces += [(a, c, b), (b, c, d)]
    for mesh in (
        trimesh.Trimesh(strip, faces, process=False),
        trimesh.Trimesh([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [(0, 2, 1)]),
    ):
        _, facts = read(tmp_path / "x.stl", mesh)
        assert not any("faced inwards" in warning for warning in facts.warnings)


@pytest.mark.parametrize("turned", [False, True])
def test_surfaces_that_stand_twice_are_drawn_once(tmp_path, turned):
    again = cuboid()
    if turned:
        again.invert()
    _, facts = read(tmp_path / "x.stl", trimesh.util.concatenate([cuboid(), again]))
    assert facts.num_triangles == 12
    assert facts.volume_m3 * 1e9 == pytest.approx(BOX_MM3)
    assert "12 triangles stood twice: one of each is left out" in facts.warnings


@pytest.mark.parametrize("number", [1e30, np.nan, np.inf])
@pytest.mark.parametrize("suffix", ["stl", "ply"])
def test_a_few_corners_beyond_any_size_are_left_out_and_many_are_refused(tmp_path, number, suffix):
    fine = trimesh.creation.icosphere(5, 10)
    stray = np.array([(0, 0, 0), (1, 0, 0), (0, number, 0)], float)
    mesh = trimesh.Trimesh(
        np.concatenate([fine.vertices, stray]),
        np.concatenate([fine.faces, [len(fine.vertices) + np.arange(3)]]),
        process=False,
    )
    _, facts = read(tmp_path / f"x.{suffix}", mesh)
    np.testing.assert_allclose(facts.size_m, 0.02, rtol=1e-5)
    assert "1 triangles with a corner beyond any size: left out" in facts.warnings
    broken = cuboid()
    broken.vertices[0, 0] = number
    with pytest.raises(CadError, match=r"of 12 triangles have a corner that is no number or beyond any size"):
        read(tmp_path / f"y.{suffix}", trimesh.Trimesh(broken.vertices, broken.faces, process=False))


def test_a_mesh_in_coordinates_of_a_country_is_read(tmp_path):
    """Far from the origin is no fault: 4,000 km here, in a format of double precision."""
    mesh = cuboid()
    mesh.apply_translation([4e9, 5e9, 0])
    (tmp_path / "x.obj").write_text(mesh.export(file_type="obj", digits=12))
    ((_, facts),) = read_here(tmp_path / "x.obj")
    np.testing.assert_allclose(facts.size_m, [0.02, 0.03, 0.04], rtol=1e-3)
    assert not facts.warnings


def test_binary_stl_is_read_whatever_its_header_says(tmp_path):
    triangles = cuboid().triangles
    for name, content in {
        "trailing": raw_stl(triangles, behind=b"made by" * 40),
        "solid": raw_stl(triangles, header=b"solid exported"),
        "solid and trailing": raw_stl(triangles, header=b"solid exported", behind=b"?"),
        "not counted": raw_stl(triangles, stated=0),
    }.items():
        (tmp_path / "x.stl").write_bytes(content)
        ((_, facts),) = read_here(tmp_path / "x.stl")
        assert facts.volume_m3 * 1e9 == pytest.approx(BOX_MM3), name
        assert any("behind the last triangle" in warning for warning in facts.warnings) == ("trailing" in name)


def test_a_stl_file_that_is_cut_off_is_refused(tmp_path):
    (tmp_path / "x.stl").write_bytes(raw_stl(cuboid().triangles)[:-70])
    with pytest.raises(CadError, match="is cut off, or no STL file: it states 12 triangles and has room for 10"):
        read_here(tmp_path / "x.stl")


@pytest.mark.parametrize("suffix", ["stl", "obj", "ply", "off", "gltf"])
@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_text_with_a_byte_order_mark_is_read(tmp_path, suffix, mark):
    if suffix == "gltf" and mark == "utf-16":
        pytest.skip("JSON is UTF-8")
    kinds = {"stl": "stl_ascii", "gltf": "gltf"}
    if suffix == "gltf":
        files = cuboid().export(file_type="gltf")
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        text = (tmp_path / "model.gltf").read_text()
    else:
        options = {"encoding": "ascii"} if suffix == "ply" else {}
        exported = cuboid().export(file_type=kinds.get(suffix, suffix), **options)
        text = exported if isinstance(exported, str) else exported.decode()
    (tmp_path / f"x.{suffix}").write_bytes(text.encode(mark))
    ((_, facts),) = read_here(tmp_path / f"x.{suffix}")
    assert facts.num_triangles == 12


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_exact_files_with_a_byte_order_mark_are_read(tmp_path, box, mark):
    from OCP.BRepTools import BRepTools
    from OCP.IGESControl import IGESControl_Writer

    step = write_step(tmp_path / "a.step", [("A", box, (0, 0, 0), None)])
    BRepTools.Write_s(box, str(tmp_path / "a.brep"))
    writer = IGESControl_Writer()
    writer.AddShape(box)
    assert writer.Write(str(tmp_path / "a.igs"))
    for path in (step, tmp_path / "a.brep", tmp_path / "a.igs"):
        marked = path.with_stem("marked")
        marked.write_bytes(path.read_text().encode(mark))
        ((_, facts),) = read_here(marked)
        np.testing.assert_allclose(facts.size_m, [0.03, 0.02, 0.01], rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.step", b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
        ("a.stl", b"\xef\xbb\xbfversion https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("a.3mf", b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("a.obj", b"/annex/objects/SHA256E-s1\n", "git annex get"),
        ("a.step", b"\n<!DOCTYPE html><html>sign in</html>", "is a web page"),
        ("a.step", b"PK\x03\x04rest", "is a zip archive inside"),
        ("a.igs", b"\x1f\x8brest", "is a gzip archive inside"),
        ("a.SLDPRT", b"x", r"SolidWorks, which is not read\. In SolidWorks choose File > Save As > STEP"),
        ("a.CATPart", b"x", "CATIA"),
        ("a.jt", b"x", "JT"),
        ("a.dwg", b"x", "AutoCAD"),
        ("a.dxf", b"x", "AutoCAD"),
        ("a.ipt", b"x", "Inventor"),
        ("shaft.prt.12", b"x", "NX or Creo"),
        ("a.x_t", b"x", "Parasolid"),
        ("a.usdz", b"PK", "USD, which is not read"),
        ("a.zip", b"PK", "Unpack it"),
    ],
)
def test_what_is_no_file_of_ours_is_refused_by_name_with_the_way_out(tmp_path, name, content, told):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CadError, match=told):
        read_file("a", path, PartSection(files=(path,)), CadSection())


def test_a_folder_stands_for_what_is_in_and_below_it_and_tells_what_cannot_be_read(tmp_path):
    """Twins made by a Mac and drawings are passed over, and native files beside whose export they lie."""
    for name in (
        "a.step", "sub/a.step", "sub/deep/b.STL", "c.sldprt", "d.SLDPRT", "d.step", "notes.txt", "drawing.pdf",
        "._a.step", "__MACOSX/a.step", ".DS_Store",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    named = name_classes([tmp_path, tmp_path / "a.step"])
    assert {name: path.relative_to(tmp_path).as_posix() for name, path in named.items()} == {
        "a": "a.step", "a.step": "sub/a.step", "b": "sub/deep/b.STL", "c": "c.sldprt", "d": "d.step",
    }  # fmt: skip


@pytest.mark.shared
def test_the_cases_that_were_wrong_are_right(shared):
    cases = shared / "cases" / "cad"
    for name in ("s_extra.stl", "s_inverted.stl"):
        ((_, facts),) = read_here(cases / name)
        assert facts.volume_m3 * 1e9 == pytest.approx(BOX_MM3)
    for name in ("bom.step", "z_sub.stpz"):
        ((_, facts),) = read_here(cases / name)
        np.testing.assert_allclose(facts.size_m, [0.06, 0.02, 0.02], rtol=1e-5)
    with pytest.raises(CadError, match="beyond any size"):
        read_here(cases / "s_huge_coord.stl")
    assert set(name_classes([cases / "mixed"])) == {"part", "part.sldprt", "unit_CM", "unit_M"}
