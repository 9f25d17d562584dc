"""Scattered layouts: parts rest on the ground or hover, apart from each other, in view, class by class."""

import numpy as np

from partsight.structures.world.camera import project
from partsight.structures.world.transform import moved
from tests.unit.randomize.drawing import LYING, PARTS, SIZE_WH, classed, layouts, places


def test_distractors_leave_the_parts_where_they_are():
    plain, changed = layouts(distractors__per_image=(0, 0)), layouts(distractors__per_image=(5, 5))
    assert [places(layout) for layout in plain] == [places(layout) for layout in changed]
    assert sum(len(layout.bodies) for layout in changed) > sum(len(layout.bodies) for layout in plain)


def test_resting_parts_touch_the_ground_and_sink_nowhere():
    for layout in layouts(12, **LYING):
        for body in classed(layout):
            lowest = moved(body.world_from_part, body.part.mesh.vertices_m)[:, 2].min()
            assert abs(lowest) < 1e-9


def test_resting_parts_do_not_overlap():
    """On the ground, boxes of two cubes' corners never lie inside each other."""
    for layout in layouts(20, scatter__parts_per_image=(4, 4), **LYING):
        cubes = [body for body in classed(layout) if body.part is PARTS["cube"][0]]
        for number, one in enumerate(cubes):
            for other in cubes[:number]:
                distance = np.linalg.norm((one.world_from_part - other.world_from_part)[:2, 3])
                assert distance > 0.1 - 1e-9


def test_the_object_looked_at_is_in_the_picture():
    for layout in layouts(20, scatter__empty_share=0.0):
        focus = classed(layout)[0]
        pixels, depth = project(layout.viewpoint.camera, focus.world_from_part[None, :3, 3])
        assert depth[0] > 0
        assert (pixels[0] >= 0).all()
        assert (pixels[0] <= SIZE_WH).all()


def test_classes_are_looked_at_in_turn():
    looked_at = [classed(layout)[0].class_id for layout in layouts(9, scatter__empty_share=0.0)]
    assert looked_at == [0, 1, 2] * 3


def test_the_stated_shares_of_pictures_are_empty_and_hover():
    drawn = layouts(
        200, scatter__empty_share=0.3, scatter__float_share=0.5, scatter__parts_per_image=(1, 1),
        distractors__per_image=(0, 0),
    )  # fmt: skip
    assert 40 <= sum(not classed(layout) for layout in drawn) <= 80
    assert 80 <= sum(layout.setting == "air" for layout in drawn) <= 120


def test_size_jitter_changes_true_sizes():
    drawn = layouts(9, size_jitter=0.1, scatter__empty_share=0.0)
    assert len({round(float(np.ptp(classed(layout)[0].part.mesh.vertices_m)), 6) for layout in drawn}) == 9


def test_nothing_falls_without_physics():
    for layout in layouts(6, scatter__physics__table__share=0.8, **LYING):
        assert layout.support is None
        lows = [moved(body.world_from_part, body.part.mesh.vertices_m)[:, 2].min() for body in classed(layout)]
        np.testing.assert_allclose(lows, 0, atol=1e-9)
