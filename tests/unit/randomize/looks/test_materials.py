"""Materials: what CAD tells apart by color mostly stays so, everything else is anything."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.cad.geometry.materials import METALS, material_of, paint
from partsight.config.sections.cad import METAL_KINDS
from partsight.config.sections.randomize import MaterialSection
from partsight.randomize.looks.materials import has_colors, vary_materials
from partsight.randomize.solids import box
from partsight.structures.world.material import Material, Texture

GREEN, BLACK = Material("paint", (0.02, 0.3, 0.1), 0.0, 0.5), Material("paint", (0.01, 0.01, 0.01), 0.0, 0.5)
GREYS = (Material("metal", (0.60, 0.60, 0.60), 1.0, 0.4), Material("metal", (0.66, 0.66, 0.65), 1.0, 0.4))
BOARD = replace(box(np.array([0.1, 0.1, 0.1])), materials=(GREEN, BLACK))
CASTING = replace(BOARD, materials=GREYS)
NUM_DRAWS = 400


def drawn(part, seed=0, **settings):
    rng = np.random.default_rng(seed)
    return [vary_materials(rng, part, MaterialSection(**settings)) for _ in range(NUM_DRAWS)]


def keeps(materials) -> bool:
    """Green is greenest and brighter than black."""
    green, black = (np.array(material.base_color) for material in materials)
    return not materials[0].texture and green[1] > 1.5 * green[[0, 2]].max() and black.max() < 0.06


def test_two_greys_are_no_two_colors():
    assert has_colors(BOARD)
    assert not has_colors(CASTING)


def test_a_picture_on_the_part_is_a_color():
    assert has_colors(
        replace(BOARD, materials=(replace(GREEN, texture=Texture(np.zeros((2, 2, 3), np.uint8), 1.0)), GREEN))
    )


def test_a_stated_color_is_believed():
    assert has_colors(replace(BOARD, materials=(paint("#808080"), paint("#808080"))))


@pytest.mark.parametrize("kind", ["steel", "brass"])
def test_a_stated_metal_has_the_color_of_the_metal(kind):
    assert has_colors(replace(BOARD, materials=(material_of(kind, (0.6, 0.6, 0.6)),) * 2))


def test_stated_plastic_says_nothing_of_its_color():
    assert not has_colors(replace(BOARD, materials=(material_of("plastic", (0.6, 0.6, 0.6)),) * 2))


@pytest.mark.parametrize("share", ["keep_colors", "texture_share", "recolor_share"])
def test_what_can_be_seen_through_stays_so_in_every_look(share):
    glass = material_of("glass", (0.6, 0.7, 0.8))
    settings = {"keep_colors": 0.0, "texture_share": 0.0, "recolor_share": 0.0, share: 1.0}
    found = [looks[1] for looks in drawn(replace(BOARD, materials=(GREEN, glass)), **settings)]
    assert {(look.opacity, look.metallic, look.texture) for look in found} == {(glass.opacity, 0.0, None)}
    assert len({look.base_color for look in found}) > (1 if share != "texture_share" else 0)


def test_every_material_that_brings_its_own_color_is_called_a_metal():
    assert set(METALS) == METAL_KINDS


@pytest.mark.parametrize(("keep_colors", "expected"), [(0.0, 0.36), (0.85, 0.9), (1.0, 1.0)])
def test_as_many_parts_keep_their_colors_as_the_recipe_says(keep_colors, expected):
    """Without: those that wear neither texture (25 %) nor other colors (50 % of the rest)."""
    share = np.mean([keeps(materials) for materials in drawn(BOARD, keep_colors=keep_colors)])
    assert share == pytest.approx(expected, abs=0.06)


def test_parts_without_colors_are_drawn_as_if_there_were_no_such_setting():
    assert same(drawn(CASTING, keep_colors=0.0), drawn(CASTING, keep_colors=1.0))


def same(one, other) -> bool:
    return all(
        [m.base_color for m in a] == [m.base_color for m in b] and [m.roughness for m in a] == [m.roughness for m in b]
        for a, b in zip(one, other, strict=True)
    )
