"""A class can be part of a file: sub-assemblies by name, without what is hidden."""

import pytest

from partsight.errors import CadError
from tests.unit.cad.conftest import read_here, write_step


@pytest.fixture(scope="module")
def frame(tmp_path_factory, box):
    """Two equal feet, a top, and a screw."""
    from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeCylinder

    top, screw = BRepPrimAPI_MakeBox(200.0, 60.0, 5.0).Shape(), BRepPrimAPI_MakeCylinder(2.0, 9.0).Shape()
    placed = [
        ("FOOT_1", box, (0, 0, 0), (0.5, 0.5, 0.5)),
        ("FOOT_2", box, (150, 0, 0), (0.5, 0.5, 0.5)),
        ("TOP", top, (0, 0, 10), (0, 0, 1)),
        ("SCREW", screw, (20, 20, 15), None),
    ]
    return write_step(tmp_path_factory.mktemp("frame") / "frame.step", placed)


def test_equal_sub_assemblies_are_one_variant(frame):
    ((part, facts),) = read_here(frame, node=("FOOT*",))
    assert part.node_names == ("FOOT_1",)
    assert [round(side * 1000) for side in facts.size_m] == [30, 20, 10]


def test_different_sub_assemblies_are_variants(frame):
    found = read_here(frame, node=("foot*", "TOP"))
    assert [part.node_names for part, _ in found] == [("FOOT_1",), ("TOP",)]
    assert len({part.key for part, _ in found}) == 2


def test_the_name_of_the_product_matches_too(frame):
    ((part, _),) = read_here(frame, node=("FOOT_PRODUCT",))
    assert part.node_names == ("FOOT_1",)


def test_the_topmost_match_takes_all_below_it(frame):
    ((part, _),) = read_here(frame, node=("ROOT", "FOOT*"))
    assert len(part.node_names) == 4


def test_hidden_nodes_are_left_out(frame):
    ((part, facts),) = read_here(frame, hide=("screw",))
    assert part.node_names == ("FOOT_1", "FOOT_2", "TOP")
    assert round(facts.size_m[2] * 1000) == 15


def test_a_pattern_that_matches_nothing_lists_the_names(frame):
    with pytest.raises(CadError, match=r"no node matches node = 'COIL\*'. Its nodes: ROOT, FOOT_1") as caught:
        read_here(frame, node=("COIL*",))
    assert "SCREW" in str(caught.value)
    with pytest.raises(CadError, match=r"no node matches hide = 'NUT\*'"):
        read_here(frame, hide=("NUT*",))


def test_hiding_everything_is_refused(frame):
    with pytest.raises(CadError, match="hides every node"):
        read_here(frame, hide=("*",))
    with pytest.raises(CadError, match="'hide' hides again"):
        read_here(frame, node=("TOP",), hide=("TOP",))


def test_sub_parts_become_regions_one_for_each_node(frame, tmp_path):
    from partsight.cad.storage import load_part, save_part

    ((part, _),) = read_here(frame, labels={"foot": ("FOOT*",), "screw": ("screw",)})
    assert [(region.class_name, part.node_names[region.node_ids[0]]) for region in part.regions] == [
        ("foot", "FOOT_1"), ("foot", "FOOT_2"), ("screw", "SCREW"),
    ]  # fmt: skip
    save_part(part, tmp_path / "p.npz")
    assert load_part(tmp_path / "p.npz").regions == part.regions
    ((plain, _),) = read_here(frame)
    assert plain.key != part.key


def test_labels_that_match_nothing_are_refused(frame):
    with pytest.raises(CadError, match="no node matches labels = 'HOSE'"):
        read_here(frame, labels={"hose": ("HOSE",)})


def test_a_recipe_names_the_materials_of_nodes_and_the_first_pattern_counts(frame):
    ((part, _),) = read_here(frame, materials={"FOOT*": "copper", "*": "rubber"})
    by_node = {
        part.node_names[node]: part.materials[slot] for node, slot in zip(part.node_ids, part.material_ids, strict=True)
    }
    assert {name: material.name for name, material in by_node.items()} == {
        "FOOT_1": "copper", "FOOT_2": "copper", "TOP": "rubber", "SCREW": "rubber",
    }  # fmt: skip
    assert by_node["FOOT_1"].metallic == 1.0
    assert by_node["TOP"].base_color == pytest.approx((0, 0, 1), abs=1e-6)


def test_materials_of_nodes_that_are_not_there_are_refused(frame):
    with pytest.raises(CadError, match="no node matches materials = 'COIL"):
        read_here(frame, materials={"COIL*": "copper"})
