"""Pictures whose bodies fell: everything rests in view of a camera that nothing hides, whatever else is drawn."""

from itertools import combinations

import numpy as np
import pytest
from pydantic import ValidationError

from partsight.config.sections.randomize import BinSection, PhysicsSection, RandomizeSection, TableSection
from partsight.randomize.layouts.physics import PosedPart, overlap_limit_m
from partsight.randomize.sampler import open_sampler
from partsight.randomize.solids import box, bracket
from partsight.structures.world.camera import project
from partsight.structures.world.part import diagonal_m
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import moved
from tests.unit.randomize.contact import depth_m, do_meet, pieces

PARTS = {
    "beam": (box(np.array([0.3, 0.05, 0.04])),),
    "angle": (bracket(np.array([0.1, 0.08, 0.12]), 0.01), bracket(np.array([0.2, 0.08, 0.12]), 0.02)),
    "cube": (box(np.array([0.1, 0.1, 0.1])),),
}
SIZE_WH = (160, 120)
SUPPORTS = {
    "ground": {"table": {"share": 0.0}, "bin": {"share": 0.0}},
    "table": {"table": {"share": 1.0}, "bin": {"share": 0.0}},
    "bin": {"table": {"share": 0.0}, "bin": {"share": 1.0}},
}


def sampler(seed: int = 5, *, distractors=(0, 6), vary: bool = True, **settings):
    """What is no setting of the physics is one of `scatter`."""
    physics = {key: settings.pop(key) for key in PhysicsSection.model_fields if key in settings}
    settings = {"physics": {"enabled": True, **physics}, "float_share": 0.0, "empty_share": 0.0, **settings}
    section = RandomizeSection.model_validate(
        {"scatter": settings, "distractors": {"per_image": distractors}, "background": {"vary": vary}}
    )
    return open_sampler(section, PARTS, SIZE_WH, seed)


def scenes(count: int = 8, **changes) -> list[Scene]:
    drawn = sampler(**changes)
    return [drawn.sample(index) for index in range(count)]


def classed(scene: Scene):
    return [instance for instance in scene.instances if instance.class_id is not None]


def poses(scene: Scene):
    return [(i.class_id, i.part.key, i.world_from_part.tobytes()) for i in classed(scene)]


def test_a_scene_is_a_function_of_seed_and_number():
    one, other = sampler(), sampler()
    other.sample(3)
    assert poses(one.sample(7)) == poses(other.sample(7))
    assert one.sample(7).camera.world_from_camera.tobytes() == other.sample(7).camera.world_from_camera.tobytes()
    assert poses(one.sample(7)) != poses(sampler(seed=6).sample(7))


@pytest.mark.parametrize("support", SUPPORTS)
def test_other_distractors_leave_parts_and_camera_as_they_were(support):
    plain, changed = scenes(distractors=(0, 0), **SUPPORTS[support]), scenes(distractors=(5, 5), **SUPPORTS[support])
    assert [poses(scene) for scene in plain] == [poses(scene) for scene in changed]
    assert [s.camera.world_from_camera.tobytes() for s in plain] == [
        s.camera.world_from_camera.tobytes() for s in changed
    ]
    assert sum(len(scene.instances) for scene in changed) > sum(len(scene.instances) for scene in plain)


@pytest.mark.parametrize("support", SUPPORTS)
def test_parts_sink_neither_into_each_other_nor_into_what_carries_them(support):
    for scene in scenes(distractors=(0, 0), vary=False, parts_per_image=(3, 6), **SUPPORTS[support]):
        boxes = [i for i in scene.instances if i.part.name == "box" and i.class_id is None]
        for one in classed(scene):
            mine = pieces(PosedPart(one.part, one.world_from_part))
            for fixed in boxes:
                (wall,) = pieces(PosedPart(fixed.part, fixed.world_from_part))
                assert max(depth_m(piece, wall) for piece in mine) <= overlap_limit_m(one.part)
        for one, other in combinations(classed(scene), 2):
            (first,), (second,) = (pieces(PosedPart(i.part, i.world_from_part)) for i in (one, other))
            assert depth_m(first, second) <= overlap_limit_m(one.part, other.part)


@pytest.mark.parametrize("support", SUPPORTS)
def test_everything_carries_or_is_carried(support):
    """A body let down by a little meets what is drawn below it: ground, table, bin or another body."""
    for scene in scenes(4, vary=False, **SUPPORTS[support]):
        floor = next(i for i in scene.instances if i.part.name == "plane").world_from_part[2, 3]
        bodies = [PosedPart(i.part, i.world_from_part) for i in scene.instances if i.part.name != "plane"]
        for body, instance in zip(bodies, scene.instances, strict=False):
            lowered = [piece - [0, 0, overlap_limit_m(body.part)] for piece in pieces(body)]
            is_on_floor = min(piece[:, 2].min() for piece in lowered) <= floor
            is_support = instance.class_id is None and instance.part.name == "box"
            others = [piece for other in bodies if other is not body for piece in pieces(other)]
            assert is_on_floor or is_support or any(do_meet(piece, its) for piece in lowered for its in others)


@pytest.mark.parametrize("support", SUPPORTS)
def test_the_camera_aims_at_a_part_of_the_turn_and_stands_in_nothing(support):
    for index, scene in enumerate(scenes(12, **SUPPORTS[support])):
        focus, eye = classed(scene)[0], scene.camera.world_from_camera[:3, 3]
        pixels, depth = project(scene.camera, focus.world_from_part[None, :3, 3])
        assert focus.class_id == index % 3
        assert depth[0] > 0
        assert ((pixels[0] >= 0) & (pixels[0] <= SIZE_WH)).all()
        for instance in scene.instances:
            if instance.part.name != "plane" and instance.class_id is not None:
                assert np.linalg.norm(instance.world_from_part[:3, 3] - eye) > diagonal_m(instance.part.mesh) / 2


def test_parts_lean_on_each_other_and_are_not_only_flat_on_the_ground():
    """At least one part in ten pictures with many parts touches another part, not just the ground."""
    lifted = 0
    for scene in scenes(10, parts_per_image=(6, 6), distractors=(0, 0), pile_share=1.0, **SUPPORTS["ground"]):
        lows = [moved(i.world_from_part, i.part.mesh.vertices_m)[:, 2].min() for i in classed(scene)]
        lifted += sum(low > 0.005 for low in lows)
    assert lifted > 0


def test_empty_pictures_and_hovering_parts_stay():
    drawn = scenes(60, empty_share=0.3, float_share=0.5, distractors=(0, 0))
    assert 8 <= sum(not classed(scene) for scene in drawn) <= 30
    assert 15 <= sum(scene.background is not None for scene in drawn) <= 45


def test_nothing_falls_without_physics():
    drawn = sampler(enabled=False, table={"share": 0.8}).sample(1)
    lows = [moved(i.world_from_part, i.part.mesh.vertices_m)[:, 2].min() for i in classed(drawn)]
    np.testing.assert_allclose(lows, 0, atol=1e-9)


def test_shares_of_supports_leave_some_ground():
    with pytest.raises(ValidationError, match="more than all pictures"):
        PhysicsSection(table=TableSection(share=0.7), bin=BinSection(share=0.4))


def test_a_bin_has_a_size():
    with pytest.raises(ValidationError, match="low above 0"):
        BinSection(size=(0.0, 1.0))
