"""Cycles, from its own program, draws the same scenes at the same places in nearly the same light."""

import os
import shutil
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest
from scenes import box_part, camera, placed, sky_environment, still_life, uniform_environment, with_background

from partsight.config.sections.render import RenderSection
from partsight.errors import RenderError
from partsight.render.backends.blender import _Program
from partsight.render.renderer import check_rendering, open_renderer
from partsight.structures.world.camera import Camera, Intrinsics
from partsight.structures.world.light import Lamp
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import look_at

BLENDER = os.environ.get("PARTSIGHT_BLENDER", "")
SIZE_WH = (120, 90)


@pytest.fixture(scope="module")
def cycles():
    if not (BLENDER or find_spec("bpy") or shutil.which("blender")):
        pytest.skip("no Blender here: set PARTSIGHT_BLENDER to its executable or to a Python that has bpy")
    with open_renderer(RenderSection(renderer="blender", blender=BLENDER, samples_per_pixel=64), 2) as opened:
        yield opened


@pytest.fixture(scope="module")
def mitsuba():
    with open_renderer(RenderSection(samples_per_pixel=64), 2) as opened:
        yield opened


def off_center_camera():
    pose = look_at(np.array([0.7, -0.5, 0.45]), np.zeros(3), 15.0)
    return Camera(Intrinsics(SIZE_WH, 140.0, (45.0, 56.0)), pose)


def test_silhouettes_agree_with_mitsuba(cycles, mitsuba):
    scene = replace(still_life(), camera=off_center_camera(), environment=uniform_environment(), lamps=())
    scene = with_background(scene, (0, 0, 0))
    drawn, expected = (renderer.render(scene).radiance.sum(axis=2) > 0.05 for renderer in (cycles, mitsuba))
    assert np.mean(drawn != expected) < 0.01


@pytest.mark.parametrize(
    "light",
    [
        {"environment": sky_environment(), "lamps": ()},
        {"environment": uniform_environment((0.05,) * 3), "lamps": (Lamp((0.5, 0.4, 0.9), 0.08, (14.0, 11.0, 8.0)),)},
    ],
    ids=["environment", "lamp"],
)
def test_light_agrees_with_mitsuba(cycles, mitsuba, light):
    """Their models of rough surfaces differ a little; a mirrored map or a lamp of other power would differ much more."""
    scene = replace(still_life(SIZE_WH), **light)
    drawn, expected = (check_rendering(renderer.render(scene), scene).radiance for renderer in (cycles, mitsuba))
    assert abs(drawn.mean() / expected.mean() - 1) < 0.08
    coarse_drawn, coarse_expected = (
        picture.reshape(9, 10, 12, 10, 3).mean(axis=(1, 3)) for picture in (drawn, expected)
    )
    assert np.abs(coarse_drawn - coarse_expected).mean() < 0.08 * expected.mean()


def test_the_camera_looks_through_lamps(cycles):
    lamp = Lamp((0.35, -0.25, 0.22), 0.05, (20.0, 20.0, 20.0))  # between camera and box
    scene = Scene(camera(SIZE_WH), (placed(box_part()),), uniform_environment((0.1,) * 3))
    with_lamp = cycles.render(replace(scene, lamps=(lamp,))).radiance
    assert with_lamp.max() < 10.0


def test_equal_scenes_give_equal_pixels(cycles):
    first = cycles.render(still_life(SIZE_WH)).radiance
    cycles.render(still_life(SIZE_WH, seed=5))
    np.testing.assert_array_equal(cycles.render(still_life(SIZE_WH)).radiance, first)


def test_a_program_that_is_not_there_is_named():
    section = RenderSection(renderer="blender", blender="no-such-blender")
    with pytest.raises(RenderError, match=r"render\.blender: there is no program 'no-such-blender'"):
        open_renderer(section, 1)


def test_a_python_without_bpy_is_an_error_not_a_wait(tmp_path):
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    with pytest.raises(RenderError, match="ended with code 3"):
        open_renderer(RenderSection(renderer="blender", blender=str(fake)), 1)


def test_a_blender_that_has_died_between_two_pictures_is_told():
    says_ready = "print('partsight:ready 4.5', flush=True)"
    program = _Program([sys.executable, "-c", says_ready])
    program._process.wait(timeout=20)
    with pytest.raises(RenderError, match="Blender ended with code 0 without an answer"):
        program.draw({"seed": 1})
