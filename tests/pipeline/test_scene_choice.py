"""Scenes in which a part is hidden too much are drawn anew, always alike."""

import numpy as np
import pytest

from partsight.annotate.annotating import annotate_traced, trace_scene
from partsight.config.sections.annotate import AnnotateSection
from partsight.config.sections.randomize import RandomizeSection
from partsight.pipeline.stages.cad.stage import load_parts
from partsight.pipeline.stages.render import scene_choice
from partsight.pipeline.stages.render.scene_choice import choose_scene, largest_occlusion
from partsight.randomize.sampler import open_sampler

CROWDED = RandomizeSection.model_validate({
    "camera": {"elevation_deg": (8.0, 15.0)},
    "scatter": {"float_share": 0.0, "empty_share": 0.0, "parts_per_image": (4, 6)},
    "distractors": {"per_image": (8, 10)},
})  # fmt: skip


@pytest.fixture
def open_seed(finished):
    parts = load_parts(finished.import_parts().folder, finished.import_parts().files)
    return lambda seed: open_sampler(CROWDED, parts, (96, 96), seed)


def camera_of(traced):
    return traced.scene.camera.world_from_camera


def test_no_part_is_hidden_more_than_allowed(open_seed):
    hidden = {
        limit: [largest_occlusion(choose_scene(open_seed, 1, n, limit)) for n in range(25)] for limit in (0.5, 1.0)
    }
    assert np.mean(np.array(hidden[1.0]) > 0.5) > 0.1, "the scenes are too easy to tell"
    assert max(hidden[0.5]) <= 0.5


def test_scenes_that_hide_nothing_stay_what_they_were(open_seed):
    for index in range(25):
        plain = trace_scene(open_seed(1).sample(index))
        if largest_occlusion(plain) <= 0.5:
            chosen = choose_scene(open_seed, 1, index, 0.5)
            np.testing.assert_array_equal(camera_of(chosen), camera_of(plain))


def test_a_scene_drawn_anew_is_always_the_same(open_seed):
    index = next(n for n in range(100) if largest_occlusion(trace_scene(open_seed(1).sample(n))) > 0.5)
    one, other = (choose_scene(open_seed, 1, index, 0.5) for _ in range(2))
    np.testing.assert_array_equal(camera_of(one), camera_of(other))


def test_a_scene_that_is_drawn_at_once_is_traced_once(open_seed, monkeypatch):
    calls = []
    monkeypatch.setattr(scene_choice, "trace_scene", lambda scene: calls.append(scene) or trace_scene(scene))
    index = next(n for n in range(100) if largest_occlusion(trace_scene(open_seed(1).sample(n))) <= 0.5)
    annotate_traced(choose_scene(open_seed, 1, index, 0.5), AnnotateSection())
    assert len(calls) == 1
