"""An occurrence looks as its file says: colors of instances, chains, faces; hidden ones are left out and told."""

import re

import pytest

from partsight.cad.readers.exact.occurrences import find_occurrences
from partsight.cad.readers.exact.step_styles import occurrence_styles
from tests.unit.cad.assemblies import Assembly, color_shares
from tests.unit.cad.conftest import read_here

RED, GREEN, BLUE, YELLOW = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0)
AREA = 2200.0
"""Of the box, in mm²."""


@pytest.fixture
def two_arms(box):
    """A robot with two arms of two hands each, all of one red product: hands are told by name and depth."""
    made = Assembly()
    made.hand = made.product("hand product", box)
    made.arm = made.product("arm product")
    made.robot = made.product("robot")
    made.left_hand = made.put(made.arm, made.hand, "left hand")
    made.right_hand = made.put(made.arm, made.hand, "right hand", (0, 40, 0))
    made.upper = made.put(made.robot, made.arm, "upper arm")
    made.lower = made.put(made.robot, made.arm, "lower arm", (0, 0, 40))
    made.paint(made.hand, RED)
    return made


def looks(assembly, path):
    ((part, facts),) = read_here(assembly.write(path / "robot.step"))
    return color_shares(part), facts


def test_the_color_of_an_occurrence_replaces_that_of_its_product_wherever_it_stands(two_arms, tmp_path):
    two_arms.paint(two_arms.left_hand, BLUE)
    shares, _ = looks(two_arms, tmp_path)
    assert shares == {
        ("left hand", "#0000ff"): AREA,
        ("right hand", "#ff0000"): AREA,
        ("left hand (2)", "#0000ff"): AREA,
        ("right hand (2)", "#ff0000"): AREA,
    }


def test_the_outermost_color_wins_and_a_chain_over_the_occurrence_that_it_starts_at(two_arms, tmp_path):
    two_arms.paint(two_arms.left_hand, BLUE)
    two_arms.paint(two_arms.lower, YELLOW)
    two_arms.paint(two_arms.chain(two_arms.upper, two_arms.right_hand), GREEN)
    two_arms.paint(two_arms.chain(two_arms.lower, two_arms.right_hand), RED)
    shares, _ = looks(two_arms, tmp_path)
    assert shares == {
        ("left hand", "#0000ff"): AREA,
        ("right hand", "#00ff00"): AREA,
        ("left hand (2)", "#ffff00"): AREA,
        ("right hand (2)", "#ff0000"): AREA,
    }


def test_a_chain_of_three_occurrences_colors_one_of_eight_hands(two_arms, tmp_path):
    cell = two_arms.product("cell")
    left = two_arms.put(cell, two_arms.robot, "left robot")
    two_arms.put(cell, two_arms.robot, "right robot", (100, 0, 0))
    two_arms.paint(two_arms.chain(left, two_arms.lower, two_arms.left_hand), GREEN)
    shares, _ = looks(two_arms, tmp_path)
    assert [place for place, color in shares if color != "#ff0000"] == ["left hand (2)"]
    assert len(shares) == 8


def test_an_occurrence_color_covers_colored_faces_of_that_occurrence_alone(two_arms, tmp_path):
    for face in two_arms.faces(two_arms.hand)[:2]:
        two_arms.paint(face, GREEN)
    two_arms.paint(two_arms.left_hand, BLUE)
    shares, _ = looks(two_arms, tmp_path)
    assert shares[("left hand", "#0000ff")] == AREA
    assert ("left hand", "#00ff00") not in shares
    assert shares[("right hand", "#00ff00")] == 400.0
    assert shares[("right hand", "#ff0000")] == AREA - 400.0


def override_faces(path, places):
    """Turn the overrides of occurrences in a file into such of faces, by the faces' places in the file."""
    text = path.read_text()
    faces = iter([re.findall(r"(#\d+) = ADVANCED_FACE", text)[place] for place in places] * 9)
    style = (
        r"(OVER_RIDING_STYLED_ITEM\('overriding color',\(#\d+\),)#\d+(,#\d+\);\s*#\d+ = PRESENTATION_STYLE_BY_CONTEXT)"
    )
    path.write_text(re.sub(style, lambda found: f"{found[1]}{next(faces)}{found[2]}", text))
    return path


def test_an_override_of_one_face_colors_that_face_of_that_occurrence_alone(two_arms, tmp_path):
    two_arms.paint(two_arms.left_hand, BLUE)
    path = override_faces(two_arms.write(tmp_path / "robot.step"), [0])
    ((part, facts),) = read_here(path)
    shares = color_shares(part)
    assert shares[("left hand", "#0000ff")] == shares[("left hand (2)", "#0000ff")] == 200.0
    assert shares[("left hand", "#ff0000")] == AREA - 200.0
    assert shares[("right hand", "#ff0000")] == shares[("right hand (2)", "#ff0000")] == AREA
    assert facts.warnings == ()


def test_colored_faces_and_statements_of_the_product_stay_beside_an_overridden_face(two_arms, tmp_path):
    two_arms.paint(two_arms.faces(two_arms.hand)[2], GREEN)
    two_arms.state(two_arms.hand, material="Steel", density=7.85)
    two_arms.paint(two_arms.left_hand, BLUE, alpha=0.4)
    path = override_faces(two_arms.write(tmp_path / "robot.step"), [0])
    ((part, facts),) = read_here(path, labels={"hand": ("hand product",)})
    shares = color_shares(part)
    assert (shares[("left hand", "#0000ff")], shares[("left hand", "#00ff00")]) == (200.0, 300.0)
    assert shares[("right hand", "#00ff00")] == 300.0
    assert min(material.opacity for material in part.materials) == pytest.approx(0.4)
    assert len(part.regions) == 4
    assert facts.mass_kg == pytest.approx(4 * 6e-6 * 7850)


@pytest.mark.parametrize(
    "entity", ["PRESENTATION_STYLE_BY_CONTEXT", "DRAUGHTING_PRE_DEFINED_COLOUR", "OVER_RIDING_STYLED_ITEM"]
)
def test_styles_without_their_arguments_count_for_nothing(two_arms, tmp_path, entity):
    two_arms.paint(two_arms.left_hand, BLUE)
    text = override_faces(two_arms.write(tmp_path / "robot.step"), [0]).read_text()
    assert len(occurrence_styles(text.encode())) == 1
    assert occurrence_styles(re.sub(rf"{entity}\([^;]*;", f"{entity}();", text).encode()) == ()


@pytest.mark.parametrize(("kind", "expected"), [("Surf", "#0000ff"), ("Gen", "#0000ff"), ("Curv", "#ff0000")])
def test_colors_of_surfaces_count_and_those_of_curves_do_not(two_arms, tmp_path, kind, expected):
    two_arms.paint(two_arms.left_hand, BLUE, kind)
    assert looks(two_arms, tmp_path)[0][("left hand", expected)] == AREA


def test_the_color_of_an_assembly_goes_to_what_has_none(two_arms):
    """The kernel writes no colors of assemblies: asked of its document."""
    plain = two_arms.product("plain")
    two_arms.put(two_arms.robot, plain, "body")
    two_arms.paint(two_arms.robot, BLUE)
    found = find_occurrences(two_arms.document, [two_arms.robot], "robot")
    assert [one.inherited for one in found.shown if one.node.names[-1] == "left hand"] == [((1.0, 0.0, 0.0), 1.0)] * 2
    assert found.shown[0].override is None


def moved(shape):
    """Return a shape that is not the same one."""
    from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy

    return BRepBuilderAPI_Copy(shape).Shape()


def test_occurrences_of_different_colors_are_different_variants(two_arms, tmp_path):
    two_arms.paint(two_arms.left_hand, BLUE)
    path = two_arms.write(tmp_path / "robot.step")
    parts = read_here(path, node=("* hand",))
    assert sorted(facts.colors for _, facts in parts) == [(("#0000ff", 1.0),), (("#ff0000", 1.0),)]


@pytest.mark.parametrize("what", ["occurrence", "product", "layer", "layer of an occurrence"])
def test_what_the_file_hides_is_not_drawn_but_told(two_arms, box, tmp_path, what):
    lid = two_arms.product("lid product", moved(box))
    put = two_arms.put(two_arms.robot, lid, "lid", (0, 0, 80))
    two_arms.paint(lid, GREEN)
    if what == "occurrence":
        two_arms.paint(put, GREEN)
        two_arms.colors.SetVisibility(put, False)
    elif what == "product":
        two_arms.colors.SetVisibility(lid, False)
    else:
        two_arms.layer("construction", lid, is_visible=False)
    shares, facts = looks(two_arms, tmp_path)
    assert {color for _, color in shares} == {"#ff0000"}
    assert facts.warnings == ("1 item(s) that the file hides are not drawn: lid",)


def test_a_layer_that_is_shown_hides_nothing(two_arms, tmp_path):
    two_arms.layer("everything", two_arms.hand, is_visible=True)
    shares, facts = looks(two_arms, tmp_path)
    assert (len(shares), facts.warnings) == (4, ())


def test_a_file_that_hides_everything_is_drawn_whole(two_arms, tmp_path):
    two_arms.colors.SetVisibility(two_arms.hand, False)
    shares, _ = looks(two_arms, tmp_path)
    assert len(shares) == 4


def test_a_layer_may_hold_occurrences(two_arms):
    """The kernel writes no layers of occurrences: asked of its document."""
    two_arms.layer("construction", two_arms.left_hand, is_visible=False)
    found = find_occurrences(two_arms.document, [two_arms.robot], "robot")
    assert [one.node.names[-1] for one in found.shown] == ["right hand", "right hand"]
    assert found.hidden == ("left hand", "left hand")


def test_hidden_faces_are_left_out_of_their_product(two_arms, tmp_path):
    for face in two_arms.faces(two_arms.hand)[:2]:
        two_arms.paint(face, GREEN)
    path = two_arms.write(tmp_path / "robot.step")
    styles = re.findall(r"(#\d+) = OVER_RIDING_STYLED_ITEM", path.read_text())
    end = "ENDSEC;\nEND-ISO"
    path.write_text(path.read_text().replace(end, f"#99999=INVISIBILITY(({','.join(styles)}));\n{end}"))
    ((part, facts),) = read_here(path)
    assert color_shares(part)[("left hand", "#ff0000")] == AREA - 400.0
    assert "2 item(s) that the file hides are not drawn: 2 × hand product" in facts.warnings[0]


def test_alpha_comes_with_the_color_of_a_product_and_of_an_occurrence(two_arms, tmp_path):
    two_arms.paint(two_arms.hand, RED, alpha=0.3)
    two_arms.paint(two_arms.left_hand, BLUE, alpha=0.6)
    ((part, _),) = read_here(two_arms.write(tmp_path / "robot.step"))
    assert [(material.name, round(material.opacity, 3)) for material in part.materials] == [
        ("glass", 0.6),
        ("glass", 0.3),
    ]


def test_an_alpha_of_zero_is_an_export_fault_drawn_opaque_and_told(two_arms, tmp_path):
    two_arms.paint(two_arms.hand, RED, alpha=0.0)
    ((part, facts),) = read_here(two_arms.write(tmp_path / "robot.step"))
    assert [material.opacity for material in part.materials] == [1.0]
    assert "1 color(s) with an alpha of 0" in facts.warnings[0]


def write_iges(path, *, blanked):
    """Write two boxes, some of them blanked: digits 1 and 2 of the status, columns 65 and 66 of the first directory line."""
    from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox
    from OCP.gp import gp_Pnt
    from OCP.IGESControl import IGESControl_Writer

    writer = IGESControl_Writer("MM", 1)
    for place in (0.0, 50.0):
        writer.AddShape(BRepPrimAPI_MakeBox(gp_Pnt(place, 0, 0), 30.0, 20.0, 10.0).Shape())
    writer.ComputeModel()
    writer.Write(str(path))
    lines = path.read_text().splitlines()
    first_lines = [number for number, line in enumerate(lines) if line[72:73] == "D"][::2]
    solids = [number for number in first_lines if lines[number][:8].strip() == "186"]
    for number in (solids[index] for index in blanked):
        lines[number] = lines[number][:64] + "01" + lines[number][66:]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(("blanked", "width_mm", "told"), [((), 80, 0), ((1,), 30, 1), ((0, 1), 80, 0)])
def test_blanked_entities_of_iges_are_not_drawn_but_told(tmp_path, blanked, width_mm, told):
    """Where all are blanked all are drawn."""
    ((_, facts),) = read_here(write_iges(tmp_path / "a.igs", blanked=blanked))
    assert facts.size_m[0] * 1000 == pytest.approx(width_mm, abs=0.01)
    assert [warning[:31] for warning in facts.warnings] == ["1 item(s) that the file hides a"] * told


def test_a_hidden_chain_hides_one_occurrence_of_many(two_arms):
    """The kernel writes no visibility of chains: asked of its document."""
    two_arms.colors.SetVisibility(two_arms.chain(two_arms.upper, two_arms.right_hand), False)
    found = find_occurrences(two_arms.document, [two_arms.robot], "robot")
    assert [one.node.names[1:] for one in found.shown] == [
        ("upper arm", "left hand"), ("lower arm", "left hand"), ("lower arm", "right hand")
    ]  # fmt: skip
    assert found.hidden == ("right hand",)
