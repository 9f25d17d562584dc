"""Behind the parts stands the background, or else the environment in its true directions."""

import numpy as np
import pytest
from scenes import still_life, with_background

from partsight.render.backdrop import backdrop_radiance, sampled_environment
from partsight.structures.world.light import EnvironmentMap
from partsight.structures.world.material import linear_from_srgb


def ramp_environment():
    """Each texel holds its azimuth and elevation in degrees, as EnvironmentMap's docstring defines them."""
    azimuth = 180 - (np.arange(72) + 0.5) / 72 * 360
    elevation = 90 - (np.arange(36) + 0.5) / 36 * 180
    grid = np.stack([*np.meshgrid(azimuth, elevation), np.zeros((36, 72))], axis=-1)
    return EnvironmentMap(grid.astype(np.float32))


@pytest.mark.parametrize("azimuth_deg", [-150.0, -60.0, 0.0, 45.0, 172.0])
@pytest.mark.parametrize("elevation_deg", [-80.0, 0.0, 33.0])
def test_a_direction_reads_its_own_azimuth_and_elevation(azimuth_deg, elevation_deg):
    azimuth, elevation = np.deg2rad([azimuth_deg, elevation_deg])
    direction = [np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
    read = sampled_environment(ramp_environment(), np.array([direction]))[0]
    assert read[:2] == pytest.approx([azimuth_deg, elevation_deg], abs=1e-3)


def test_the_seam_and_the_poles_are_inside_the_map():
    directions = np.array([[-1.0, 1e-9, 0.0], [-1.0, -1e-9, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]])
    read = sampled_environment(ramp_environment(), directions)
    assert np.isfinite(read).all()
    assert read[:, 1] == pytest.approx([0.0, 0.0, 87.5, -87.5], abs=1e-3)


def test_the_background_is_decoded_to_linear_light():
    radiance = backdrop_radiance(with_background(still_life(), (30, 120, 200)))
    assert np.allclose(radiance, linear_from_srgb(np.array([30, 120, 200]) / 255), atol=1e-6)
