"""Mitsuba draws our scenes where our camera says they are, with our light, and always the same."""

from dataclasses import replace

import numpy as np
import pytest
from scenes import (
    RED_PLASTIC,
    WHITE,
    ball_part,
    box_part,
    camera,
    checkered_texture,
    placed,
    sky_environment,
    still_life,
    uniform_environment,
    with_background,
)

from partsight.config.sections.render import RenderSection
from partsight.errors import RenderError
from partsight.render.renderer import check_rendering, open_renderer
from partsight.structures.world.camera import Camera, Intrinsics, project
from partsight.structures.world.light import EnvironmentMap, Lamp
from partsight.structures.world.material import Material, Texture, linear_from_srgb
from partsight.structures.world.scene import Background, Scene
from partsight.structures.world.transform import look_at

BLACK = Material("black", (0.0, 0.0, 0.0), roughness=1.0)


def open_scalar(samples_per_pixel=8, **settings):
    section = RenderSection(variant="scalar_rgb", samples_per_pixel=samples_per_pixel, **settings)
    return open_renderer(section, 2)


def open_auto(num_threads=2, samples_per_pixel=8):
    return open_renderer(RenderSection(samples_per_pixel=samples_per_pixel), num_threads)


def off_center_camera():
    """A camera whose principal point is far from the middle of a picture that is not square."""
    pose = look_at(np.array([0.7, -0.5, 0.45]), np.zeros(3), 15.0)
    return Camera(Intrinsics((160, 120), 190.0, (60.0, 75.0)), pose)


def center_of(mask):
    rows, columns = np.nonzero(mask)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


def test_a_rendering_has_the_camera_size_and_finite_light():
    scene = still_life((64, 48))
    with open_scalar(samples_per_pixel=2) as renderer:
        assert check_rendering(renderer.render(scene), scene).radiance.shape == (48, 64, 3)


def test_points_appear_where_the_camera_model_projects_them():
    positions_m = np.random.default_rng(3).uniform(-0.2, 0.2, (16, 3))
    seer = off_center_camera()
    seer = Camera(Intrinsics((640, 480), 760.0, (240.0, 300.0)), seer.world_from_camera)
    balls = tuple(placed(ball_part(0.01, 16), position) for position in positions_m)
    with open_auto() as renderer:
        index = renderer.instance_index(Scene(seer, balls, uniform_environment()))
    expected, _ = project(seer, positions_m)
    whole = [number for number in range(16) if (index == number).sum() > 150]
    found = np.array([center_of(index == number) for number in whole])
    assert len(whole) >= 10
    assert np.abs((found - expected[whole]).mean(axis=0)).max() < 0.1
    assert np.abs(found - expected[whole]).max() < 0.3


def test_bright_pixels_and_instance_index_agree():
    seer = off_center_camera()
    scene = replace(still_life(), camera=seer, lamps=())
    scene = with_background(replace(scene, environment=uniform_environment()), (0, 0, 0))
    with open_scalar(samples_per_pixel=4) as renderer:
        index, radiance = renderer.instance_index(scene), renderer.render(scene).radiance
    lit = radiance.sum(axis=2) > 0
    assert ((index >= 0) & ~lit).sum() == 0
    assert ((index >= 0) != lit).mean() < 0.02


def test_scalar_and_fast_variant_see_the_same_instances():
    scene = still_life((80, 60))
    with open_scalar() as renderer:
        expected = renderer.instance_index(scene)
    with open_auto() as renderer:
        assert (renderer.instance_index(scene) == expected).mean() > 0.999
    assert set(np.unique(expected)) == {-1, 0, 1, 2, 3}


def test_white_diffuse_under_uniform_light_is_one():
    """1.0 is diffuse white at exposure 0. Rough white plastic adds the sheen of its coat."""
    scene = Scene(camera(eye_m=(0.0, -0.02, 0.9)), (placed(box_part((2.0, 2.0, 0.01))),), uniform_environment())
    with open_scalar(samples_per_pixel=64) as renderer:
        assert renderer.render(scene).radiance.mean() == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize(("azimuth_deg", "elevation_deg"), [(0.0, 20.0), (90.0, -35.0), (-120.0, 50.0), (170.0, 5.0)])
def test_environment_is_seen_in_its_direction(azimuth_deg, elevation_deg):
    """A bright spot of the map stands where the camera model projects its direction."""
    azimuth, elevation = np.deg2rad([azimuth_deg, elevation_deg])
    direction = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    environment = spot_environment(azimuth_deg, elevation_deg)
    seer = Camera(off_center_camera().intrinsics, look_at(np.zeros(3), direction + 0.05))
    with open_scalar(samples_per_pixel=1) as renderer:
        seen = renderer.render(Scene(seer, (), environment)).radiance[..., 1]
    expected, _ = project(seer, 50 * direction[None])
    assert center_of(seen > 0.5 * seen.max()) == pytest.approx(expected[0], abs=1.0)


@pytest.mark.parametrize(("azimuth_deg", "elevation_deg"), [(0.0, 10.0), (90.0, -35.0), (-120.0, 40.0)])
def test_environment_lights_the_side_that_faces_it(azimuth_deg, elevation_deg):
    """The brightest point of a white ball, seen from the light's direction, is in its middle."""
    azimuth, elevation = np.deg2rad([azimuth_deg, elevation_deg])
    direction = np.array([np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)])
    scene = Scene(
        camera((64, 64), eye_m=direction), (placed(ball_part(0.2)),), spot_environment(azimuth_deg, elevation_deg)
    )
    with open_scalar(samples_per_pixel=32) as renderer:
        light = renderer.render(with_background(scene, (0, 0, 0))).radiance[..., 1]
    rows, columns = np.mgrid[:64, :64] + 0.5
    assert (rows * light).sum() / light.sum() == pytest.approx(32, abs=0.7)
    assert (columns * light).sum() / light.sum() == pytest.approx(32, abs=0.7)


def spot_environment(azimuth_deg, elevation_deg, num_rows=180):
    """Black, but for a spot of a few degrees, drawn by the words of EnvironmentMap's docstring."""
    radiance = np.zeros((num_rows, 2 * num_rows, 3), np.float32)
    row = (90 - elevation_deg) / 180 * num_rows
    column = (180 - azimuth_deg) / 360 * 2 * num_rows
    rows, columns = np.arange(num_rows) + 0.5, np.arange(2 * num_rows) + 0.5
    inside = (np.abs(rows - row) <= 2)[:, None] & (np.abs(columns - column) <= 2)[None]
    radiance[inside] = 100.0
    return EnvironmentMap(radiance)


def test_lamps_light_but_hide_nothing():
    ball = placed(ball_part(0.1), material=WHITE)
    dark = with_background(Scene(camera(), (ball,), uniform_environment((0.01, 0.01, 0.01))), (90, 90, 90))
    in_between = Lamp((0.3, -0.22, 0.2), 0.05, (20.0, 20.0, 20.0))
    with open_scalar() as renderer:
        index = renderer.instance_index(dark)
        without, lit = (renderer.render(replace(dark, lamps=lamps)).radiance for lamps in ((), (in_between,)))
        assert np.array_equal(renderer.instance_index(replace(dark, lamps=(in_between,))), index)
    assert lit[index == 0].mean() > 5 * without[index == 0].mean()
    assert np.allclose(lit[0, 0], linear_from_srgb(np.array(90 / 255)), atol=1e-6)
    assert lit.max() < 15.0


def test_the_background_stands_behind_and_gives_no_light():
    scene = Scene(camera(), (placed(ball_part(0.15), material=RED_PLASTIC),), uniform_environment())
    with open_scalar() as renderer:
        index = renderer.instance_index(scene)
        blue, black = (renderer.render(with_background(scene, color)).radiance for color in ((0, 0, 255), (0, 0, 0)))
    inside = np.all([np.roll(index == 0, shift, axis) for shift in (-1, 1) for axis in (0, 1)], axis=0)
    assert np.array_equal(blue[inside], black[inside])
    assert np.array_equal(blue[0, 0], [0.0, 0.0, 1.0])


def test_a_background_of_another_size_is_refused_with_both_sizes():
    scene = replace(still_life(), background=Background(np.zeros((10, 20, 3), np.uint8)))
    with open_scalar(1) as renderer, pytest.raises(RenderError, match="20×10 pixels, expected the camera's 96×96"):
        renderer.render(scene)


def test_a_texture_has_its_size_in_metres():
    """A plane of 0.4 m with 0.1 m tiles, each two checks wide, shows 4 · 2 changes between dark and light."""
    ground = placed(
        box_part((0.4, 0.4, 0.01)), material=Material("tiles", (1.0, 1.0, 1.0), 0.0, 1.0, checkered_texture(0.1))
    )
    scene = Scene(camera((128, 128), focal_px=128, eye_m=(0.0, 0.0, 0.5)), (ground,), uniform_environment())
    with open_scalar(16) as renderer:
        radiance = renderer.render(with_background(scene, (0, 0, 0))).radiance
        index = renderer.instance_index(scene)
    row = radiance[20, index[20] == 0, 1]
    is_light = row > (row.min() + row.max()) / 2
    assert np.count_nonzero(np.diff(is_light)) in (7, 8)


@pytest.mark.parametrize("samples_per_pixel", [5, 8])
def test_pixels_depend_on_the_scene_alone(samples_per_pixel):
    """Alone or after other scenes, on one thread or two: bit for bit the same."""
    scene, other = still_life((96, 80), seed=7), still_life((64, 64), seed=1)
    with open_auto(2, samples_per_pixel) as renderer:
        alone = renderer.render(scene).radiance
        renderer.render(replace(other, instances=other.instances[:2], lamps=()))
        again = renderer.render(scene).radiance
    with open_auto(1, samples_per_pixel) as renderer:
        on_one_thread = renderer.render(scene).radiance
    assert np.array_equal(alone, again)
    assert np.array_equal(alone, on_one_thread)


def test_scalar_pixels_depend_on_the_scene_alone():
    scene = still_life((96, 80), seed=7)
    with open_renderer(RenderSection(variant="scalar_rgb", samples_per_pixel=2), 2) as renderer:
        renderer.render(replace(scene, render_seed=2))
        first = renderer.render(scene).radiance
    with open_renderer(RenderSection(variant="scalar_rgb", samples_per_pixel=2), 1) as renderer:
        assert np.array_equal(renderer.render(scene).radiance, first)


def test_another_seed_is_other_noise_of_the_same_picture():
    with open_scalar(16) as renderer:
        first, second = (renderer.render(still_life((48, 48), seed=seed)).radiance for seed in (0, 1))
    assert not np.array_equal(first, second)
    assert first.mean() == pytest.approx(second.mean(), rel=0.02)


def test_an_empty_scene_shows_the_environment():
    with open_auto() as renderer:
        radiance = renderer.render(Scene(camera(), (), uniform_environment((0.2, 0.4, 0.6)))).radiance
    assert np.allclose(radiance, [0.2, 0.4, 0.6], atol=1e-6)


def test_the_variant_is_named_in_full():
    with open_scalar() as renderer:
        assert renderer.variant.startswith("mitsuba-3.")
        assert renderer.variant.endswith("/scalar_rgb")


def test_a_texture_can_say_where_a_surface_is_metallic_and_rough():
    """Even values in the texture draw what the same values of the material draw."""
    color, values = np.full((8, 8, 3), 255, np.uint8), np.full((8, 8, 2), (255, 51), np.uint8)
    said = Material("said", (0.5, 0.4, 0.3), texture=Texture(color, 0.1, values))
    meant = Material("meant", (0.5, 0.4, 0.3), 1.0, 0.2, Texture(color, 0.1))
    other = Material("other", (0.5, 0.4, 0.3), 0.0, 0.9, Texture(color, 0.1))
    scenes = [
        Scene(camera(), (placed(ball_part(), material=material),), sky_environment())
        for material in (said, meant, other)
    ]
    with open_scalar() as renderer:
        textured, plain, unlike = (renderer.render(scene).radiance for scene in scenes)
    assert np.abs(textured - plain).max() < 1e-3 * max(1.0, plain.max())
    assert np.abs(textured - unlike).mean() > 0.003
