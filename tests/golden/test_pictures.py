"""Pictures of the deterministic path (scalar_rgb) stay what they are until someone decides otherwise."""

import pytest
from scenes import still_life, with_background

from partsight.config.sections.render import RenderSection
from partsight.render.renderer import open_renderer
from partsight.render.sensor import expose
from partsight.structures.world.sensor import Sensor

PHONE = Sensor(
    exposure_ev=0.3,
    white_balance=(1.15, 1.0, 0.85),
    contrast=1.15,
    saturation=0.8,
    defocus_px=0.6,
    motion_px=2.0,
    motion_angle_deg=30.0,
    vignetting=0.3,
    shot_noise=0.02,
    read_noise=0.005,
    sharpening=0.4,
    noise_seed=5,
)


@pytest.fixture(scope="module")
def renderings():
    scenes = {"environment": still_life((96, 96), seed=1), "background": with_background(still_life((96, 96), seed=1))}
    with open_renderer(RenderSection(variant="scalar_rgb", samples_per_pixel=16), 2) as renderer:
        yield {name: renderer.render(scene) for name, scene in scenes.items()}


def test_ideal_camera(renderings, check_golden):
    check_golden("ideal_camera", expose(renderings["environment"], Sensor()))


def test_phone_camera_before_a_background(renderings, check_golden):
    check_golden("phone_camera", expose(renderings["background"], PHONE))
