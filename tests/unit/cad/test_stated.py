"""What a file states beside its shape is shown: material, mass; and told where its author measured something else."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.cad.geometry.materials import METALS, stated_material
from partsight.cad.readers.exact.soundness import examine_shape
from partsight.cad.readers.exact.stated import Statement, differences
from tests.unit.cad.assemblies import Assembly
from tests.unit.cad.conftest import read_here


def steel_box(box, path, **stated):
    made = Assembly()
    product, root = made.product("block", box), made.product("root")
    for number in range(2):
        made.put(root, product, f"block {number}", (40 * number, 0, 0))
    made.state(product, **stated)
    return made.write(path)


def test_stated_material_and_mass_are_shown_and_choose_the_look(box, tmp_path):
    path = steel_box(box, tmp_path / "a.step", material="Stahl S235", density=7.85)
    ((part, facts),) = read_here(path)
    assert facts.stated_materials == ("Stahl S235",)
    assert facts.mass_kg == pytest.approx(2 * 6e-6 * 7850)
    assert [material.name for material in part.materials] == ["steel"]
    assert [material.name for material in read_here(path, materials={"*": "brass"})[0][0].materials] == ["brass"]


def test_measured_integrals_that_agree_are_not_told(box, tmp_path):
    ((_, facts),) = read_here(steel_box(box, tmp_path / "a.step", volume=6000.0, area=2200.0, centroid=(15, 10, 5)))
    assert facts.warnings == ()


def test_a_difference_from_what_the_author_measured_is_told_once_for_a_product(box, tmp_path):
    ((_, facts),) = read_here(steel_box(box, tmp_path / "a.step", volume=6100.0, area=2200.0))
    assert facts.warnings == ("block: volume is 6000 where the file states 6100",)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, 0),
        ({"volume": 6001.0}, 0),
        ({"volume": 5900.0}, 1),
        ({"area": 2300.0}, 1),
        ({"centroid": (15.0, 10.0, 5.5)}, 1),
        ({"volume": None, "area": None, "centroid": None}, 0),
    ],
)
def test_each_integral_is_compared(box, changes, told):
    stated = replace(Statement("", None, 6000.0, 2200.0, (15.0, 10.0, 5.0)), **changes)
    assert len(differences(stated, examine_shape(box, 0.01), box)) == told


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Steel", "steel"), ("1.0038 (S235JR)", "steel"), ("鋼", "steel"), ("Edelstahl 1.4301", "stainless"),
        ("solidworks materials|ｽﾃﾝﾚｽ鋼(ﾌｪﾗｲﾄ)", "stainless"), ("5052-H34", "aluminium"), ("EN AW-6061", "aluminium"),
        ("Aluminum", "aluminium"), ("CuZn39Pb3", "brass"), ("ABS", "plastic"), ("PA 12", "plastic"), ("POM-C", "plastic"),
        ("Glass fiber reinforced PA66", "plastic"), ("FR4", "plastic"), ("Acrylic (PMMA)", "glass"), ("Float glass", "glass"),
        ("NBR 70", "rubber"), ("Cast Iron", "iron"), ("Copper, Cu-ETP", "copper"),
    ],
)  # fmt: skip
def test_materials_are_known_by_their_names(name, kind):
    assert stated_material(name, None).name == kind


@pytest.mark.parametrize("name", ["Generic", "Default", "Material <not specified>", "M-1234"])
def test_names_that_say_nothing_leave_the_look_to_the_color(name):
    assert stated_material(name, (0.5, 0.1, 0.1)) is None


def test_red_steel_is_painted_and_yellow_brass_is_brass():
    assert stated_material("steel", (0.6, 0.05, 0.05)).metallic == 0.0
    assert stated_material("brass", (0.6, 0.5, 0.05)).base_color == METALS["brass"][0]
    assert stated_material("steel", (0.6, 0.6, 0.6)).base_color == METALS["steel"][0]
    assert stated_material("glass", (0.6, 0.6, 0.6)).is_see_through
    assert np.isclose(stated_material("ABS", (0.6, 0.1, 0.1)).base_color[0], 0.6)
