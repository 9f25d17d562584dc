"""Standing parts: upright, each on its own plinth, seen level and from all sides."""

import numpy as np
import pytest
from pydantic import ValidationError

from partsight.config.sections.randomize import PalletSection, PedestalSection, StandSection
from partsight.randomize.layouts.layout import Body, Layout
from partsight.randomize.layouts.physics import PosedPart, overlap_limit_m
from partsight.randomize.layouts.standing import upright
from partsight.randomize.layouts.support import FixedBox
from partsight.randomize.solids import box
from partsight.structures.world.transform import moved
from tests.unit.randomize import drawing
from tests.unit.randomize.contact import depth_m, pieces, support_pieces
from tests.unit.randomize.drawing import classed, eye_m, places

TALL, WIDE = box(np.array([0.2, 0.3, 0.9])), box(np.array([0.5, 0.4, 0.3]))
PARTS = {"tall": (TALL,), "wide": (WIDE,)}
FLOOR = {"pallet": {"share": 0.0}, "pedestal": {"share": 0.0}}
PALLET = {"pallet": {"share": 1.0, "height_m": (0.15, 0.15)}, "pedestal": {"share": 0.0}}
PEDESTAL = {"pallet": {"share": 0.0}, "pedestal": {"share": 1.0, "height_m": (0.8, 0.8)}}


def layouts(count: int = 8, *, distractors=(0, 0), camera=None, **stand) -> list[Layout]:
    changes = {"stand": {"empty_share": 0.0, **stand}, "camera": camera or {}, "distractors__per_image": distractors}
    return drawing.layouts(count, seed=3, parts=PARTS, placement="stand", **changes)


def corners_m(thing: Body | FixedBox) -> np.ndarray:
    if isinstance(thing, FixedBox):
        return moved(thing.world_from_box, box(thing.size_m).mesh.vertices_m)
    return moved(thing.world_from_part, thing.part.mesh.vertices_m)


def pieces_of(body: Body) -> list[np.ndarray]:
    return pieces(PosedPart(body.part, body.world_from_part))


def test_girders_are_beams_that_carry_their_part_and_stand_on_the_floor():
    settings = {**FLOOR, "girder": {"share": 1.0, "height_m": (0.5, 0.5)}}
    for layout in layouts(**settings):
        beams, parts = layout.support.boxes, classed(layout)
        assert len(beams) == 3 * len(parts)  # two flanges and a web
        corners = [corners_m(beam) for beam in beams]
        assert max(points[:, 2].max() for points in corners) == pytest.approx(0.0, abs=1e-9)
        assert min(points[:, 2].min() for points in corners) == pytest.approx(layout.support.floor_m, abs=1e-9)
        for number, part in enumerate(parts):
            flange, points = corners[3 * number], corners_m(part)
            assert np.ptp(flange[:, :2], axis=0).max() > np.ptp(points[:, :2], axis=0).max()
            assert np.abs(points[:, 2].min()) < 1e-6


def test_without_girders_pallets_and_pedestals_stay_what_they_were():
    for one, other in zip(layouts(), layouts(girder={"share": 0.0, "height_m": (0.3, 0.3)}), strict=True):
        assert places(one) == places(other)
        assert [corners_m(fixed).tobytes() for fixed in one.support.boxes] == [
            corners_m(fixed).tobytes() for fixed in other.support.boxes
        ]


@pytest.mark.parametrize("axis", ["x", "-x", "y", "-y", "z", "-z"])
def test_the_named_axis_points_up(axis):
    direction = np.eye(3)["xyz".index(axis[-1])] * (-1 if axis[0] == "-" else 1)
    np.testing.assert_allclose(upright(axis) @ direction, [0, 0, 1], atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(upright(axis)), 1)


def test_parts_stand_upright_on_the_floor():
    for layout in layouts(**FLOOR):
        for body in classed(layout):
            heights = corners_m(body)[:, 2]
            assert heights.min() == pytest.approx(layout.support.floor_m, abs=1e-9)
            assert np.ptp(heights) == pytest.approx(0.9 if body.part is TALL else 0.3)


def test_another_axis_lays_them_down():
    tall = [body for layout in layouts(up="x", **FLOOR) for body in classed(layout) if body.part is TALL]
    np.testing.assert_allclose([np.ptp(corners_m(body)[:, 2]) for body in tall], 0.2)


@pytest.mark.parametrize(("settings", "height_m"), [(PALLET, 0.15), (PEDESTAL, 0.8)])
def test_each_part_has_a_plinth_of_its_own_that_holds_its_base(settings, height_m):
    for layout in layouts(parts_per_image=(3, 3), **settings):
        assert layout.support.floor_m == pytest.approx(-height_m)
        for body, block in zip(classed(layout), layout.support.boxes, strict=True):
            corners = corners_m(body)
            within = np.abs(moved(np.linalg.inv(block.world_from_box), corners[corners[:, 2] < 1e-6]))
            assert (within <= block.size_m / 2 + 1e-9).all()


def test_neither_parts_nor_plinths_overlap():
    for layout in layouts(parts_per_image=(5, 5), spacing=(0.7, 1.5), **PEDESTAL):
        solids = [corners_m(thing) for thing in (*classed(layout), *layout.support.boxes)]
        for number, one in enumerate(solids):
            assert all(depth_m(one, other) < 1e-9 for other in solids[:number])


def test_the_camera_is_at_eye_height_unless_it_is_near():
    far, close = (
        {"elevation_deg": (0, 60), "object_size": (0.1, 0.2)},
        {"elevation_deg": (0, 20), "object_size": (0.7, 0.7)},
    )
    seen = layouts(20, eye_height_m=(1.5, 1.5), camera=far, **FLOOR)
    np.testing.assert_allclose([eye_m(layout)[2] - layout.support.floor_m for layout in seen], 1.5)
    assert all(eye_m(layout)[2] < 1.2 for layout in layouts(10, camera=close, **FLOOR))


def test_few_pictures_already_look_from_all_sides():
    """Of 16 pictures of a class, no two neighboring directions are more than 40° apart."""
    eyes = [eye_m(layout) for layout in layouts(32)[::2]]
    azimuths = np.sort(np.rad2deg([np.arctan2(y, x) for x, y, _ in eyes]))
    gaps = np.diff(np.append(azimuths, azimuths[0] + 360))
    assert gaps.max() < 40


def test_distractors_leave_parts_and_camera_as_they_were_and_lie_below_or_beside():
    plain, changed = layouts(4, **PEDESTAL), layouts(4, distractors=(4, 4), **PEDESTAL)
    assert sum(len(layout.bodies) for layout in changed) > sum(len(layout.bodies) for layout in plain)
    for one, other in zip(plain, changed, strict=True):
        assert eye_m(one).tobytes() == eye_m(other).tobytes()
        assert places(one) == places(other)
        for thing in other.bodies[len(classed(other)) :]:
            for part in classed(other):
                assert depth_m(pieces_of(thing)[0], pieces_of(part)[0]) <= overlap_limit_m(thing.part, part.part)
            for fixed in support_pieces(other.support):
                assert depth_m(pieces_of(thing)[0], fixed) <= overlap_limit_m(thing.part)


def test_shares_and_sizes_are_checked():
    with pytest.raises(ValidationError, match=r"pallet.share \+ pedestal.share \+ girder.share = 0.7 \+ 0.7"):
        StandSection(pallet=PalletSection(share=0.7), pedestal=PedestalSection(share=0.7))
    with pytest.raises(ValidationError, match=r"eye_height_m"):
        StandSection(eye_height_m=(-1.0, 1.0))
