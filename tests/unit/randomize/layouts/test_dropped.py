"""Pictures whose bodies fell: everything rests in view of a camera that nothing hides, whatever else is drawn."""

from itertools import combinations

import numpy as np
import pytest
from pydantic import ValidationError

from partsight.config.sections.randomize import BinSection, PhysicsSection, TableSection
from partsight.randomize.layouts.layout import Body
from partsight.randomize.layouts.physics import PosedPart, overlap_limit_m
from partsight.structures.world.camera import project
from partsight.structures.world.part import diagonal_m
from partsight.structures.world.transform import moved
from tests.unit.randomize import drawing
from tests.unit.randomize.contact import depth_m, do_meet, pieces, support_pieces
from tests.unit.randomize.drawing import SIZE_WH, classed, eye_m, places

SUPPORTS = {
    "ground": {"scatter__physics__table__share": 0.0, "scatter__physics__bin__share": 0.0},
    "table": {"scatter__physics__table__share": 1.0, "scatter__physics__bin__share": 0.0},
    "bin": {"scatter__physics__table__share": 0.0, "scatter__physics__bin__share": 1.0},
}
FALLING = {
    "scatter__physics__enabled": True,
    "scatter__parts_per_image": (1, 4),
    "distractors__per_image": (0, 3),
    **drawing.LYING,
}


def layouts(count: int = 4, **changes):
    return drawing.layouts(count, **{**FALLING, **changes})


def pieces_of(body: Body) -> list[np.ndarray]:
    return pieces(PosedPart(body.part, body.world_from_part))


@pytest.fixture(scope="module", params=SUPPORTS)
def support(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def fallen(support):
    """Layouts of one kind of support, with parts and distractors."""
    return layouts(6, **SUPPORTS[support])


@pytest.fixture(scope="module")
def alone(support):
    """The same without distractors."""
    return layouts(6, distractors__per_image=(0, 0), **SUPPORTS[support])


def test_a_layout_is_a_function_of_seed_and_number(fallen, support):
    again = drawing.sampler(**FALLING, **SUPPORTS[support]).layout(5)
    assert places(again) == places(fallen[5])
    assert eye_m(again).tobytes() == eye_m(fallen[5]).tobytes()
    assert places(again) != places(drawing.sampler(seed=6, **FALLING, **SUPPORTS[support]).layout(5))


def test_other_distractors_leave_parts_and_camera_as_they_were(fallen, alone):
    assert [places(layout) for layout in fallen] == [places(layout) for layout in alone]
    assert [eye_m(layout).tobytes() for layout in fallen] == [eye_m(layout).tobytes() for layout in alone]
    assert sum(len(layout.bodies) for layout in fallen) > sum(len(layout.bodies) for layout in alone)


def test_parts_sink_neither_into_each_other_nor_into_what_carries_them(alone):
    for layout in alone:
        for one in layout.bodies:
            below = support_pieces(layout.support)
            deepest = max(depth_m(piece, fixed) for piece in pieces_of(one) for fixed in below)
            assert deepest <= overlap_limit_m(one.part)
        for one, other in combinations(layout.bodies, 2):
            (first,), (second,) = pieces_of(one), pieces_of(other)
            assert depth_m(first, second) <= overlap_limit_m(one.part, other.part)


def test_everything_is_carried(fallen):
    """A body let down by a little meets what is below it: ground, table, bin or another body."""
    for layout in fallen[:4]:
        for body in layout.bodies:
            lowered = [piece - [0, 0, overlap_limit_m(body.part)] for piece in pieces_of(body)]
            others = [piece for other in layout.bodies if other is not body for piece in pieces_of(other)]
            below = [*support_pieces(layout.support), *others]
            assert any(do_meet(piece, its) for piece in lowered for its in below)


def test_the_camera_aims_at_a_part_of_the_turn_and_stands_in_nothing(fallen):
    for index, layout in enumerate(fallen):
        focus = classed(layout)[0]
        pixels, depth = project(layout.viewpoint.camera, focus.world_from_part[None, :3, 3])
        assert focus.class_id == index % 3
        assert depth[0] > 0
        assert ((pixels[0] >= 0) & (pixels[0] <= SIZE_WH)).all()
        for body in classed(layout):
            assert np.linalg.norm(body.world_from_part[:3, 3] - eye_m(layout)) > diagonal_m(body.part.mesh) / 2


def test_parts_lean_on_each_other_and_are_not_only_flat_on_the_ground():
    """At least one part in pictures with many parts touches another part, not just the ground."""
    piled = {"scatter__parts_per_image": (6, 6), "distractors__per_image": (0, 0), "scatter__physics__pile_share": 1.0}
    lifted = 0
    for layout in layouts(5, **piled, **SUPPORTS["ground"]):
        lows = [moved(body.world_from_part, body.part.mesh.vertices_m)[:, 2].min() for body in classed(layout)]
        lifted += sum(low > 0.005 for low in lows)
    assert lifted > 0


def test_empty_pictures_and_hovering_parts_stay():
    single = {"scatter__parts_per_image": (1, 1), "distractors__per_image": (0, 0)}
    drawn = layouts(60, scatter__empty_share=0.3, scatter__float_share=0.5, **single)
    assert 8 <= sum(not classed(layout) for layout in drawn) <= 30
    assert 15 <= sum(layout.setting == "air" for layout in drawn) <= 45


def test_shares_of_supports_leave_some_ground():
    with pytest.raises(ValidationError, match="more than all pictures"):
        PhysicsSection(table=TableSection(share=0.7), bin=BinSection(share=0.4))


def test_a_bin_has_a_size():
    with pytest.raises(ValidationError, match="greater than or equal to"):
        BinSection(size=(0.0, 1.0))
