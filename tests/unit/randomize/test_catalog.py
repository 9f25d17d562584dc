"""Other parts of the catalog stand around and are never labeled."""

import numpy as np
import pytest

from partsight.randomize.solids import box
from tests.unit.randomize.drawing import classed, eye_m, layouts

PARTS = {"beam": (box(np.array([0.3, 0.05, 0.04])),), "cube": (box(np.array([0.1, 0.1, 0.1])),)}
OTHERS = (box(np.array([0.2, 0.1, 0.06])), box(np.array([0.12, 0.12, 0.3])))
KEYS = {part.key for part in OTHERS}


def drawn(*, others=OTHERS, cad_share=1.0, placement="scatter", physics=False):
    changes = {
        "placement": placement,
        "distractors": {"per_image": (3, 3), "cad": ("others.step",), "cad_share": cad_share},
        "scatter": {"physics": {"enabled": physics}, "parts_per_image": (1, 3)},
    }
    return layouts(6, seed=3, parts=PARTS, others=others, **changes)


def keys_without_class(found):
    return {body.part.key for layout in found for body in layout.bodies if body.class_id is None}


@pytest.mark.parametrize("placement", ["scatter", "stand", {"scatter": 2, "stand": 1}])
@pytest.mark.parametrize("physics", [False, True])
def test_they_are_there_in_their_own_size_without_a_class(placement, physics):
    found = drawn(placement=placement, physics=physics)
    assert keys_without_class(found) >= KEYS
    assert not {body.part.key for layout in found for body in classed(layout)} & KEYS


def test_none_are_drawn_without_files_or_without_a_share():
    assert not keys_without_class(drawn(others=())) & KEYS
    assert not keys_without_class(drawn(cad_share=0.0)) & KEYS


def test_parts_and_cameras_stay_where_they_were():
    for one, other in zip(drawn(), drawn(cad_share=0.0), strict=True):
        np.testing.assert_array_equal(eye_m(one), eye_m(other))
        first, second = ([(b.part.key, b.class_id) for b in classed(layout)] for layout in (one, other))
        assert first == second
