"""STEP, IGES, BREP, FreeCAD, packed STEP: units, names, colors, instances and what is missing."""

import gzip
import math
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from partsight.cad.reading import read_file
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError
from tests.unit.cad.conftest import READERS, read_here, write_step

FILES = Path(__file__).parent / "files"
BOX_MM = [30, 20, 10]


def size_mm(facts):
    return np.array(facts.size_m) * 1000


@pytest.mark.parametrize(
    ("unit", "name", "millimeters"), [("MM", "mm", 1.0), ("M", "m", 1.0), ("INCH", "inch", 1.0), ("CM", "cm", 1.0)]
)
def test_step_states_its_unit_and_means_the_same_part(tmp_path, box, unit, name, millimeters):
    ((_, facts),) = read_here(write_step(tmp_path / "box.step", [("BOX", box, (0, 0, 0), None)], unit))
    np.testing.assert_allclose(size_mm(facts), np.array(BOX_MM) * millimeters, rtol=1e-6)
    assert facts.unit == name
    assert facts.num_solids == 1
    assert facts.volume_m3 == pytest.approx(6e-6, rel=1e-6)
    assert facts.area_m2 == pytest.approx(2.2e-3, rel=1e-6)


def test_iges_is_in_its_own_unit(tmp_path, box):
    from OCP.IGESControl import IGESControl_Writer

    writer = IGESControl_Writer("MM", 1)
    writer.AddShape(box)
    assert writer.Write(str(tmp_path / "box.IGS"))
    ((_, facts),) = read_here(tmp_path / "box.IGS")
    np.testing.assert_allclose(size_mm(facts), BOX_MM, rtol=1e-6)
    assert (facts.format, facts.unit) == ("IGES", "mm")


@pytest.mark.parametrize(("unit", "millimeters"), [(None, 1.0), ("cm", 10.0), ("m", 1000.0), ("inch", 25.4)])
@pytest.mark.parametrize("kind", ["text", "binary"])
def test_brep_states_no_unit(tmp_path, box, unit, millimeters, kind):
    from OCP.BinTools import BinTools
    from OCP.BRepTools import BRepTools

    path = tmp_path / "box.brep"
    assert (BRepTools if kind == "text" else BinTools).Write_s(box, str(path))
    ((_, facts),) = read_here(path, unit=unit)
    np.testing.assert_allclose(size_mm(facts), np.array(BOX_MM) * millimeters, rtol=1e-6)


def test_instances_share_their_shape_and_keep_their_names(tmp_path, box):
    placed = [(f"FOOT_{number}", box, (100.0 * number, 0, 0), (1, 0, 0)) for number in range(3)]
    ((part, facts),) = read_here(write_step(tmp_path / "table.step", placed))
    assert set(part.node_names) == {"FOOT_0", "FOOT_1", "FOOT_2"}
    assert facts.num_solids == 3
    assert facts.repeated == (("FOOT_PRODUCT", 3),)
    assert [(node.name, node.depth) for node in facts.tree] == [
        ("ROOT", 0), ("FOOT_0", 1), ("FOOT_1", 1), ("FOOT_2", 1),
    ]  # fmt: skip
    np.testing.assert_allclose(size_mm(facts), [230, 20, 10], rtol=1e-6)


def test_two_colors_of_one_node_give_the_same_key_every_time(tmp_path, box):
    from OCP.BRepPrimAPI import BRepPrimAPI_MakeSphere

    placed = [("A", box, (0, 0, 0), (1, 0, 0)), ("B", BRepPrimAPI_MakeSphere(9.0).Shape(), (50, 0, 0), (0, 0, 1))]
    path = write_step(tmp_path / "two.step", placed)
    keys = {read_here(path)[0][0].key for _ in range(3)}
    assert len(keys) == 1


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_packed_step_is_unpacked(tmp_path, box, kind):
    plain = write_step(tmp_path / "box.step", [("BOX", box, (0, 0, 0), None)])
    packed = tmp_path / "packed.STPZ"
    if kind == "gzip":
        packed.write_bytes(gzip.compress(plain.read_bytes()))
    else:
        with zipfile.ZipFile(packed, "w") as archive:
            archive.write(plain, "box.stp")
    ((_, facts),) = read_here(packed)
    np.testing.assert_allclose(size_mm(facts), BOX_MM, rtol=1e-6)


@pytest.mark.parametrize("content", [b"\x1f\x8b\x08 broken", b"no gzip at all"])
def test_a_damaged_package_is_explained(tmp_path, content):
    path = tmp_path / "x.stpz"
    path.write_bytes(content)
    with pytest.raises(CadError, match="cannot be unpacked"):
        read_here(path)


def test_a_package_of_two_files_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.stpz", "w") as archive:
        archive.writestr("a.step", "")
        archive.writestr("b.step", "")
    with pytest.raises(CadError, match="holds 2 STEP files, expected one"):
        read_here(tmp_path / "x.stpz")


@pytest.mark.parametrize("name", ["headless", "painted"])
def test_a_freecad_document_shows_what_freecad_shows(name):
    """Extents and volumes as FreeCAD 0.20 reports them for the document of tools/make_freecad_documents.py."""
    ((part, facts),) = read_here(FILES / f"{name}.FCStd")
    assert sorted(part.node_names) == ["Base plate", "Base plate (2)", "Body", "Cut", "Cyl"]
    np.testing.assert_allclose(size_mm(facts), [154, 34, 60], atol=0.05)
    volume_mm3 = 2 * 6000 + 343 + (1000 - 4 / 3 * math.pi * 125 / 8) + math.pi * 16 * 40
    assert facts.volume_m3 * 1e9 == pytest.approx(volume_mm3, rel=5e-3)


def test_a_freecad_document_keeps_the_colors_of_shapes_and_faces():
    ((part, facts),) = read_here(FILES / "painted.FCStd")
    colors = {color for color, _ in facts.colors}
    assert {"#cc1a1a", "#009933", "#1a33e6", "#e6e61a"} <= colors
    plate = part.node_names.index("Base plate")
    assert len(set(part.material_ids[part.node_ids == plate].tolist())) == 1


def test_a_damaged_freecad_document_is_explained(tmp_path):
    (tmp_path / "x.FCStd").write_bytes((FILES / "headless.FCStd").read_bytes()[:3000])
    with pytest.raises(CadError, match="not a FreeCAD document"):
        read_here(tmp_path / "x.FCStd")


def test_entities_in_a_freecad_document_are_not_expanded(tmp_path):
    bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa">]><Document><ObjectData><Object name="&a;"/></ObjectData></Document>'
    with zipfile.ZipFile(tmp_path / "x.FCStd", "w") as archive:
        archive.writestr("Document.xml", bomb)
    with pytest.raises(CadError, match=r"no visible shape|not a FreeCAD document"):
        read_here(tmp_path / "x.FCStd")


@pytest.mark.shared
def test_external_references_are_followed_and_missing_ones_told(shared, tmp_path):
    source = shared / "real" / "step_exchange" / "cax-if" / "s1-c5-214"
    ((whole, facts),) = read_here(source / "s1-c5-214.stp")
    assert facts.num_solids == 11
    assert facts.warnings == ()
    for file in source.glob("*.stp"):
        if file.name not in {"TAIL.stp", "TAIL_TURBINE.stp", "TAIL_MIDDLE_PART.stp"}:
            shutil.copyfile(file, tmp_path / file.name)
    ((part, partial),) = read_here(tmp_path / "s1-c5-214.stp")
    assert len(part.node_names) < len(whole.node_names)
    assert any("TAIL.stp, which is not there" in warning for warning in partial.warnings)


@pytest.mark.shared
def test_references_are_found_whatever_the_case_of_their_names(shared, tmp_path):
    source = shared / "real" / "step_exchange" / "cax-if" / "s1-c5-214"
    for file in source.glob("*.stp"):
        shutil.copyfile(file, tmp_path / file.name.lower())
    ((_, facts),) = read_here(tmp_path / "s1-c5-214.stp")
    assert facts.num_solids == 11


@pytest.mark.shared
def test_a_file_of_references_alone_names_what_is_missing(shared, tmp_path):
    source = shared / "real" / "step_exchange" / "cax-if" / "s1-c5-214" / "s1-c5-214.stp"
    shutil.copyfile(source, tmp_path / source.name)
    with pytest.raises(CadError, match=r"only references to other files, and these are not there: .*HEAD\.stp"):
        read_here(tmp_path / source.name)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "solids"),
    [("cax-if/as1-oc-214.stp", 18), ("cax-if/as1-tu-203.stp", 18), ("cax-if-brep/as1_pe_203.brep", 18),
     ("cube-10x10mm/Cube 10x10.igs", 1), ("cax-if/dm1-id-214.stp", None), ("cax-if/io1-cm-214.stp", None)],
)  # fmt: skip
def test_exchange_files_load(shared, file, solids):
    ((part, facts),) = read_here(shared / "real" / "step_exchange" / file)
    assert len(part.mesh.triangles) > 10
    assert solids in (None, facts.num_solids)


def test_memory_beyond_the_limit_is_an_error_about_the_file(tmp_path):
    """A mesh that needs more than half a gigabyte: six million triangles, the file's zeros written by nobody."""
    path, num_triangles = tmp_path / "huge.stl", 6_000_000
    with path.open("wb") as file:
        file.write(bytes(80) + num_triangles.to_bytes(4, "little"))
        file.truncate(84 + 50 * num_triangles)
    with pytest.raises(CadError, match=r"needs more than 0\.5 GB of memory"):
        read_file(
            "huge", path, PartSection(files=(path,)), CadSection(memory_limit_gb=0.5, timeout_s=100), (None, READERS)
        )


def test_a_read_file_is_not_read_again(tmp_path, box, monkeypatch):
    path = write_step(tmp_path / "box.step", [("BOX", box, (0, 0, 0), None)])
    part = PartSection(files=(path,))
    (first,) = read_file("box", path, part, CadSection(), (tmp_path / "cache", READERS))
    (again,) = read_file(
        "box", path, part, CadSection(timeout_s=1e-6), (tmp_path / "cache", READERS)
    )  # no child could be so fast
    assert again.part.key == first.part.key
    assert again.facts == first.facts
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(CadError, match="not read within"):
        read_file("box", path, part, CadSection(timeout_s=1e-6), (tmp_path / "cache", READERS))
