"""Pictures through a lens: light and labels show the same places."""

from dataclasses import replace

import numpy as np
import pytest
from scenes import still_life, uniform_environment, with_background

from partsight.annotate.annotating import annotate_scene
from partsight.config.sections.annotate import AnnotateSection
from partsight.config.sections.render import RenderSection
from partsight.render.renderer import draw_scene, open_renderer
from partsight.structures.world.camera import farthest_corner
from partsight.structures.world.lens import corner_lens
from partsight.structures.world.scene import Background

SIZE_WH = (128, 96)
EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)


@pytest.fixture(scope="module")
def renderer():
    with open_renderer(RenderSection(variant="scalar_rgb", samples_per_pixel=16, max_depth=2), 1) as opened:
        yield opened


def through_lens(scene, distortion):
    intrinsics = scene.camera.intrinsics
    lens = corner_lens(distortion, farthest_corner(intrinsics))
    return replace(scene, camera=replace(scene.camera, intrinsics=replace(intrinsics, lens=lens)))


def on_black(scene):
    """The scene in even light, so that only the background is dark."""
    return with_background(replace(scene, environment=uniform_environment((3, 3, 3))), (0, 0, 0))


def overlap(renderer, scene):
    """Pixels that are lit and labeled, as a share of those that are either."""
    drawn = draw_scene(renderer, scene).radiance.sum(axis=2) > 0.05
    mask = annotate_scene(scene, EVERYTHING).instance_mask >= 0
    return (drawn & mask).sum() / (drawn | mask).sum()


@pytest.mark.parametrize("distortion", [-0.2, 0.2])
def test_light_and_labels_agree_through_a_lens_as_without(renderer, distortion):
    scene = on_black(still_life(SIZE_WH))
    assert overlap(renderer, through_lens(scene, distortion)) > overlap(renderer, scene) - 0.01 > 0.94


def test_a_lens_of_no_strength_changes_nothing(renderer):
    scene = still_life(SIZE_WH)
    plain, drawn = (draw_scene(renderer, one).radiance for one in (scene, through_lens(scene, 0.0)))
    np.testing.assert_allclose(drawn, plain, atol=1e-6)


def test_the_background_keeps_its_size_and_its_middle(renderer):
    scene = replace(on_black(still_life(SIZE_WH)), instances=())
    image = np.zeros((*SIZE_WH[::-1], 3), np.uint8)
    image[40:56, 56:72] = 255
    scene = through_lens(replace(scene, background=Background(image)), -0.15)
    drawn = draw_scene(renderer, scene).radiance
    assert drawn.shape == (*SIZE_WH[::-1], 3)
    assert drawn[47:49, 63:65].min() > 0.9
    assert drawn[:20].max() == 0
