"""Parts are counted where the center of their box is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partsight.config.sections.live import LineSection, LiveSection, ZoneSection
from partsight.deploy.live.inspection.places import PlaceCounter, crossing, is_in_zone
from partsight.errors import RecipeError
from tests.unit.deploy.live.looks import NAMES, look, part

L_SHAPE = ZoneSection(corners=((0.1, 0.1), (0.9, 0.1), (0.9, 0.4), (0.4, 0.4), (0.4, 0.9), (0.1, 0.9)))
GATE = LineSection(start=(0.5, 0.2), end=(0.5, 0.8))
shares = st.floats(0, 1, allow_nan=False)


@pytest.mark.parametrize(
    ("point", "expected"),
    [((0.2, 0.8), True), ((0.8, 0.2), True), ((0.8, 0.8), False), ((0.05, 0.5), False), ((0.95, 0.2), False)],
)
def test_a_zone_may_have_any_shape(point, expected):
    assert is_in_zone(point, L_SHAPE) == expected


@given(shares, shares, shares, shares)
def test_over_a_line_and_back_is_forward_and_backward(x0, y0, x1, y1):
    assert crossing((x0, y0), (x1, y1), GATE) == -crossing((x1, y1), (x0, y0), GATE)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ((0.6, 0.5), (0.4, 0.5), 1),  # who looks down sees the picture's left on the right
        ((0.4, 0.5), (0.6, 0.5), -1),
        ((0.4, 0.9), (0.6, 0.95), 0),  # past its end
        ((0.1, 0.5), (0.4, 0.5), 0),
    ],
)
def test_a_step_over_a_line_has_a_direction_and_one_past_its_end_is_none(before, after, expected):
    assert crossing(before, after, GATE) == expected


def counter(**section):
    return PlaceCounter(LiveSection(**section), NAMES, lambda _: 0.5)


def test_a_part_that_stays_is_counted_once_and_one_that_leaves_is_not_there_any_more():
    places = counter(zones={"tray": L_SHAPE})
    for _ in range(3):
        places(look(part(1, 0.2, 0.2), part(2, 0.3, 0.3), part(3, 0.8, 0.8)))
    assert places.counts()["zones"]["tray"] == {"now": {"bolt": 2}, "entered": {"bolt": 2}}
    places(look(part(1, 0.2, 0.2), part(4, 0.2, 0.5, class_id=1)))
    assert places.counts()["zones"]["tray"] == {
        "now": {"bolt": 1, "cover": 1},
        "entered": {"bolt": 2, "cover": 1},
    }


def test_what_is_below_the_threshold_is_not_counted():
    places = counter(zones={"tray": L_SHAPE})
    places(look(part(1, 0.2, 0.2, score=0.4)))
    assert places.counts()["zones"]["tray"]["now"] == {}


def test_each_class_may_have_a_limit_of_its_own():
    places = PlaceCounter(LiveSection(zones={"tray": L_SHAPE}), NAMES, (0.8, 0.3).__getitem__)
    places(look(part(1, 0.2, 0.2, score=0.5), part(2, 0.2, 0.3, class_id=1, score=0.5)))
    assert places.counts()["zones"]["tray"]["now"] == {"cover": 1}


def test_each_part_is_counted_when_it_crosses_a_line_and_counting_can_begin_anew():
    places = counter(lines={"gate": GATE})
    for step in range(5):
        places(look(part(1, 0.3 + 0.1 * step, 0.5), part(2, 0.7 - 0.1 * step, 0.4, class_id=1)))
    assert places.counts()["lines"]["gate"] == {"forward": {"cover": 1}, "backward": {"bolt": 1}}
    places.reset()
    assert places.counts()["lines"]["gate"] == {"forward": {}, "backward": {}}


@pytest.mark.parametrize(
    "section",
    [
        {"zones": {"tray": {"corners": [[0, 0], [1, 1]]}}},
        {"zones": {"tray": {"corners": [[0, 0], [1, 1], [0, 120]]}}},
        {"lines": {"gate": {"start": [0.5, 0.5], "end": [0.5, 0.5]}}},
        {"check": {"kit": {"parts": {}}}},
        {"check": {"kit": {"parts": {"bolt": -1}}}},
        {"check": {"kit": {"parts": {"bolt": 1}, "zone": "nowhere"}}},
        {"webhook": "file:///etc/passwd"},
    ],
)
def test_a_section_that_cannot_be_is_refused(section):
    from partsight.config.recipe import Recipe

    with pytest.raises(RecipeError, match="live"):
        Recipe.parse({"parts": {"bolt": {"files": ["bolt.step"]}}, "live": section})
