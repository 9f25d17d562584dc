"""Materials of the recipe that bring a color: read as they are written, worn by the sub-parts that they name."""

import numpy as np
import pytest
import trimesh

from partsight.cad.reading import read_parts
from partsight.config.sections.cad import CadSection, PartSection
from partsight.randomize.looks.materials import has_colors
from partsight.structures.world.material import srgb_from_linear


@pytest.fixture
def two_boxes(tmp_path):
    """A GLB with sub-parts HANDLE and BODY."""
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box((0.1, 0.1, 0.1)), node_name="BODY", geom_name="BODY")
    handle = trimesh.creation.box((0.02, 0.02, 0.1))
    handle.apply_translation((0.1, 0, 0))
    scene.add_geometry(handle, node_name="HANDLE", geom_name="HANDLE")
    path = tmp_path / "tool.glb"
    scene.export(path)
    return path


def materials_of(path, **materials):
    (read,) = read_parts({"tool": PartSection(files=(path,), materials=materials)}, CadSection())["tool"]
    part = read.part
    return part, {
        node: part.materials[part.material_ids[part.node_ids == k][0]] for k, node in enumerate(part.node_names)
    }


@pytest.mark.parametrize(
    ("wanted", "metallic", "rgb"),
    [("plastic #f2c200", 0, (242, 194, 0)), ("aluminium #aa2233", 1, (170, 34, 51)), ("rubber #000000", 0, (0, 0, 0))],
)
def test_a_material_with_a_color_has_both(two_boxes, wanted, metallic, rgb):
    part, found = materials_of(two_boxes, **{"HANDLE*": wanted, "*": "steel"})
    assert found["HANDLE"].metallic == metallic
    assert tuple((srgb_from_linear(np.array(found["HANDLE"].base_color)) * 255).round()) == rgb
    assert found["BODY"].name == "steel"
    assert has_colors(part)


def test_glass_with_a_color_can_still_be_seen_through(two_boxes):
    _, found = materials_of(two_boxes, **{"*": "glass #88ccff"})
    assert all(material.is_see_through for material in found.values())


@pytest.mark.parametrize(
    "wrong", ["plastik", "plastic yellow", "plastic #f2c2", "plastic  #f2c200", "#f2c200", "", "steel "]
)
def test_what_is_no_material_is_told_with_what_would_be_one(wrong):
    with pytest.raises(ValueError, match=r"plastic #f2c200"):
        PartSection(files=("a.step",), materials={"*": wrong})
