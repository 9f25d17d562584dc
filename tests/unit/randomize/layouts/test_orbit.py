"""The baseline's layouts: one part from each direction of a grid, balanced from the start."""

import numpy as np

from partsight.config.sections.orbit import OrbitSection
from partsight.randomize.layouts.orbit import orbit_views
from tests.unit.randomize.drawing import classed, layouts


def test_the_orbit_is_the_whole_grid_balanced_from_the_start():
    """4 azimuths, 8 elevations, 3 rolls, 3 classes."""
    drawn = layouts(
        3 * 4 * 8 * 3,
        placement="orbit",
        orbit=OrbitSection(azimuth_step_deg=90.0, roll_deg=(-20.0, 20.0, 20.0)).model_dump(),
    )
    assert np.bincount([layout.bodies[0].class_id for layout in drawn[:9]]).tolist() == [3, 3, 3]
    cameras = {
        layout.viewpoint.camera.world_from_camera.round(9).tobytes()
        for layout in drawn
        if classed(layout)[0].class_id == 2
    }
    assert len(cameras) == 4 * 8 * 3
    assert {(len(layout.bodies), layout.setting) for layout in drawn} == {(1, "studio")}


def test_the_published_grid_has_4800_pictures_for_five_parts():
    assert len(orbit_views(OrbitSection(), 0)) * 5 == 4800


def test_variants_of_a_class_take_turns():
    keys = [layout.bodies[0].part.key for layout in layouts(12, placement="orbit")[1::3]]
    assert keys[0] != keys[1]
    assert keys == keys[:2] * 2


def test_another_seed_takes_the_grid_in_another_order():
    one, other = (orbit_views(OrbitSection(), seed) for seed in (0, 1))
    assert one != other
    assert sorted(one) == sorted(other)
