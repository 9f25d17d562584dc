"""The denoiser takes away grain and nothing else, alike on any number of threads."""

import numpy as np
import pytest

pytest.importorskip("pyoidn", reason="needs the extra [denoise]")

from scenes import still_life  # after the skip

from partsight.config.sections.render import RenderSection
from partsight.render.denoiser import Denoiser
from partsight.render.renderer import open_renderer

SIZE = (96, 72)


def draw(samples, *, denoise, variant="scalar_rgb", num_threads=2):
    section = RenderSection(samples_per_pixel=samples, denoise=denoise, variant=variant)
    with open_renderer(section, num_threads) as renderer:
        return renderer.render(still_life(SIZE)).radiance, renderer.variant


def error(picture, reference):
    return float(np.sqrt(np.mean((np.log1p(picture) - np.log1p(reference)) ** 2)))


def test_few_denoised_samples_are_nearer_to_many_samples():
    reference, _ = draw(160, denoise=False)
    grainy, plain_variant = draw(8, denoise=False)
    clean, clean_variant = draw(8, denoise=True)
    assert error(clean, reference) < 0.6 * error(grainy, reference)
    assert "oidn" in clean_variant
    assert "oidn" not in plain_variant


def test_equal_scenes_give_equal_pixels_on_any_number_of_threads():
    one, _ = draw(4, denoise=True, num_threads=1)
    two, _ = draw(4, denoise=True, num_threads=2)
    np.testing.assert_array_equal(one, two)


def test_one_denoiser_serves_pictures_of_several_sizes_without_mixing_them():
    rng = np.random.default_rng(0)
    pictures = [rng.random((*shape, 3), dtype=np.float32) for shape in ((40, 60), (64, 48))]
    normals = [np.zeros_like(picture) for picture in pictures]
    with Denoiser(1) as denoiser:
        alone = [denoiser.denoise(p, p, n) for p, n in zip(pictures, normals, strict=True)]
        again = [denoiser.denoise(p, p, n) for p, n in zip(pictures, normals, strict=True)]
    for first, second, picture in zip(alone, again, pictures, strict=True):
        assert first.shape == picture.shape
        np.testing.assert_array_equal(first, second)
    assert (alone[0] >= 0).all()


def test_what_is_smooth_stays_as_it_is():
    ramp = np.repeat(np.linspace(0.2, 0.8, 64, dtype=np.float32)[None, :, None], 48, axis=0).repeat(3, axis=2)
    with Denoiser(1) as denoiser:
        clean = denoiser.denoise(ramp, ramp, np.zeros_like(ramp))
    np.testing.assert_allclose(clean, ramp, atol=0.03)
