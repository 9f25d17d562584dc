"""The camera's traces, found again in pictures that our own sensor made with known values."""

import numpy as np
import pytest
from PIL import Image as Pillow

from partsight.photos.camera_fit import fit_ranges, jpeg_quality, measure_camera
from partsight.render.sensor import encode_picture, expose
from partsight.structures.world.rendering import Rendering
from partsight.structures.world.sensor import Sensor

SIZE_WH = (640, 480)


def boards(seed):
    """Light of gray boards of all tones, lying anyhow; their edges are as sharp as square pixels allow."""
    rng, fine = np.random.default_rng(seed), 3
    light = np.full((SIZE_WH[1] * fine, SIZE_WH[0] * fine), 0.25, np.float32)
    rows, columns = np.ogrid[: light.shape[0], : light.shape[1]]
    for _ in range(25):
        across, down, turn = rng.uniform(0, light.shape[1]), rng.uniform(0, light.shape[0]), rng.uniform(0, np.pi)
        length, width = rng.uniform(40, 400, 2)
        radius = int(np.hypot(length, width)) + 1
        around = np.s_[
            max(0, int(down) - radius) : int(down) + radius, max(0, int(across) - radius) : int(across) + radius
        ]
        aside, below = columns[:, around[1]] - across, rows[around[0]] - down
        along, beside = aside * np.cos(turn) + below * np.sin(turn), below * np.cos(turn) - aside * np.sin(turn)
        level = np.exp(rng.uniform(np.log(0.03), np.log(0.75)))
        light[around][(np.abs(along) < length) & (np.abs(beside) < width)] = level
    seen = light.reshape(SIZE_WH[1], fine, SIZE_WH[0], fine).mean(axis=(1, 3))
    return Rendering(np.repeat(seen[..., None], 3, axis=2))


@pytest.fixture(scope="module")
def light():
    return [boards(seed) for seed in range(3)]


def photo(folder, rendering, **values):
    suffix, content = encode_picture(expose(rendering, Sensor(**values)), Sensor(**values))
    path = folder / f"photo{len(list(folder.iterdir()))}{suffix}"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("quality", [20, 45, 50, 75, 96])
def test_the_quality_of_a_jpeg_file_is_read_from_its_tables(tmp_path, light, quality):
    assert jpeg_quality(photo(tmp_path, light[0], jpeg_quality=quality)) == pytest.approx(quality, abs=0.5)


def test_other_files_tell_no_quality(tmp_path, light):
    assert "jpeg_quality" not in measure_camera(photo(tmp_path, light[0]), 640)


def test_compression_of_much_larger_photos_leaves_no_traces(tmp_path, light):
    path = photo(tmp_path, light[0], jpeg_quality=60)
    assert measure_camera(path, 640)["jpeg_quality"] == pytest.approx([60], abs=0.5)
    assert measure_camera(path, 320)["jpeg_quality"] == [95]


@pytest.mark.parametrize("gains", [(0.8, 1.2), (1.25, 0.85)])
def test_gains_of_red_and_blue_are_found_to_three_hundredths(tmp_path, light, gains):
    path = photo(tmp_path, light[1], white_balance=(gains[0], 1.0, gains[1]), jpeg_quality=90)
    assert measure_camera(path, 640)["white_balance"] == pytest.approx(gains, abs=0.03)


@pytest.mark.parametrize(("shot", "read"), [(0.03, 0.004), (0.01, 0.01), (0.003, 0.006)])
@pytest.mark.parametrize("quality", [None, 95, 90])
def test_noise_is_found_to_four_thousandths_though_compression_takes_some_away(tmp_path, light, shot, read, quality):
    found = measure_camera(photo(tmp_path, light[2], shot_noise=shot, read_noise=read, jpeg_quality=quality), 640)
    assert found["shot_noise"] == pytest.approx([shot], abs=0.004)
    assert found["read_noise"] == pytest.approx([read], abs=0.004)


def test_what_strong_compression_hides_is_not_told(tmp_path, light):
    assert "shot_noise" not in measure_camera(photo(tmp_path, light[0], shot_noise=0.02, jpeg_quality=60), 640)


@pytest.mark.parametrize("blur", [0.0, 0.7, 1.2, 2.0])
def test_blur_is_found_to_a_quarter_pixel_or_a_fifth(tmp_path, light, blur):
    found = [
        measure_camera(photo(tmp_path, one, defocus_px=blur, read_noise=0.003, jpeg_quality=92), 640) for one in light
    ]
    assert np.mean([one["defocus_px"] for one in found]) == pytest.approx(blur, abs=max(0.25, 0.2 * blur))


def test_a_range_spans_what_the_photos_have(tmp_path, light):
    corner = Rendering(light[0].radiance[:240, :320])
    paths = [photo(tmp_path, corner, jpeg_quality=quality) for quality in np.linspace(50, 90, 12).astype(int).tolist()]
    (quality,) = [one for one in fit_ranges(paths, 320) if one.key == "jpeg_quality"]
    assert (quality.low, quality.high, quality.num_photos) == (52, 88, 12)  # 5th and 95th percentile


def test_few_photos_are_given_room(tmp_path, light):
    paths = [photo(tmp_path, light[0], jpeg_quality=quality) for quality in (60, 80)]
    (quality,) = [one for one in fit_ranges(paths, 640) if one.key == "jpeg_quality"]
    assert quality.low < 60
    assert quality.high > 80


def test_a_black_photo_tells_no_color(tmp_path):
    path = tmp_path / "dark.png"
    Pillow.new("RGB", (200, 200)).save(path)
    assert set(measure_camera(path, 640)) == set()
