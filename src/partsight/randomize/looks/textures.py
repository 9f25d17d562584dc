"""Procedural pictures: what grounds, walls, stickers and backgrounds are covered with. All (size, size, 3) uint8."""

from collections.abc import Callable

import numpy as np
from scipy import fft, ndimage

from partsight.structures.arrays import Float32Array, FloatArray, Image


def sample_texture(rng: np.random.Generator, size_px: int) -> Image:
    """Draw a texture of any kind."""
    makers: tuple[Callable[[np.random.Generator, int], FloatArray], ...] = (
        _clouds, _clouds, _wood, _fabric, _tiles, _speckle, _stripes, _scratched, _collage, _plain,
    )  # fmt: skip
    values = makers[int(rng.integers(len(makers)))](rng, size_px)
    return (np.clip(values, 0, 1) * 255).astype(np.uint8)


def sample_collage(rng: np.random.Generator, size_wh: tuple[int, int]) -> Image:
    """Draw a busy picture of this size, for behind hovering parts."""
    side = max(size_wh)
    layers = _collage(rng, side) if rng.random() < 0.7 else sample_texture(rng, side) / 255.0
    light = 0.6 + 0.8 * fractal_noise(rng, side, 2.5)[..., None]
    return (np.clip(layers * light, 0, 1) * 255).astype(np.uint8)[: size_wh[1], : size_wh[0]]


def sample_color(rng: np.random.Generator) -> FloatArray:
    """Draw an sRGB color: mostly muted, as in workshops, sometimes vivid."""
    gray = rng.uniform(0.05, 0.95)
    hue = np.clip(np.abs((rng.random() * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    saturation = rng.beta(1.0, 2.5)
    return np.asarray(np.clip(gray * (1 - saturation) + hue * saturation * rng.uniform(0.4, 1.0), 0, 1))


def fractal_noise(rng: np.random.Generator, size_px: int, slope: float, stretch: float = 1.0) -> FloatArray:
    """Return tileable noise in 0…1 whose amplitude falls with frequency to this power (spectral synthesis)."""
    frequencies = np.fft.fftfreq(size_px)[:, None] * stretch, np.fft.rfftfreq(size_px)[None, :]
    radius = np.hypot(*frequencies)
    radius[0, 0] = np.inf
    phases = rng.normal(size=(2, *radius.shape))
    noise = np.fft.irfft2((phases[0] + 1j * phases[1]) * radius**-slope, s=(size_px, size_px))
    low, high = np.percentile(noise, [1, 99])
    return np.asarray(np.clip((noise - low) / (high - low), 0, 1))


def quick_noise(rng: np.random.Generator, size_px: int, slope: float, stretch: float = 1.0) -> Float32Array:
    """Return noise like `fractal_noise`, in single precision: a third of the time, for textures that take a lot of it."""
    rows = np.float32(stretch) * fft.fftfreq(size_px).astype(np.float32)[:, None]
    power = rows**2 + fft.rfftfreq(size_px).astype(np.float32)[None, :] ** 2
    power[0, 0] = np.inf
    waves = rng.standard_normal((*power.shape, 2), dtype=np.float32).view(np.complex64)[..., 0]
    field = fft.irfft2(waves * np.exp(np.log(power) * np.float32(-slope / 2)), s=(size_px, size_px))
    noise: Float32Array = np.clip(np.float32(0.5) + field * np.float32(0.215 / field.std()), 0, 1)
    return noise


def _mixed(rng: np.random.Generator, weight: FloatArray) -> FloatArray:
    """Blend two or three colors by a weight in 0…1."""
    colors = np.stack([sample_color(rng) for _ in range(int(rng.integers(2, 4)))])
    if rng.random() < 0.6:
        colors = colors[:1] * rng.uniform(0.6, 1.4, (len(colors), 1))
    stops = np.linspace(0, 1, len(colors))
    return np.stack([np.interp(weight, stops, colors[:, channel]) for channel in range(3)], axis=-1)


def _plain(rng: np.random.Generator, size_px: int) -> FloatArray:
    return np.asarray(sample_color(rng) * (0.93 + 0.14 * fractal_noise(rng, size_px, 0.7)[..., None]))


def _clouds(rng: np.random.Generator, size_px: int) -> FloatArray:
    return _mixed(rng, fractal_noise(rng, size_px, rng.uniform(0.6, 2.2)))


def _wood(rng: np.random.Generator, size_px: int) -> FloatArray:
    grain = fractal_noise(rng, size_px, 1.6, stretch=rng.uniform(6, 20))
    rings = 0.5 + 0.5 * np.sin(grain * rng.uniform(10, 50))
    tone = np.array([0.55, 0.38, 0.22]) * rng.uniform(0.5, 1.7) + rng.normal(0, 0.04, 3)
    boards = 1 - 0.5 * (np.arange(size_px) % max(1, size_px // int(rng.integers(1, 6))) < 2)[:, None]
    return np.asarray(tone * (0.75 + 0.3 * rings * 0.4 + 0.25 * grain)[..., None] * boards[..., None])


def _fabric(rng: np.random.Generator, size_px: int) -> FloatArray:
    period = rng.uniform(3, 12)
    x, y = np.meshgrid(np.arange(size_px), np.arange(size_px))
    weave = np.where(
        (x // period + y // period) % 2 == 0, np.sin(np.pi * x / period) ** 2, np.sin(np.pi * y / period) ** 2
    )
    shade = 0.7 + 0.3 * weave + 0.2 * fractal_noise(rng, size_px, 1.2)
    return np.asarray(sample_color(rng) * shade[..., None])


def _tiles(rng: np.random.Generator, size_px: int) -> FloatArray:
    count = int(rng.integers(2, 10))
    number = (np.arange(size_px) * count // size_px)[:, None], (np.arange(size_px) * count // size_px)[None, :]
    inner = (np.arange(size_px) * count % size_px) / size_px
    joint = (np.minimum(inner, 1 - inner) < rng.uniform(0.0, 0.06)).astype(float)
    colors = np.stack([sample_color(rng), sample_color(rng)])
    base = (
        colors[(number[0] + number[1]) % 2] if rng.random() < 0.5 else np.broadcast_to(colors[0], (size_px, size_px, 3))
    )
    shade = rng.uniform(0.85, 1.15, (count, count))[number] * (0.9 + 0.2 * fractal_noise(rng, size_px, 1.0))
    return np.asarray(base * shade[..., None] * (1 - 0.6 * np.maximum(joint[:, None], joint[None, :]))[..., None])


def _speckle(rng: np.random.Generator, size_px: int) -> FloatArray:
    dots = ndimage.gaussian_filter(rng.random((size_px, size_px)), rng.uniform(0.6, 2.5), mode="wrap")
    threshold = np.quantile(dots, rng.uniform(0.7, 0.98))
    return _mixed(rng, np.where(dots > threshold, 1.0, 0.4 * fractal_noise(rng, size_px, 1.0)))


def _stripes(rng: np.random.Generator, size_px: int) -> FloatArray:
    x, y = np.meshgrid(np.arange(size_px), np.arange(size_px))
    turns = rng.integers(-12, 13, 2)
    wave = np.sin(2 * np.pi * (x * turns[0] + y * turns[1]) / size_px)
    return _mixed(rng, 0.5 + 0.5 * np.clip(wave * rng.uniform(1, 30), -1, 1))


def _scratched(rng: np.random.Generator, size_px: int) -> FloatArray:
    """Brushed or scratched metal and worn paint."""
    lines = fractal_noise(rng, size_px, 0.8, stretch=rng.uniform(15, 60))
    stains = fractal_noise(rng, size_px, 1.8)
    return np.asarray(sample_color(rng) * (0.6 + 0.35 * lines + 0.35 * stains)[..., None])


def _collage(rng: np.random.Generator, size_px: int) -> FloatArray:
    """Rectangles, discs and rows of strokes over each other: shelves, papers, screens, print."""
    canvas = _clouds(rng, size_px)
    for _ in range(int(rng.integers(6, 40))):
        _stamp(rng, canvas)
    return canvas


def _stamp(rng: np.random.Generator, canvas: FloatArray) -> None:
    """Paint one shape in place."""
    side = len(canvas)
    width, height = (side * rng.uniform(0.02, 0.5, 2)).astype(int) + 2
    left, top = rng.integers(0, side - width + 1), rng.integers(0, side - height + 1)
    spot = canvas[top : top + height, left : left + width]
    shade = sample_color(rng) * (0.8 + 0.4 * np.linspace(0, 1, width)[None, :, None])
    rows, columns = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    kind = rng.integers(4)
    if kind == 0:
        spot[rows**2 + columns**2 < 1] = sample_color(rng)
    elif kind == 1:
        is_stroke = (np.arange(height) % 6 < 2)[:, None] & (rng.random((height, width)) < 0.6)
        spot[:] = np.where(is_stroke[..., None], spot * 0.3, shade)
    else:
        spot[:] = shade
