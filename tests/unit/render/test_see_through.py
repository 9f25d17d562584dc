"""Every renderer draws a pane so that what is behind it can be seen, tinted, and where labels have it."""

from dataclasses import replace

import numpy as np
import pytest
from scenes import WHITE, box_part, camera, placed, uniform_environment, with_background

from partsight.config.sections.render import RenderSection
from partsight.render.renderer import open_renderer
from partsight.render.surfaces import wall_opacity
from partsight.structures.world.material import Material
from partsight.structures.world.scene import Scene

RED = Material("red", (0.8, 0.02, 0.02), roughness=1.0)
BLUE_PANE = Material("glass", (0.2, 0.5, 1.0), roughness=0.05, opacity=0.3)
SECTIONS = {
    "mitsuba": RenderSection(variant="scalar_rgb", samples_per_pixel=64),
    "pyvista": RenderSection(renderer="pyvista"),
}


def scene_of(*instances, size_wh=(32, 32)):
    looking_down = camera(size_wh, eye_m=(0.01, 0.0, 1.0), focal_px=2.0 * size_wh[0])
    return Scene(looking_down, instances, uniform_environment())


def pane(opacity=0.3, **changes):
    look = replace(BLUE_PANE, opacity=opacity, **changes)
    return placed(box_part((0.3, 0.3, 0.02)), (0, 0, 0.2), material=look)


def seen(renderer, scene):
    """Return the light in the middle of the picture."""
    return renderer.render(scene).radiance[14:18, 14:18].mean(axis=(0, 1))


@pytest.fixture(scope="module", params=list(SECTIONS))
def renderer(request):
    if request.param == "pyvista":
        pytest.importorskip("pyvista")
    with open_renderer(SECTIONS[request.param], 1) as opened:
        yield opened


def test_a_red_thing_behind_a_blue_pane_is_seen_less_the_more_opaque_the_pane_is(renderer):
    red = placed(box_part((0.2, 0.2, 0.02)), material=RED)
    bare = seen(renderer, scene_of(red))
    thin, thick = (seen(renderer, scene_of(red, pane(opacity))) for opacity in (0.15, 0.6))
    full = seen(renderer, scene_of(red, pane(1.0)))
    assert bare[0] > thin[0] > max(thick[0], full[0])
    assert bare[2] < thin[2] < thick[2] < full[2] + 0.05
    assert thin[0] > thin[2]
    assert thick[2] > thick[0] / 2


def test_the_background_is_seen_through_a_pane(renderer):
    empty, covered = scene_of(), scene_of(pane())
    bright, dark = (
        [seen(renderer, with_background(scene, (value,) * 3)) for scene in (empty, covered)] for value in (255, 0)
    )
    assert np.all(bright[1] > 0.5 * bright[0])
    assert np.all(bright[1] - dark[1] > 0.4 * (bright[0] - dark[0]))
    assert dark[1][2] > dark[0][2] + 0.05


def test_pictures_without_panes_stay_as_they_were(renderer):
    red = scene_of(placed(box_part((0.2, 0.2, 0.02)), material=RED))
    before = renderer.render(red).radiance
    renderer.render(scene_of(pane()))
    np.testing.assert_array_equal(renderer.render(red).radiance, before)


def test_two_walls_of_a_pane_hide_as_much_as_is_stated():
    for opacity in (0.0, 0.3, 0.9, 1.0):
        assert 1 - (1 - wall_opacity(replace(WHITE, opacity=opacity))) ** 2 == pytest.approx(opacity)


def test_light_reaches_what_stands_in_a_box_of_glass_within_the_usual_number_of_segments():
    """Walls count for no segment: otherwise the inside would be black at the depth of 4."""
    red = placed(box_part((0.1, 0.1, 0.1)), material=RED)
    box = placed(box_part((0.2, 0.2, 0.2)), material=replace(BLUE_PANE, opacity=0.1))
    with open_renderer(replace_depth(4), 1) as opened:
        assert seen(opened, scene_of(red, box))[0] > 0.6 * seen(opened, scene_of(red))[0]


def replace_depth(max_depth):
    return RenderSection(variant="scalar_rgb", samples_per_pixel=64, max_depth=max_depth)
