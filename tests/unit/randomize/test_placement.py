"""Placements: the recipe's layout is drawn, and a mix gives each its share."""

from collections import Counter

import pytest

from partsight.config.sections.randomize import RandomizeSection
from partsight.randomize.placement import sample_placement
from tests.unit.randomize.drawing import PARTS, sampler


def drawn(count: int = 300, **changes) -> list[str]:
    opened = sampler(**changes)
    return [sample_placement(opened._context(index)) for index in range(count)]


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"placement": "orbit"}, {"orbit"}),
        ({"placement": "stand", "scatter__physics__enabled": True}, {"standing"}),
        ({"placement": "scatter"}, {"scattered"}),
        ({"placement": "scatter", "scatter__physics__enabled": True, "scatter__float_share": 0.0}, {"dropped"}),
        ({"placement": "scatter", "scatter__physics__enabled": True, "scatter__float_share": 1.0}, {"scattered"}),
    ],
)
def test_a_recipe_gets_the_layout_that_it_names(changes, names):
    assert set(drawn(20, **changes)) == names


def test_with_physics_all_is_dropped_that_does_not_hover():
    opened = sampler(scatter__physics__enabled=True, scatter__float_share=0.5, scatter__parts_per_image=(1, 2))
    for index in range(12):
        is_floating = opened.layout(index).setting == "air"
        assert sample_placement(opened._context(index)) == ("scattered" if is_floating else "dropped")


def test_a_mix_gives_each_placement_its_share_and_every_class_its_turns():
    found = drawn(900, placement={"orbit": 1, "scatter": 1, "stand": 2})
    shares = {name: count / 900 for name, count in Counter(found).items()}
    assert shares == pytest.approx({"orbit": 0.25, "scattered": 0.25, "standing": 0.5}, abs=0.08)
    for name in shares:
        turns = Counter(index % len(PARTS) for index, placement in enumerate(found) if placement == name)
        assert len(set(turns.values())) == 1


def test_a_picture_of_a_mix_is_that_picture_of_one_of_its_placements():
    mix, orbit = (sampler(placement=placement) for placement in ({"orbit": 1, "scatter": 1}, "orbit"))
    orbits = [index for index in range(12) if mix.layout(index).setting == "studio"]
    assert orbits
    for index in orbits:
        one, other = (s.layout(index).viewpoint.camera.world_from_camera for s in (mix, orbit))
        assert one.tobytes() == other.tobytes()


def test_a_placement_of_weight_zero_is_never_drawn():
    assert set(drawn(60, placement={"orbit": 1, "scatter": 0, "stand": 0})) == {"orbit"}
    with pytest.raises(ValueError, match="all weights are 0"):
        RandomizeSection(placement={"orbit": 0, "scatter": 0})
