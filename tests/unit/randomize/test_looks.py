"""Looks: each ingredient changes what is seen by one key, and never what the labels say."""

import numpy as np
import pytest
from PIL import Image

from partsight.randomize.light.halls import sample_hall
from partsight.randomize.looks.grounds import sample_ground, sample_wall
from tests.unit.randomize.drawing import DARK, LYING, PARTS, classed, layouts, scenes
from tests.unit.randomize.test_sampler import look, placed


def textures(scene):
    return [m.texture.image_rgb.tobytes() for i in scene.instances for m in i.materials if m.texture]


@pytest.mark.parametrize("switch", [{"background__workshop_share": 1.0}, {"light__hall_share": 1.0}])
def test_workshop_grounds_and_halls_change_the_look_but_never_the_layout(switch):
    plain, changed = scenes(**LYING), scenes(**LYING, **switch)
    assert [placed(scene)[0] for scene in plain] == [placed(scene)[0] for scene in changed]
    parts = [[i.world_from_part.tolist() for i in classed(scene)] for scene in plain]
    assert parts == [[i.world_from_part.tolist() for i in classed(scene)] for scene in changed]
    assert all(look(one) != look(other) for one, other in zip(plain, changed, strict=True))


def test_wear_changes_textures_only():
    changes = {"materials__texture_share": 0.0, **LYING}
    for one, other in zip(scenes(4, **changes), scenes(4, wear__share=1.0, **changes), strict=True):
        assert placed(one) == placed(other)
        assert textures(one) != textures(other)
        assert (one.lamps, one.sensor) == (other.lamps, other.sensor)
        assert (one.environment.radiance == other.environment.radiance).all()


@pytest.mark.parametrize("share", ["tool_share", "assembly_share", "lookalike_share"])
def test_tools_assemblies_and_lookalikes_leave_parts_where_they_are_and_have_no_class(share):
    plain = layouts(6, distractors__per_image=(5, 5), distractors__assembly_share=0.0, **LYING)
    changed = layouts(
        6,
        **{"distractors__per_image": (5, 5), "distractors__assembly_share": 0.0, f"distractors__{share}": 1.0},
        **LYING,
    )
    for one, other in zip(plain, changed, strict=True):
        assert [(b.class_id, b.part.key) for b in classed(one)] == [(b.class_id, b.part.key) for b in classed(other)]
    names = [
        {b.part.name for layout in found for b in layout.bodies if b.class_id is None} for found in (plain, changed)
    ]
    assert names[0] != names[1]


def test_lookalikes_are_stretched_by_what_the_recipe_says():
    drawn = layouts(distractors__per_image=(5, 5), distractors__lookalike_share=1.0, **LYING)
    known = {name: np.ptp(part.mesh.vertices_m, axis=0) for name, (part, *_) in PARTS.items()}
    copies = [
        body.part for layout in drawn for body in layout.bodies if body.class_id is None and body.part.name == "box"
    ]
    assert copies
    for part in copies:
        ratios = [np.ptp(part.mesh.vertices_m, axis=0) / known[name] for name in ("beam", "cube")]
        changed = [np.flatnonzero(np.abs(ratio - 1) > 1e-9) for ratio in ratios]
        axis, ratio = min(zip(changed, ratios, strict=True), key=lambda pair: len(pair[0]))
        assert len(axis) == 1
        assert 1.3 <= max(ratio[axis[0]], 1 / ratio[axis[0]]) <= 1.8


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
    changes = {"materials__texture_share": 1.0, "materials__texture_folder": tmp_path, "distractors__per_image": (0, 0)}
    drawn = scenes(6, **changes, **LYING, **DARK)
    own = [m.texture.image_rgb for s in drawn for i in classed(s) for m in i.materials]
    assert 0.25 < np.mean([bool((image == (200, 30, 40)).all()) for image in own]) < 0.75


def test_the_room_is_seen_behind_half_of_the_hovering_parts_of_a_workshop():
    changes = {"scatter__float_share": 1.0, "scatter__empty_share": 1.0, "distractors__per_image": (0, 0)}
    drawn = scenes(60, background__workshop_share=1.0, **changes, **DARK)
    assert 18 <= sum(scene.background is None for scene in drawn) <= 42
