"""Figures of how pictures look: each moves with what it is named after, and with nothing else by much."""

import numpy as np
import pytest
from PIL import Image, ImageFilter

from partsight.photos.appearance import (
    IN_WORDS,
    OF_BOXES,
    OF_PICTURES,
    Gap,
    compare_appearance,
    measure_boxes,
    measure_object,
    measure_picture,
)
from partsight.structures.sample import Sample


def scene(seed=0, size=160):
    """Smooth color patches."""
    noise = np.random.default_rng(seed).integers(40, 200, (9, 9, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(noise).resize((size, size), Image.Resampling.BICUBIC))


def noisy(picture, sigma, seed=1):
    values = picture + np.random.default_rng(seed).normal(0, 255 * sigma, picture.shape)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def test_noise_is_measured_in_its_own_unit():
    """Gray noise of a known standard deviation; three independent channels average by the luminance weights."""
    gray = np.full((200, 200, 3), 128, np.uint8)
    same = np.random.default_rng(0).normal(0, 255 * 0.03, (200, 200, 1))
    picture = np.clip(np.rint(gray + same), 0, 255).astype(np.uint8)
    assert measure_picture(picture)["noise"] == pytest.approx(0.03, rel=0.05)


def test_blur_lowers_sharpness():
    sharp = noisy(scene(), 0.05)
    blurred = np.asarray(Image.fromarray(sharp).filter(ImageFilter.GaussianBlur(2)))
    assert measure_picture(blurred)["sharpness"] < measure_picture(sharp)["sharpness"] - 1


def test_brightness_contrast_saturation_and_warmth():
    picture = scene()
    darker = (picture * 0.5).astype(np.uint8)
    figures, dark = measure_picture(picture), measure_picture(darker)
    assert dark["brightness"] == pytest.approx(figures["brightness"] / 2, rel=0.02)
    assert dark["contrast"] == pytest.approx(figures["contrast"] / 2, rel=0.05)
    gray = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert measure_picture(gray)["saturation"] == pytest.approx(0, abs=1e-6)
    red = picture.copy()
    red[..., 2] //= 2
    assert measure_picture(red)["warmth"] > figures["warmth"] + 0.8


def sample(path, picture, boxes):
    Image.fromarray(picture).save(path)
    size = (picture.shape[1], picture.shape[0])
    boxes = np.array(boxes, float).reshape(-1, 4)
    return Sample(path.stem, path, size, boxes, np.zeros(len(boxes), np.int64), "photo", "s")


def test_an_object_darker_than_its_surroundings_has_negative_relief_whatever_lies_far_away():
    picture = np.full((120, 120, 3), 255, np.uint8)
    picture[30:90, 30:90] = 204  # around the object; beyond is white
    is_object = np.zeros((120, 120), bool)
    is_object[50:70, 50:70] = True
    picture[is_object] = 51
    figures = measure_object(picture, is_object)
    assert figures["relief"] == pytest.approx(-0.6, abs=1e-6)
    assert figures["color distance"] == pytest.approx(0.6 * np.sqrt(3), abs=1e-6)


def test_equal_brightness_in_other_colors_is_color_distance_without_relief():
    picture = np.zeros((60, 60, 3), np.uint8)
    picture[:, :, 1] = 60
    is_object = np.zeros((60, 60), bool)
    is_object[20:40, 20:40] = True
    picture[is_object] = (round(60 * 0.7152 / 0.2126), 0, 0)
    figures = measure_object(picture, is_object)
    assert abs(figures["relief"]) < 0.01
    assert figures["color distance"] > 0.7


def test_an_object_that_fills_the_picture_has_no_surroundings():
    assert measure_object(np.zeros((9, 9, 3), np.uint8), np.ones((9, 9), bool)) == {"relief": 0, "color distance": 0}


def test_boxes_are_measured_as_shares(tmp_path):
    figures = measure_boxes(sample(tmp_path / "a.png", scene(), [(0, 0, 80, 40), (60, 60, 100, 100)]))
    np.testing.assert_allclose(figures["object size"], [0.5, 0.25])
    np.testing.assert_allclose(figures["from the middle"], [0.75, 0.0])
    np.testing.assert_allclose(figures["objects a picture"], [2])


def test_what_renders_do_not_cover_comes_first_with_the_key_that_moves_it(tmp_path):
    renders = [sample(tmp_path / f"r{n}.png", scene(n), [(20, 20, 60 + n, 60 + n)]) for n in range(12)]
    photos = [sample(tmp_path / f"p{n}.png", noisy(scene(n), 0.1), [(20, 20, 60 + n, 60 + n)]) for n in range(6)]
    rows = {row.name: row for row in compare_appearance(photos, renders)}
    first = next(iter(rows.values()))
    assert first.uncovered == 1.0
    assert rows["noise"].uncovered == 1.0
    assert "shot_noise" in rows["noise"].keys
    assert rows["object size"].uncovered <= 0.4
    assert (rows["noise"].num_photos, rows["noise"].num_renders) == (6, 12)


def test_pictures_without_objects_have_no_object_figures(tmp_path):
    empty = [sample(tmp_path / "e.png", scene(), [])]
    names = {row.name for row in compare_appearance(empty, empty)}
    assert "object size" not in names
    assert "noise" in names


@pytest.mark.parametrize("shape", [(1, 400, 3), (400, 1, 3), (1, 1, 3), (2, 9000, 3)])
def test_the_thinnest_pictures_have_figures(shape):
    assert all(np.isfinite(value) for value in measure_picture(np.full(shape, 90, np.uint8)).values())


@pytest.mark.parametrize(("middle", "said"), [(0.2, "photos are darker"), (0.7, "photos are brighter")])
def test_what_renders_do_not_cover_is_said_in_words_with_the_key_that_widens_it(middle, said):
    gap = Gap(
        "brightness", (middle - 0.1, middle, middle + 0.1), (0.3, 0.45, 0.6), 20, 50, 0.41, OF_PICTURES["brightness"]
    )
    assert gap.in_words == f"41 % of the {said} than in nearly all renders: widen randomize.light.exposure_ev"
    assert set(IN_WORDS) == {*OF_PICTURES, *OF_BOXES}
