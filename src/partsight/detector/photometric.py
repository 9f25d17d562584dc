"""What a camera and things before it do to a picture, drawn anew each time that a training shows it; boxes stay as they are.

Renders have a sensor of their own each, but every epoch shows the same ones again. After the augmentation with which the winners of
the BOP challenge 2022 trained on renders (GDRNPP; strong changes of color on four pictures of five), without its inverted colors.
"""

import io
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from PIL import Image as Pillow
from PIL import ImageFilter
from scipy import special

from partsight.structures.arrays import Image

Change: TypeAlias = Callable[[np.random.Generator, Image], Image]

REFERENCE_PX = 640
"""Blurs are stated for pictures this wide."""


def change_pixels(rng: np.random.Generator, image: Image, share: float) -> Image:
    """Return an (H, W, 3) picture as another camera might have taken it, in `share` of all cases; channels in any order."""
    if rng.random() >= share:
        return image
    for change, chance in CHANGES:
        if rng.random() < chance:
            image = change(rng, image)
    return np.ascontiguousarray(image)


def _tone(rng: np.random.Generator, image: Image) -> Image:
    """Exposure, contrast and gamma, and the gain of each channel."""
    gains = rng.uniform(0.65, 1.35) * rng.uniform(0.88, 1.12, 3)
    contrast, gamma = rng.uniform(0.6, 1.4), np.exp(rng.uniform(-0.4, 0.4))
    level = (np.arange(256) / 255.0)[:, None] ** gamma * gains
    table = (np.clip((level - 0.5) * contrast + 0.5, 0, 1) * 255).astype(np.uint8)
    return np.stack([table[:, channel][image[..., channel]] for channel in range(3)], axis=-1)


def _grey(rng: np.random.Generator, image: Image) -> Image:
    """Less color, down to none."""
    grey = image.mean(axis=-1, keepdims=True)
    share = rng.uniform(0.3, 1.0)
    return np.asarray(grey * share + image * (1 - share), np.uint8)


def _blur(rng: np.random.Generator, image: Image) -> Image:
    radius = rng.uniform(0.3, 2.5) * image.shape[1] / REFERENCE_PX
    return np.asarray(Pillow.fromarray(image).filter(ImageFilter.GaussianBlur(radius)))


def _sharpen(rng: np.random.Generator, image: Image) -> Image:
    strength = int(rng.uniform(40, 160))
    return np.asarray(Pillow.fromarray(image).filter(ImageFilter.UnsharpMask(1.2, strength, 0)))


def _noise(rng: np.random.Generator, image: Image) -> Image:
    """Grain of single pixels, in part the same in all channels."""
    sigma = rng.uniform(2, 14)
    grain = rng.standard_normal((*image.shape[:2], 1), np.float32) * np.float32(sigma)
    if rng.random() < 0.5:
        grain = rng.standard_normal(image.shape, np.float32) * np.float32(sigma)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def _compress(rng: np.random.Generator, image: Image) -> Image:
    buffer = io.BytesIO()
    Pillow.fromarray(image).save(buffer, "JPEG", quality=int(rng.integers(30, 90)))
    with Pillow.open(buffer) as picture:
        return np.asarray(picture)


def _cover(rng: np.random.Generator, image: Image) -> Image:
    """Lay a few small rectangles of one color over the picture: what is hidden of a part has to be found from the rest."""
    covered, (height, width) = image.copy(), image.shape[:2]
    for _ in range(int(rng.integers(1, 9))):
        rows, columns = (np.array([height, width]) * rng.uniform(0.02, 0.12, 2)).astype(int) + 1
        top, left = int(rng.integers(0, height - rows + 1)), int(rng.integers(0, width - columns + 1))
        covered[top : top + rows, left : left + columns] = rng.integers(0, 256, 3)
    return covered


def _shade(rng: np.random.Generator, image: Image) -> Image:
    """Light that falls off across the picture, or the straight edge of a shadow."""
    height, width = image.shape[:2]
    angle = rng.uniform(0, 2 * np.pi)
    rows, columns = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    across = np.asarray(np.cos(angle) * columns + np.sin(angle) * rows - rng.uniform(-0.7, 0.7), np.float32)
    edge = special.expit(across * np.float32(np.exp(rng.uniform(0.5, 4.5))))
    light = 1 - np.float32(rng.uniform(0.2, 0.65)) * edge
    return np.asarray(image * light[..., None], np.uint8)


CHANGES: tuple[tuple[Change, float], ...] = (
    (_cover, 0.3), (_shade, 0.25), (_tone, 0.6), (_grey, 0.15), (_blur, 0.3), (_sharpen, 0.15), (_noise, 0.3), (_compress, 0.2),
)  # fmt: skip
"""What may happen, in this order, and how often each does in a picture that is changed at all."""
