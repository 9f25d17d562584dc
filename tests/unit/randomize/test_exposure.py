"""The camera's automatics: white balance follows the light, as far as the recipe says."""

import numpy as np
import pytest

from partsight.config.randomize import LightSection, SensorSection
from partsight.randomize.exposure import Illumination, sample_sensor
from partsight.randomize.lighting import sample_environment, sample_lamps, white_floor
from partsight.structures.light import EnvironmentMap, Lamp

WARM = np.array([1.4, 1.0, 0.5])


def balance(share, color=WARM, seed=0, error=(1.0, 1.0)):
    section = SensorSection(auto_white_balance=(share, share), white_balance=error)
    return np.array(sample_sensor(np.random.default_rng(seed), section, 640, Illumination(0.0, color)).white_balance)


def test_a_perfect_automatic_makes_white_of_a_white_floor():
    assert balance(1.0) * WARM == pytest.approx([1.0, 1.0, 1.0])


def test_without_the_automatic_the_light_keeps_its_color():
    assert balance(0.0) == pytest.approx([1.0, 1.0, 1.0])


def test_half_of_it_takes_out_half_of_the_stops():
    assert balance(0.5) ** 2 == pytest.approx(balance(1.0))


def test_the_error_comes_on_top():
    assert balance(1.0, error=(1.2, 1.2)) / balance(1.0) == pytest.approx([1.2, 1.0, 1.2])


def test_the_automatic_changes_no_other_draw():
    with_it, without = (
        sample_sensor(np.random.default_rng(4), SensorSection(auto_white_balance=(share, share)), 640, Illumination())
        for share in (0.0, 1.0)
    )
    assert with_it == without  # the light is white here


def test_a_white_floor_under_an_even_sky_is_as_bright_as_the_sky():
    sky = EnvironmentMap(np.full((16, 32, 3), (0.9, 0.6, 0.3), np.float32))
    assert white_floor(sky, ()) == pytest.approx([0.9, 0.6, 0.3], abs=1e-6)


def test_a_lamp_adds_its_color_by_distance_and_slant():
    dark = EnvironmentMap(np.zeros((8, 16, 3), np.float32))
    above = white_floor(dark, [Lamp((0, 0, 2.0), 0.5, (8.0, 4.0, 2.0))])
    assert above == pytest.approx(np.array([8.0, 4.0, 2.0]) * (0.5 / 2) ** 2)
    slanted = white_floor(dark, [Lamp((np.sqrt(3.0), 0, 1.0), 0.5, (8.0, 4.0, 2.0))])
    assert slanted == pytest.approx(above / 2)
    assert white_floor(dark, [Lamp((0, 0, -2.0), 0.5, (8.0, 4.0, 2.0))]) == pytest.approx([0, 0, 0])


def test_drawn_lights_are_seldom_white():
    colors = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        light = sample_environment(rng, LightSection())
        color = white_floor(light, sample_lamps(rng, LightSection(), 1.0))
        colors.append(color / color[1])
    assert np.std(colors, axis=0)[[0, 2]].min() > 0.03
