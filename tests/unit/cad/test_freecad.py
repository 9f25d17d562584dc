"""FreeCAD documents: what its window shows is what is read."""

import numpy as np
import pytest

from partsight.cad.reading import content_key
from partsight.config.sections.cad import CadSection, PartSection
from partsight.errors import CadError
from tests.unit.cad.conftest import read_here
from tests.unit.cad.freecad_documents import (
    IDENTITY,
    Made,
    appearance,
    at,
    brep,
    link,
    members,
    mesh,
    rows,
    shape,
    truth,
    write_document,
)

TETRAHEDRON = ([(0, 0, 0), (10, 0, 0), (0, 10, 0), (0, 0, 10)], [(0, 2, 1), (0, 1, 3), (1, 2, 3), (2, 0, 3)])


@pytest.fixture(scope="module")
def boxes():
    """BREP files of cubes of 10 mm (one of them placed at x = 100) and of a plane without an end."""
    from OCP.BRepBuilderAPI import BRepBuilderAPI_MakeFace, BRepBuilderAPI_MakeVertex
    from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox
    from OCP.gp import gp_Pln, gp_Pnt, gp_Trsf, gp_Vec
    from OCP.TopLoc import TopLoc_Location

    cube = BRepPrimAPI_MakeBox(10.0, 10.0, 10.0).Shape()
    move = gp_Trsf()
    move.SetTranslation(gp_Vec(100.0, 0.0, 0.0))
    return {
        "cube.brp": brep(cube),
        "placed.brp": brep(cube.Located(TopLoc_Location(move))),
        "plane.brp": brep(BRepBuilderAPI_MakeFace(gp_Pln()).Face()),
        "point.brp": brep(BRepBuilderAPI_MakeVertex(gp_Pnt(0, 0, 0)).Shape()),
        "empty.brp": b"",
    }


def cube(x=0, **settings) -> Made:
    return Made("Part::Feature", {"Shape": shape("cube.brp"), "Placement": at(x)}, **settings)


def size_mm(facts):
    return np.array(facts.size_m) * 1000


def test_groups_are_frames_only_where_freecad_moves_what_is_in_them(tmp_path, boxes):
    """An assembly, an App::Part and an object with the extension move their members; a plain group does not."""
    for kind, extensions, moves in [
        ("App::Part", (), True),
        ("Assembly::AssemblyObject", (), True),
        ("App::FeaturePython", ("App::GeoFeatureGroupExtensionPython",), True),
        ("App::DocumentObjectGroup", (), False),
        ("App::FeaturePython", ("App::GroupExtensionPython",), False),
    ]:
        frame = Made(kind, {"Placement": at(50), "Group": members("A")}, extensions=extensions)
        path = write_document(tmp_path / "x.FCStd", {"G": frame, "A": cube(), "B": cube()}, boxes)
        ((_, facts),) = read_here(path)
        assert size_mm(facts)[0] == pytest.approx(60 if moves else 10), kind


def test_an_assembly_of_links_shows_each_part_where_its_link_puts_it(tmp_path, boxes):
    """As the assembly workbench writes it: hidden originals, links, groups of joints, a sub-assembly linked as a whole."""
    objects = {
        "Part": cube(7, visible=False),
        "Assembly": Made("Assembly::AssemblyObject", {"Placement": at(5), "Group": members("Joints", "L1", "Sub")}),
        "Joints": Made("Assembly::JointGroup", {"Group": members("Fixed")}),
        "Fixed": Made("App::FeaturePython", {"Group": members()}),
        "L1": Made(
            "App::Link", {"LinkedObject": link("Part"), "LinkPlacement": at(20), "Label": '<String value="Bolt"/>'}
        ),
        "Sub": Made(
            "Assembly::AssemblyLink", {"LinkedObject": link("Other"), "Placement": at(100), "Group": members("L2")}
        ),
        "L2": Made("App::Link", {"LinkedObject": link("Part"), "LinkPlacement": at(0, 3)}),
        "Other": Made("Assembly::AssemblyObject", {"Group": members("L3")}, visible=False),
        "L3": Made("App::Link", {"LinkedObject": link("Part"), "LinkPlacement": at()}),
    }
    ((_, facts),) = read_here(write_document(tmp_path / "x.FCStd", objects, boxes))
    np.testing.assert_allclose(size_mm(facts), [105 + 10 - 25, 13, 10])
    ((part, _),) = read_here(tmp_path / "x.FCStd", node=["bolt"])
    assert len(part.mesh.triangles) == 12


def test_a_link_may_keep_the_own_place_of_what_it_shows(tmp_path, boxes):
    for keeps, expected in [(False, 10), (True, 10 + 4)]:
        copy = {"LinkedObject": link("Part"), "LinkPlacement": at(), "LinkTransform": truth(value=keeps)}
        objects = {"Part": cube(4, visible=False), "Zero": cube(), "Link": Made("App::Link", copy)}
        ((_, facts),) = read_here(write_document(tmp_path / "x.FCStd", objects, boxes))
        assert size_mm(facts)[0] == pytest.approx(expected)


def test_copies_of_a_link_stand_at_each_of_its_places_unless_hidden(tmp_path, boxes):
    """Places as a list, scales as a list, the bits of visibility with the last copy first."""
    copies = {
        "LinkedObject": link("Part"), "LinkPlacement": at(), "ElementCount": '<Integer value="3"/>',
        "PlacementList": '<PlacementList file="places"/>', "ScaleList": '<VectorList file="scales"/>',
        "VisibilityList": '<BoolList value="011"/>',
    }  # fmt: skip
    files = {
        "places": rows(7, [IDENTITY, (20, *IDENTITY[1:]), (500, *IDENTITY[1:])]),
        "scales": rows(3, [(1, 1, 1), (2, 2, 2), (1, 1, 1)]),
    }
    objects = {"Part": cube(visible=False), "Link": Made("App::Link", copies)}
    ((_, facts),) = read_here(write_document(tmp_path / "x.FCStd", objects, {**boxes, **files}))
    np.testing.assert_allclose(size_mm(facts), [40, 20, 20])
    assert facts.volume_m3 * 1e9 == pytest.approx(9000)


def test_elements_of_links_and_groups_of_links_are_shown_once_each_in_their_group(tmp_path, boxes):
    objects = {
        "Part": cube(visible=False),
        "Link": Made(
            "App::Link", {"LinkedObject": link("Part"), "LinkPlacement": at(100), "ElementList": members("E0", "E1")}
        ),
        "E0": Made("App::LinkElement", {"LinkedObject": link("Part"), "LinkPlacement": at(0)}),
        "E1": Made("App::LinkElement", {"LinkedObject": link("Part"), "LinkPlacement": at(30)}),
        "Group": Made("App::LinkGroup", {"Placement": at(200), "ElementList": members("C")}),
        "C": cube(5, visible=False),
    }
    ((_, facts),) = read_here(write_document(tmp_path / "x.FCStd", objects, boxes))
    assert size_mm(facts)[0] == pytest.approx(205 + 10 - 100)
    assert facts.num_nodes == 3


def test_links_scale_and_mirror_and_surfaces_still_face_outwards(tmp_path, boxes):
    scaled = {
        "LinkedObject": link("Part"),
        "LinkPlacement": at(),
        "ScaleVector": '<PropertyVector valueX="-1" valueY="2" valueZ="3"/>',
    }
    objects = {"Part": cube(visible=False), "Link": Made("App::Link", scaled)}
    ((_, facts),) = read_here(write_document(tmp_path / "x.FCStd", objects, boxes))
    np.testing.assert_allclose(size_mm(facts), [10, 20, 30])
    assert facts.volume_m3 * 1e9 == pytest.approx(6000)


def test_links_lead_into_files_beside_the_document_and_into_things_within(tmp_path, boxes):
    """A changed linked file is read again; one that is not there is told."""
    inner = {"Asm": Made("App::Part", {"Placement": at(1000), "Group": members("P")}), "P": cube(3)}
    (tmp_path / "lib").mkdir()
    write_document(tmp_path / "lib" / "Ö part.FCStd", inner, boxes)
    objects = {
        "Here": cube(),
        "Far": Made("App::Link", {"LinkedObject": link("Asm", "lib/Ö part.FCStd", "P.Face1"), "LinkPlacement": at(50)}),
        "Lost": Made("App::Link", {"LinkedObject": link("X", "lost.FCStd"), "LinkPlacement": at()}),
    }
    path = write_document(tmp_path / "x.FCStd", objects, boxes)
    ((_, facts),) = read_here(path)
    assert size_mm(facts)[0] == pytest.approx(50 + 3 + 10)
    assert "links into lost.FCStd, which is not there" in facts.warnings
    section = PartSection(files=(path,))
    before = content_key("x", path, section, CadSection())
    write_document(tmp_path / "lib" / "Ö part.FCStd", {**inner, "More": cube(9)}, boxes)
    assert content_key("x", path, section, CadSection()) != before


def test_a_body_saved_without_its_shape_shows_its_tip(tmp_path, boxes):
    for own in ('<Part file=""/>', shape("empty.brp")):
        body = {
            "Shape": own,
            "Placement": at(30),
            "Group": members("Pad", "Hole", "Plane"),
            "Tip": '<Link value="Hole"/>',
        }
        objects = {
            "Zero": cube(),
            "Body": Made("PartDesign::Body", body),
            "Pad": cube(300, visible=False),
            "Hole": Made("PartDesign::Pocket", {"Shape": shape("cube.brp"), "Placement": at(0)}),
            "Plane": Made("PartDesign::Plane", {"Shape": shape("plane.brp")}),
        }
        ((part, facts),) = read_here(write_document(tmp_path / "x.FCStd", objects, boxes))
        assert size_mm(facts)[0] == pytest.approx(40)
        assert part.node_names == ("Zero", "Body")


def test_what_helps_to_draw_is_no_part_and_refuses_nothing(tmp_path, boxes):
    objects = {
        "Part": cube(),
        "Plane": Made("PartDesign::Plane", {"Shape": shape("plane.brp")}),
        "System": Made("Part::LocalCoordinateSystem", {"Shape": shape("plane.brp")}),
        "Sketch": Made("Sketcher::SketchObject", {"Shape": shape("point.brp")}),
        "Wire": Made("Part::Feature", {"Shape": shape("point.brp")}),
        "Endless": Made("Part::Feature", {"Shape": shape("plane.brp"), "Label": '<String value="Wall"/>'}),
    }
    ((part, facts),) = read_here(write_document(tmp_path / "x.FCStd", objects, boxes))
    assert part.node_names == ("Part",)
    assert facts.warnings == ("'Wall' has no end and is left out",)
    with pytest.raises(CadError, match="no visible shape in it"):
        read_here(write_document(tmp_path / "y.FCStd", {"Sketch": objects["Sketch"]}, boxes))


def test_a_shape_stands_where_its_file_or_its_property_places_it(tmp_path, boxes):
    placed = Made("Part::Feature", {"Shape": shape("placed.brp"), "Placement": at(100)})
    for other in (placed, cube(100)):
        ((_, facts),) = read_here(write_document(tmp_path / "x.FCStd", {"A": cube(), "B": other}, boxes))
        assert size_mm(facts)[0] == pytest.approx(110)


@pytest.mark.parametrize("dev_version", [False, True])
def test_faces_keep_their_color_and_transparency(tmp_path, boxes, dev_version):
    """ShapeAppearance of FreeCAD 1.0, whose packed colors may have any lowest byte; the first face is half transparent."""
    packed = [0xFF000000, 0x00FF00FF, 0x0000FF00, 0xFFFF0000, 0x00FFFF00, 0xFF00FF00]
    content = appearance(
        *((color, 0.5 if number == 0 else 0.0) for number, color in enumerate(packed)), dev_version=dev_version
    )
    view = {"ShapeAppearance": '<MaterialList file="look" version="3"/>'}
    path = write_document(tmp_path / "x.FCStd", {"Part": cube(view=view)}, {**boxes, "look": content})
    ((part, facts),) = read_here(path)
    assert {color for color, _ in facts.colors} == {"#ff0000", "#00ff00", "#0000ff", "#ffff00", "#00ffff", "#ff00ff"}
    assert sorted(material.opacity for material in part.materials) == [pytest.approx(0.5), 1, 1, 1, 1, 1]


def test_the_transparency_of_older_documents_is_kept(tmp_path, boxes):
    """FreeCAD 0.x: one percentage for all, or the lowest byte of a face's color."""
    old = {"ShapeColor": '<PropertyColor value="4278190080"/>', "Transparency": '<Integer value="60"/>'}
    faces = {"DiffuseColor": '<ColorList file="faces"/>', "Transparency": '<Integer value="0"/>'}
    files = {**boxes, "faces": (6).to_bytes(4, "little") + b"\x66\x00\x00\xff" * 6}
    for view in (old, faces):
        ((part, facts),) = read_here(write_document(tmp_path / "x.FCStd", {"Part": cube(view=view)}, files))
        assert facts.colors == (("#ff0000", 1.0),)
        assert [material.opacity for material in part.materials] == [pytest.approx(0.4 if view is old else 0.6)]


def test_the_look_that_a_link_puts_on_top_prevails_for_the_link_only(tmp_path, boxes):
    red = {"ShapeAppearance": '<MaterialList file="red" version="3"/>'}
    green = {
        "OverrideMaterial": truth(value=True),
        "ShapeMaterial": '<PropertyMaterial diffuseColor="16711935" transparency="0.25"/>',
    }
    ignored = {
        "OverrideMaterial": truth(value=False),
        "ShapeMaterial": '<PropertyMaterial diffuseColor="65535" transparency="0"/>',
    }
    objects = {
        "Part": cube(view=red),
        "Green": Made("App::Link", {"LinkedObject": link("Part"), "LinkPlacement": at(20)}, view=green),
        "Same": Made("App::Link", {"LinkedObject": link("Part"), "LinkPlacement": at(40)}, view=ignored),
    }
    files = {**boxes, "red": appearance((0xFF0000FF, 0.0))}
    ((part, facts),) = read_here(write_document(tmp_path / "x.FCStd", objects, files))
    assert dict(facts.colors) == {"#ff0000": pytest.approx(2 / 3, abs=1e-3), "#00ff00": pytest.approx(1 / 3, abs=1e-3)}
    assert sorted(material.opacity for material in part.materials) == [pytest.approx(0.75), 1]


@pytest.mark.parametrize("order", "<>")
def test_meshes_are_read_at_their_place_with_their_colors(tmp_path, order):
    view = {"ShapeAppearance": '<MaterialList file="look"/>'}
    made = Made("Mesh::Feature", {"Mesh": '<Mesh file="MeshKernel.bms"/>', "Placement": at(100)}, view=view)
    group = Made("App::Part", {"Placement": at(5), "Group": members("Scan")})
    files = {"MeshKernel.bms": mesh(*TETRAHEDRON, order), "look": appearance((0x0000FFFF, 0.5))}
    ((part, facts),) = read_here(write_document(tmp_path / "x.FCStd", {"Asm": group, "Scan": made}, files))
    assert facts.volume_m3 * 1e9 == pytest.approx(1000 / 6)
    assert facts.colors == (("#0000ff", 1.0),)
    assert part.materials[0].opacity == pytest.approx(0.5)
    assert [node.name for node in facts.tree] == ["Asm", "Scan"]


def test_what_contains_itself_is_explained(tmp_path, boxes):
    objects = {"A": Made("App::Link", {"LinkedObject": link("B")}), "B": Made("App::Link", {"LinkedObject": link("A")})}
    with pytest.raises(CadError, match="contains itself"):
        read_here(write_document(tmp_path / "x.FCStd", objects, boxes))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "nodes", "num_colors"),
    [
        ("fc_assembly_and_part.FCStd", {"Box", "Cyl"}, 1),
        ("fc_face_colors.FCStd", {"Box"}, 6),
        ("public/PartDesignExample.FCStd", {"Body"}, 1),
        ("public/PadTest.fcstd", {"Body"}, 1),
    ],
)
def test_public_documents_show_their_parts(shared, name, nodes, num_colors):
    ((part, facts),) = read_here(shared / "cases" / "cad" / name)
    assert set(part.node_names) == nodes
    assert len(facts.colors) == num_colors
    assert not facts.warnings
