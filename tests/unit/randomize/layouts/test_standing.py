"""Standing parts: upright, each on its own plinth, seen level and from all sides."""

import numpy as np
import pytest
from pydantic import ValidationError

from partsight.config.sections.randomize import PalletSection, PedestalSection, RandomizeSection, StandSection
from partsight.randomize.layouts.physics import PosedPart, overlap_limit_m
from partsight.randomize.layouts.standing import upright
from partsight.randomize.sampler import open_sampler
from partsight.randomize.solids import box
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import moved
from tests.unit.randomize.contact import depth_m, pieces

TALL, WIDE = box(np.array([0.2, 0.3, 0.9])), box(np.array([0.5, 0.4, 0.3]))
FLOOR = {"pallet": {"share": 0.0}, "pedestal": {"share": 0.0}}
PALLET = {"pallet": {"share": 1.0, "height_m": (0.15, 0.15)}, "pedestal": {"share": 0.0}}
PEDESTAL = {"pallet": {"share": 0.0}, "pedestal": {"share": 1.0, "height_m": (0.8, 0.8)}}


def scenes(count: int = 8, *, distractors=(0, 0), camera=None, **stand) -> list[Scene]:
    settings = {"empty_share": 0.0, **stand}
    section = RandomizeSection.model_validate(
        {
            "placement": "stand",
            "stand": settings,
            "camera": camera or {},
            "distractors": {"per_image": distractors},
            "background": {"vary": False},
        }
    )
    drawn = open_sampler(section, {"tall": (TALL,), "wide": (WIDE,)}, (160, 120), 3)
    return [drawn.sample(index) for index in range(count)]


def classed(scene: Scene):
    return [instance for instance in scene.instances if instance.class_id is not None]


def plinths(scene: Scene):
    return [i for i in scene.instances if i.class_id is None and i.part.name == "box"]


def floor_m(scene: Scene) -> float:
    return next(i for i in scene.instances if i.part.name == "plane").world_from_part[2, 3]


def test_girders_are_beams_that_carry_their_part_and_stand_on_the_floor():
    settings = {**FLOOR, "girder": {"share": 1.0, "height_m": (0.5, 0.5)}}
    for scene in scenes(**settings):
        beams, parts = plinths(scene), classed(scene)
        assert len(beams) == 3 * len(parts)  # two flanges and a web
        corners = [moved(beam.world_from_part, beam.part.mesh.vertices_m) for beam in beams]
        assert max(points[:, 2].max() for points in corners) == pytest.approx(0.0, abs=1e-9)
        assert min(points[:, 2].min() for points in corners) == pytest.approx(floor_m(scene), abs=1e-9)
        for number, part in enumerate(parts):
            outline = corners[3 * number] - part.world_from_part[:3, 3]
            below = moved(part.world_from_part, part.part.mesh.vertices_m) - part.world_from_part[:3, 3]
            assert np.ptp(outline[:, :2], axis=0).max() > np.ptp(below[:, :2], axis=0).max()
            assert np.abs(below[:, 2].min() + part.world_from_part[2, 3]) < 1e-6


def test_without_girders_pallets_and_pedestals_stay_what_they_were():
    plain, same = scenes(), scenes(girder={"share": 0.0, "height_m": (0.3, 0.3)})
    for one, other in zip(plain, same, strict=True):
        assert [i.world_from_part.tolist() for i in one.instances] == [
            i.world_from_part.tolist() for i in other.instances
        ]


@pytest.mark.parametrize("axis", ["x", "-x", "y", "-y", "z", "-z"])
def test_the_named_axis_points_up(axis):
    direction = np.eye(3)["xyz".index(axis[-1])] * (-1 if axis[0] == "-" else 1)
    np.testing.assert_allclose(upright(axis) @ direction, [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(upright(axis)), 1)


def test_parts_stand_upright_on_the_floor():
    for scene in scenes(**FLOOR):
        for instance in classed(scene):
            heights = moved(instance.world_from_part, instance.part.mesh.vertices_m)[:, 2]
            assert heights.min() == pytest.approx(floor_m(scene), abs=1e-9)
            assert np.ptp(heights) == pytest.approx(0.9 if instance.part is TALL else 0.3)


def test_another_axis_lays_them_down():
    tall = [i for scene in scenes(up="x", **FLOOR) for i in classed(scene) if i.part is TALL]
    heights = [np.ptp(moved(i.world_from_part, i.part.mesh.vertices_m)[:, 2]) for i in tall]
    np.testing.assert_allclose(heights, 0.2)


@pytest.mark.parametrize(("settings", "height_m"), [(PALLET, 0.15), (PEDESTAL, 0.8)])
def test_each_part_has_a_plinth_of_its_own_that_holds_its_base(settings, height_m):
    for scene in scenes(parts_per_image=(3, 3), **settings):
        blocks = plinths(scene)
        assert len(blocks) == len(classed(scene))
        assert floor_m(scene) == pytest.approx(-height_m)
        for instance, block in zip(classed(scene), blocks, strict=True):
            corners = moved(instance.world_from_part, instance.part.mesh.vertices_m)
            base = corners[corners[:, 2] < 1e-6]
            within = np.abs(moved(np.linalg.inv(block.world_from_part), base))
            assert (within <= np.abs(block.part.mesh.vertices_m).max(axis=0) + 1e-9).all()


def test_neither_parts_nor_plinths_overlap():
    for scene in scenes(parts_per_image=(5, 5), spacing=(0.7, 1.5), **PEDESTAL):
        solids = [PosedPart(i.part, i.world_from_part) for i in (*classed(scene), *plinths(scene))]
        for number, one in enumerate(solids):
            for other in solids[:number]:
                assert depth_m(pieces(one)[0], pieces(other)[0]) < 1e-9


def test_the_camera_is_at_eye_height_unless_it_is_near():
    seen = scenes(20, eye_height_m=(1.5, 1.5), camera={"elevation_deg": (0, 60), "object_size": (0.1, 0.2)}, **FLOOR)
    heights = [scene.camera.world_from_camera[2, 3] - floor_m(scene) for scene in seen]
    np.testing.assert_allclose(heights, 1.5)
    near = scenes(10, camera={"elevation_deg": (0, 20), "object_size": (0.7, 0.7)}, **FLOOR)
    assert all(scene.camera.world_from_camera[2, 3] < 1.2 for scene in near)


def test_few_pictures_already_look_from_all_sides():
    """Of 16 pictures of a class, no two neighbouring directions are more than 40° apart."""
    places = [scene.camera.world_from_camera[:2, 3] for scene in scenes(32)[::2]]
    azimuths = np.sort(np.rad2deg([np.arctan2(y, x) for x, y in places]))
    gaps = np.diff(np.append(azimuths, azimuths[0] + 360))
    assert gaps.max() < 40


def test_distractors_leave_parts_and_camera_as_they_were_and_lie_below_or_beside():
    plain, changed = scenes(**PEDESTAL), scenes(distractors=(6, 6), **PEDESTAL)
    for one, other in zip(plain, changed, strict=True):
        assert one.camera.world_from_camera.tobytes() == other.camera.world_from_camera.tobytes()
        assert [i.world_from_part.tobytes() for i in classed(one)] == [
            i.world_from_part.tobytes() for i in classed(other)
        ]
        added = other.instances[len(classed(other)) : len(other.instances) - len(one.instances) + len(classed(one))]
        for thing in added:
            fallen = PosedPart(thing.part, thing.world_from_part)
            for solid in (*classed(other), *plinths(one)):
                standing = PosedPart(solid.part, solid.world_from_part)
                assert depth_m(pieces(fallen)[0], pieces(standing)[0]) <= overlap_limit_m(thing.part, solid.part)


def test_shares_and_sizes_are_checked():
    with pytest.raises(ValidationError, match=r"pallet.share \+ pedestal.share \+ girder.share = 0.7 \+ 0.7"):
        StandSection(pallet=PalletSection(share=0.7), pedestal=PedestalSection(share=0.7))
    with pytest.raises(ValidationError, match=r"eye_height_m\n.*low above 0"):
        StandSection(eye_height_m=(-1.0, 1.0))
