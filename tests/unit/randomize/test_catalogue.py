"""Other parts of the catalogue stand around and are never labelled."""

import numpy as np
import pytest

from partsight.config.sections.randomize import DistractorSection, RandomizeSection
from partsight.randomize.sampler import open_sampler
from partsight.randomize.solids import box

PARTS = {"beam": (box(np.array([0.3, 0.05, 0.04])),), "cube": (box(np.array([0.1, 0.1, 0.1])),)}
OTHERS = (box(np.array([0.2, 0.1, 0.06])), box(np.array([0.12, 0.12, 0.3])))


def drawn(*, others=OTHERS, cad_share=1.0, placement="scatter", physics=False):
    distractors = DistractorSection(per_image=(3, 3), cad=("others.step",), cad_share=cad_share)
    section = RandomizeSection.model_validate(
        {"placement": placement, "distractors": distractors, "scatter": {"physics": {"enabled": physics}}}
    )
    sampler = open_sampler(section, PARTS, (160, 120), 3, others)
    return [sampler.sample(index) for index in range(8)]


def keys_of(scenes):
    return {instance.part.key for scene in scenes for instance in scene.instances if instance.class_id is None}


@pytest.mark.parametrize("placement", ["scatter", "stand", {"scatter": 2, "stand": 1}])
@pytest.mark.parametrize("physics", [False, True])
def test_they_are_there_in_their_own_size_without_a_class(placement, physics):
    scenes = drawn(placement=placement, physics=physics)
    assert {part.key for part in OTHERS} <= keys_of(scenes)
    classed = {instance.part.key for scene in scenes for instance in scene.instances if instance.class_id is not None}
    assert not classed & {part.key for part in OTHERS}


def test_none_are_drawn_without_files_or_without_a_share():
    assert not keys_of(drawn(others=())) & {part.key for part in OTHERS}
    assert not keys_of(drawn(cad_share=0.0)) & {part.key for part in OTHERS}


def test_parts_and_cameras_stay_where_they_were():
    for one, other in zip(drawn(), drawn(cad_share=0.0), strict=True):
        np.testing.assert_array_equal(one.camera.world_from_camera, other.camera.world_from_camera)
        first, second = (
            [(instance.part.key, instance.class_id) for instance in scene.instances if instance.class_id is not None]
            for scene in (one, other)
        )
        assert first == second
