"""What each ingredient of a camera does to light, and that none of them moves a pixel."""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image as PillowImage

from partsight.render.sensor import MIDDLE_GRAY, encode_picture, expose
from partsight.structures.world.material import linear_from_srgb, srgb_from_linear
from partsight.structures.world.rendering import Rendering
from partsight.structures.world.sensor import Sensor

INGREDIENTS = {
    "exposure_ev": 0.5,
    "auto_exposure": True,
    "white_balance": (1.2, 1.0, 0.8),
    "contrast": 1.3,
    "saturation": 0.5,
    "defocus_px": 1.0,
    "chromatic_px": 3.0,
    "has_mosaic": True,
    "motion_px": 6.0,
    "vignetting": 0.3,
    "shot_noise": 0.02,
    "read_noise": 0.01,
    "sharpening": 0.5,
}


def flat(value, size=256):
    return Rendering(np.full((size, size, 3), value, np.float32))


def window(size=64):
    """A bright colored square in the middle of a dark picture."""
    radiance = np.full((size, size, 3), 0.05, np.float32)
    radiance[size // 4 : -size // 4, size // 4 : -size // 4] = (0.6, 0.3, 0.2)
    return Rendering(radiance)


def linear(image):
    return linear_from_srgb(image / 255.0)


def test_the_ideal_camera_is_plain_srgb_encoding():
    radiance = np.random.default_rng(0).uniform(-0.2, 1.5, (40, 50, 3)).astype(np.float32)
    expected = np.rint(srgb_from_linear(np.clip(radiance, 0, 1).astype(np.float64)) * 255)
    assert np.array_equal(expose(Rendering(radiance), Sensor()), expected.astype(np.uint8))


@pytest.mark.parametrize("name", INGREDIENTS)
def test_each_ingredient_changes_the_picture(name):
    changed = expose(window(), replace(Sensor(), **{name: INGREDIENTS[name]}))
    assert not np.array_equal(changed, expose(window(), Sensor()))


def test_one_stop_doubles_the_light():
    assert linear(expose(flat(0.2), Sensor(exposure_ev=1.0))).mean() == pytest.approx(0.4, abs=0.004)


def test_automatic_exposure_brings_the_mean_to_middle_gray():
    assert linear(expose(flat(3.0), Sensor(auto_exposure=True))).mean() == pytest.approx(MIDDLE_GRAY, abs=0.003)


def test_automatic_exposure_leaves_darkness_dark():
    assert expose(flat(0.0), Sensor(auto_exposure=True)).max() == 0


def test_noise_keeps_the_mean_and_has_the_stated_deviation():
    noisy = linear(expose(flat(0.4), Sensor(shot_noise=0.05, read_noise=0.02)))
    assert noisy.mean() == pytest.approx(0.4, abs=0.001)
    assert noisy.std() == pytest.approx(np.sqrt(0.05**2 * 0.4 + 0.02**2), rel=0.03)


def test_noise_depends_on_its_seed_alone():
    first, again, other = (expose(window(), Sensor(read_noise=0.02, noise_seed=seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_vignetting_takes_the_stated_share_from_the_corners_and_nothing_from_the_middle():
    seen = linear(expose(flat(0.5), Sensor(vignetting=0.4)))
    assert seen[128, 128, 1] == pytest.approx(0.5, abs=0.005)
    assert seen[0, 0, 1] == pytest.approx(0.3, abs=0.01)


def test_zero_saturation_is_gray():
    image = expose(window(), Sensor(saturation=0.0)).astype(int)
    assert np.ptp(image, axis=2).max() <= 1


@pytest.mark.parametrize(
    "sensor",
    [
        Sensor(defocus_px=2.0),
        Sensor(motion_px=9.0),
        Sensor(motion_px=8.0, motion_angle_deg=37.0),
        Sensor(motion_px=5.0, motion_angle_deg=90.0),
        Sensor(sharpening=0.6),
        Sensor(chromatic_px=2.0),
        Sensor(contrast=1.4, saturation=1.3),
    ],
)
def test_no_step_moves_an_edge(sensor):
    """A dark square in the middle of light keeps its center of gravity to a hundredth of a pixel."""
    radiance = np.full((65, 65, 3), 0.5, np.float32)
    radiance[20:45, 20:45] = 0.2
    darkness = 1 - linear(expose(Rendering(radiance), sensor)).mean(axis=2) / 0.5
    rows, columns = np.mgrid[:65, :65] + 0.5
    for axis in (rows, columns):
        assert (axis * darkness).sum() / darkness.sum() == pytest.approx(32.5, abs=0.01)


def test_motion_blur_smears_along_its_direction_only():
    radiance = np.zeros((41, 41, 3), np.float32)
    radiance[20, 20] = 1.0
    streak = expose(Rendering(radiance), Sensor(motion_px=10.0, motion_angle_deg=0.0))[..., 1] > 20
    assert streak[20].sum() in (10, 11)
    assert streak.sum(axis=0).max() == 1


def test_fringes_move_red_outwards_and_blue_inwards_and_leave_green():
    radiance = np.zeros((65, 65, 3), np.float32)
    radiance[28:37, 54:58] = 0.5  # right of the middle
    plain, fringed = (linear(expose(Rendering(radiance), Sensor(chromatic_px=pixels))) for pixels in (0.0, 4.0))
    columns = np.arange(65) + 0.5
    middles = [(one.sum(axis=0) * columns[:, None]).sum(axis=0) / one.sum(axis=(0, 1)) for one in (plain, fringed)]
    red, green, blue = middles[1] - middles[0]
    share = (56 - 32.5) / np.hypot(32, 32)  # of the way to the corner
    assert red == pytest.approx(2.0 * share, abs=0.15)
    assert green == pytest.approx(0.0, abs=1e-6)
    assert blue == pytest.approx(-2.0 * share, abs=0.15)


def test_a_mosaic_keeps_even_light_and_softens_fine_lines():
    assert linear(expose(flat(0.4), Sensor(has_mosaic=True))).mean(axis=(0, 1)) == pytest.approx([0.4] * 3, abs=0.003)
    lines = np.tile(np.float32([0.2, 0.6]), 32)[None, :, None] * np.ones((64, 1, 3), np.float32)
    sharp, soft = (linear(expose(Rendering(lines), Sensor(has_mosaic=mosaic))) for mosaic in (False, True))
    assert soft[8:-8, 8:-8, 0].std() < 0.1 * sharp[8:-8, 8:-8, 0].std()


def test_blur_keeps_the_light():
    blurred = expose(window(), Sensor(defocus_px=1.5, motion_px=7.0, motion_angle_deg=20.0))
    assert linear(blurred).mean() == pytest.approx(linear(expose(window(), Sensor())).mean(), rel=0.01)


def test_without_compression_the_file_is_lossless():
    image = expose(window(), Sensor(read_noise=0.05))
    suffix, content = encode_picture(image, Sensor())
    assert suffix == ".png"
    assert np.array_equal(np.asarray(PillowImage.open(BytesIO(content))), image)


def test_jpeg_shrinks_with_its_quality():
    image = expose(window(), Sensor(read_noise=0.05))
    files = [encode_picture(image, Sensor(jpeg_quality=quality)) for quality in (30, 95)]
    assert [suffix for suffix, _ in files] == [".jpg", ".jpg"]
    assert len(files[0][1]) < len(files[1][1])
