"""Wear: traces of use cover CAD materials, each kind by its own switch."""

from dataclasses import replace

import numpy as np
import pytest

from partsight.config.sections.randomize import WearSection
from partsight.randomize.looks.wear import MOST_WORN, wear_materials
from partsight.randomize.solids import box
from partsight.structures.world.material import Material, Texture

STEEL = Material("steel", (0.5, 0.5, 0.5), 1.0, 0.4)
PAINT = Material("paint", (0.1, 0.2, 0.6), 0.0, 0.5)
PART = box(np.array([0.1, 0.2, 0.3]))
NOTHING = {"brushed": 0, "smudges": 0, "scratches": 0, "rust": 0, "dirt": 0, "dust": 0, "stickers": 0, "ties": 0}


def worn(material, seed=0, strength=(0.2, 1.0), **traces):
    section = WearSection(share=1.0, strength=strength, traces={**NOTHING, **traces})
    return wear_materials(np.random.default_rng(seed), PART, (material,), section)[0]


def pixels(material):
    return np.dstack([material.texture.image_rgb, material.texture.metallic_roughness]).astype(int)


@pytest.mark.parametrize("kind", NOTHING)
def test_each_kind_of_trace_is_seen_on_steel(kind):
    clean, used = pixels(worn(STEEL)), pixels(worn(STEEL, strength=(0.8, 1.0), **{kind: 1.0}))
    assert np.ptp(clean, axis=(0, 1)).max() == 0
    assert (clean != used).any(axis=2).mean() > 0.001


def test_a_clean_worn_part_has_the_color_gloss_and_metal_it_had():
    clean = pixels(worn(STEEL))[0, 0]
    assert clean.tolist() == [188, 188, 188, 255, 102]


def test_rust_is_brown_rough_and_no_metal():
    used = pixels(worn(STEEL, rust=1.0, strength=(1.0, 1.0), seed=3))
    rusted = used[used[..., 3] < 20]
    assert len(rusted)
    assert (rusted[:, 0] > rusted[:, 2]).all()
    assert (rusted[:, 4] > 200).all()


@pytest.mark.parametrize("name", ["copper", "brass", "aluminium", "stainless", "plastic"])
def test_what_does_not_rust_stays_clean(name):
    material = Material(name, (0.5, 0.4, 0.3), 1.0, 0.4)
    assert (pixels(worn(material, rust=1.0)) == pixels(worn(material))).all()


def test_paint_is_not_brushed():
    assert (pixels(worn(PAINT, brushed=1.0)) == pixels(worn(PAINT))).all()


def test_scratches_in_paint_show_metal():
    assert pixels(worn(PAINT, scratches=1.0, strength=(1, 1)))[..., 3].max() > 100


def test_another_share_of_rust_leaves_the_dust_as_it_was():
    both, alone = pixels(worn(PAINT, rust=1.0, dust=1.0)), pixels(worn(PAINT, dust=1.0))
    assert (both == alone).all()  # paint takes no rust, so that only the dust can differ


def test_the_stated_share_of_parts_is_worn():
    section = WearSection(share=0.3)
    found = [wear_materials(np.random.default_rng(seed), PART, (PAINT,), section)[0] for seed in range(100)]
    assert 18 <= sum(material.texture is not None for material in found) <= 42


def test_textures_are_left_alone_and_few_materials_are_worn():
    textured = Material("texture", (1, 1, 1), texture=Texture(np.zeros((4, 4, 3), np.uint8), 1.0))
    materials = (textured, *(PAINT,) * 20)
    found = wear_materials(np.random.default_rng(0), PART, materials, WearSection(share=1.0))
    assert found[0] is textured
    assert sum(material is not before for material, before in zip(found, materials, strict=True)) == MOST_WORN - 1


def test_a_strength_above_one_is_refused():
    with pytest.raises(ValueError, match="less than or equal to 1"):
        WearSection(strength=(0.5, 1.5))


def test_glass_is_not_painted_over_by_traces():
    glass = replace(PAINT, opacity=0.3)
    assert worn(glass, dirt=1.0) == glass
