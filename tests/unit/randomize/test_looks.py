"""Looks: each ingredient changes what is seen by one key, and never what the labels say."""

import numpy as np
import pytest
from PIL import Image

from partsight.config.sections.randomize import RandomizeSection
from partsight.randomize.light.halls import sample_hall
from partsight.randomize.looks.grounds import sample_ground, sample_wall
from tests.unit.randomize.test_sampler import PARTS, classed, layout, look, sampler, scenes

LYING = {"scatter__float_share": 0.0, "scatter__empty_share": 0.0}


def textures(scene):
    return [m.texture.image_rgb.tobytes() for i in scene.instances for m in i.materials if m.texture]


def test_workshop_grounds_and_halls_change_the_look_but_never_the_layout():
    for switch in ({"background__workshop_share": 1.0}, {"light__hall_share": 1.0}):
        plain, changed = scenes(**LYING), scenes(**LYING, **switch)
        assert [layout(scene)[0] for scene in plain] == [layout(scene)[0] for scene in changed]
        parts = [[i.world_from_part.tolist() for i in classed(scene)] for scene in plain]
        assert parts == [[i.world_from_part.tolist() for i in classed(scene)] for scene in changed]
        assert all(look(one) != look(other) for one, other in zip(plain, changed, strict=True))


def test_wear_changes_textures_only():
    section = sampler().section.wear.but(share=1.0)
    changes = {"materials__texture_share": 0.0, **LYING}
    for one, other in zip(scenes(**changes), scenes(wear=section, **changes), strict=True):
        assert layout(one) == layout(other)
        assert textures(one) != textures(other)
        assert (one.lamps, one.sensor) == (other.lamps, other.sensor)
        assert (one.environment.radiance == other.environment.radiance).all()


def test_tools_assemblies_and_lookalikes_leave_parts_where_they_are_and_have_no_class():
    plain = scenes(distractors__per_image=(5, 5), **LYING)
    for share in ("tool_share", "assembly_share", "lookalike_share"):
        changed = scenes(distractors__per_image=(5, 5), **{f"distractors__{share}": 1.0}, **LYING)
        for one, other in zip(plain, changed, strict=True):
            assert [(i.class_id, i.part.key) for i in classed(one)] == [
                (i.class_id, i.part.key) for i in classed(other)
            ]


def test_lookalikes_are_stretched_by_what_the_recipe_says():
    drawn = scenes(distractors__per_image=(5, 5), distractors__lookalike_share=1.0, **LYING)
    known = {name: np.ptp(part.mesh.vertices_m, axis=0) for name, (part, *_) in PARTS.items()}
    copies = [i.part for scene in drawn for i in scene.instances if i.class_id is None and i.part.name == "box"]
    assert copies
    for part in copies:
        ratios = [np.ptp(part.mesh.vertices_m, axis=0) / known[name] for name in ("beam", "cube")]
        changed = [np.flatnonzero(np.abs(ratio - 1) > 1e-9) for ratio in ratios]
        axis, ratio = min(zip(changed, ratios, strict=True), key=lambda pair: len(pair[0]))
        assert len(axis) == 1
        assert 1.3 <= max(ratio[axis[0]], 1 / ratio[axis[0]]) <= 1.8


def test_a_mix_gives_each_placement_its_share_and_every_class_its_turns():
    drawn = sampler(placement={"orbit": 1, "scatter": 1, "stand": 2}, scatter__empty_share=0.0)
    seen = [drawn.sample(index) for index in range(300)]
    orbits = [s for s in seen if s.background is not None and (s.background.image_rgb == 255).all()]
    assert 45 <= len(orbits) <= 105
    counts = np.bincount([classed(s)[0].class_id for s in orbits], minlength=3)
    assert counts.min() == counts.max()


def test_a_placement_of_weight_zero_is_never_drawn():
    drawn = sampler(placement={"orbit": 1, "scatter": 0})
    assert all((drawn.sample(index).background.image_rgb == 255).all() for index in range(20))
    with pytest.raises(ValueError, match="all weights are 0"):
        RandomizeSection(placement={"orbit": 0, "scatter": 0})


def test_halls_differ_and_have_light_above_that_is_brighter_than_their_walls():
    halls = [sample_hall(np.random.default_rng(seed), 64) for seed in range(8)]
    assert len({hall.tobytes() for hall in halls}) == 8
    for hall in halls:
        assert hall.shape == (64, 128, 3)
        assert np.isfinite(hall).all()
        assert hall.min() >= 0
    assert sum(hall[:40].max() > 5 * np.median(hall) for hall in halls) >= 6


@pytest.mark.parametrize("sample", [sample_ground, sample_wall])
def test_grounds_and_walls_of_workshops_are_muted(sample):
    for seed in range(24):
        image = sample(np.random.default_rng(seed), 1.0).texture.image_rgb.reshape(-1, 3).astype(float)
        mean = image.mean(axis=0)
        assert 15 < mean.mean() < 245
        assert np.ptp(mean) < 100


def test_half_of_the_random_textures_come_from_the_users_folder(tmp_path):
    Image.new("RGB", (64, 64), (200, 30, 40)).save(tmp_path / "red.png")
    drawn = scenes(30, materials__texture_share=1.0, materials__texture_folder=tmp_path, **LYING)
    own = [m.texture.image_rgb for s in drawn for i in classed(s) for m in i.materials]
    assert 0.25 < np.mean([bool((image == (200, 30, 40)).all()) for image in own]) < 0.75


def test_the_room_is_seen_behind_half_of_the_hovering_parts_of_a_workshop():
    drawn = scenes(60, scatter__float_share=1.0, background__workshop_share=1.0)
    assert 18 <= sum(scene.background is None for scene in drawn) <= 42
