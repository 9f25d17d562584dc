"""What photos tell about the camera that took them, in the units of `structures.world.sensor`.

Each photo is first made as wide as the renders are, wider where these show crops, because that is what the detector learns from:
noise and blur of a photo of 4,000 pixels are smaller there. The scene is not known, so these are estimates;
`docs/reference/photos.md` says how near they come.
"""

import functools
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image as PillowImage

from partsight.pictures import read_picture
from partsight.structures.arrays import FloatArray
from partsight.structures.world.material import linear_from_srgb, srgb_from_linear

REFERENCE_WIDTH = 640
"""Picture width at which the recipe states blur."""
SURELY_AVERAGED = 1.5
"""Of photos that many times as wide as the renders, compression leaves no traces."""
NO_TRACES = 95
"""JPEG quality that leaves no traces."""
_BLOCK = 8
_FLATTEST = 0.2
"""Share of the blocks of one brightness that are taken as even surfaces."""
_NUM_TONES = 8
_DEVIATIONS = np.array([0.0, 0.001, 0.002, 0.004, 0.006, 0.009, 0.013, 0.02, 0.03, 0.05, 0.1])
"""Deviations of noise, in linear light, that are sent through compression to see what is left."""
_CLIPPED, _TOO_DARK = 0.98, 0.005
_POSSIBLE_GAINS = (0.5, 2.0)
"""Beyond, it is the scene that has a color."""
_TOO_MUCH_HIDDEN = 0.008
"""Where compression hides noise of this deviation, photos do not tell how much there was."""
_STRIP_PX, _STRIP_LENGTH_PX = 48, 256
_TONES = (0.02, 0.8)
"""Linear light between which noise can be told: below it is rounded away, above highlights are cut off."""
_FEWEST_BLOCKS = 20
_REBLUR_PX = 1.0
_SMALLEST_PX = 16
"""Shorter side below which a picture has neither edges nor even surfaces to measure."""
_EDGE_SHARE = 0.02
"""Share of the pixels, those with the strongest change, that are taken as edges."""
_SHARPEST = 30
"""Percentile of the edges' blurs that is the lens's own: others lie out of focus or are no edges."""
_BLUR_OF_MEASURING = 0.64
"""What central differences and square pixels add to a perfect edge, in pixels: √(2²/12 + 1²/12)."""


@dataclass(frozen=True, slots=True)
class FittedRange:
    """A range of `randomize.sensor` as photos have it."""

    key: str
    low: float
    high: float
    num_photos: int
    """Photos of which the value could be told."""


def fit_ranges(paths: Sequence[Path], render_width: int, crop: float = 1.0) -> tuple[FittedRange, ...]:
    """Return the ranges that the photos give; keys that none of them tells are left out. Raises DatasetError for unreadable files.

    Renders are so many pixels wide and show the share `crop` of a photo's width.
    """
    measured = [measure_camera(path, render_width, crop) for path in paths]
    keys = sorted({key for figures in measured for key in figures})
    values = {key: np.concatenate([figures[key] for figures in measured if key in figures]) for key in keys}
    counts = {key: sum(key in figures for figures in measured) for key in keys}
    return tuple(_range(key, values[key], counts[key]) for key in keys)


def measure_camera(path: Path, render_width: int, crop: float = 1.0) -> Mapping[str, FloatArray]:
    """Return values of the sensor's keys, several for red and blue together; a key that the photo does not tell is left out."""
    picture = PillowImage.fromarray(read_picture(path))
    full_width, whole_width = picture.width, round(render_width / crop)
    if full_width > whole_width:
        picture = picture.resize(
            (whole_width, max(1, round(picture.height * whole_width / full_width))), PillowImage.Resampling.BOX
        )
    if min(picture.size) < _SMALLEST_PX:
        return {}
    light = linear_from_srgb(np.asarray(picture) / 255.0)
    visible = _visible_quality(path, full_width / whole_width)
    found = {
        "white_balance": _white_balance(light),
        "shot_noise": None,
        "read_noise": None,
        "defocus_px": _defocus(light, light.shape[1] * crop),
        "jpeg_quality": visible,
        **_noise(light, visible),
    }
    return {key: np.atleast_1d(np.asarray(value, float)) for key, value in found.items() if value is not None}


def jpeg_quality(path: Path) -> float | None:
    """Return the quality, 1…100, that a JPEG file's quantization tables stand for (IJG's scale); None for other files."""
    with PillowImage.open(path) as picture:
        tables = getattr(picture, "quantization", None)
    if not tables:
        return None
    scale = 100 * sum(tables[0]) / _standard_table_sum()
    return float(np.clip(5000 / scale if scale > 100 else (200 - scale) / 2, 1, 100))


def noise_by_tone(light: FloatArray) -> FloatArray:
    """Return (T, 2) light and the standard deviation seen in it, from the flattest blocks of each tone of (H, W) light; NaN for
    tones that hardly occur."""
    means, deviations = _blocks(light)
    edges = np.geomspace(*_TONES, _NUM_TONES + 1)
    rows = []
    for low, high in itertools.pairwise(edges):
        of_tone = (means >= low) & (means < high)
        is_enough = np.count_nonzero(of_tone) >= _FEWEST_BLOCKS
        flattest = float(np.quantile(deviations[of_tone], _FLATTEST)) if is_enough else np.nan
        rows.append((float(np.sqrt(low * high)), flattest))
    return np.array(rows)


def _white_balance(light: FloatArray) -> tuple[float, float] | None:
    """Return the gains of red and blue, had bright surfaces been gray (Minkowski mean of power 6: Finlayson, Trezzi, CIC 2004)."""
    unclipped = light[(light < _CLIPPED).all(axis=2)]
    if not len(unclipped) or unclipped.mean() < _TOO_DARK:
        return None
    red, green, blue = (unclipped**6).mean(axis=0) ** (1 / 6)
    gains = np.array([red, blue]) / max(green, 1e-6)
    return tuple(np.clip(gains, *_POSSIBLE_GAINS).tolist())


def _noise(light: FloatArray, quality: float | None) -> dict[str, float]:
    """Return the noise of light and of electronics: variance = shot² · light + read² (least squares, each tone counts alike)."""
    from scipy.optimize import nnls

    tones, seen = noise_by_tone(light[..., 1]).T
    is_known = np.isfinite(seen)
    if np.count_nonzero(is_known) < 2:
        return {}
    sent = _noise_seen_of(None if quality is None else round(quality))[:, is_known]
    if np.median(_hidden_deviations(sent)) > _TOO_MUCH_HIDDEN:
        return {}
    noise = np.array([np.interp(one, shown, _DEVIATIONS) for one, shown in zip(seen[is_known], sent.T, strict=True)])
    weights = 1 / np.maximum(noise, 1e-3) ** 2
    columns = np.stack([tones[is_known], np.ones(len(noise))], axis=1)
    squares, _ = nnls(columns * weights[:, None], noise**2 * weights)
    return {"shot_noise": float(np.sqrt(squares[0])), "read_noise": float(np.sqrt(squares[1]))}


def _blocks(light: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean light and noise of each block; what changes evenly across it, as on curved surfaces, is no noise."""
    from scipy.ndimage import convolve

    kernel = (
        np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]]) / 6
    )  # Immerkær, CVIU 64(2), 1996: white noise keeps its deviation
    rough = convolve(light, kernel, mode="reflect")
    rows, columns = (side // _BLOCK for side in light.shape)
    tiles = [
        values[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK).swapaxes(1, 2)
        for values in (light, rough)
    ]
    return tiles[0].mean(axis=(2, 3)).ravel(), np.sqrt((tiles[1] ** 2).mean(axis=(2, 3))).ravel()


@functools.lru_cache(maxsize=128)
def _noise_seen_of(quality: int | None) -> FloatArray:
    """Return (D, T) what is seen of noise of each deviation in each tone, once it has gone through a JPEG file of this quality.

    Compression takes fine noise away, and the flattest blocks have less of it than others: both are measured on even surfaces.
    """
    seen = [noise_by_tone(_compressed(_even_surfaces(deviation), quality)[..., 1])[:, 1] for deviation in _DEVIATIONS]
    rising: FloatArray = np.maximum.accumulate(np.nan_to_num(np.array(seen)), axis=0)
    return rising + 1e-9 * np.arange(len(_DEVIATIONS))[:, None]


def _hidden_deviations(sent: FloatArray) -> FloatArray:
    """Return for each tone the strongest noise of which compression leaves less than a tenth."""
    is_hidden = sent < 0.1 * _DEVIATIONS[:, None]
    hidden: FloatArray = np.where(is_hidden, _DEVIATIONS[:, None], 0.0).max(axis=0)
    return hidden


def _even_surfaces(deviation: float) -> FloatArray:
    """Return (H, W, 3) gray light: a strip of each tone, with white noise of its own in each channel."""
    edges = np.geomspace(*_TONES, _NUM_TONES + 1)
    tones = np.repeat(np.sqrt(edges[:-1] * edges[1:]), _STRIP_PX)[:, None, None]
    light: FloatArray = tones + deviation * np.random.default_rng(0).standard_normal((len(tones), _STRIP_LENGTH_PX, 3))
    return light


def _compressed(light: FloatArray, quality: int | None) -> FloatArray:
    encoded = PillowImage.fromarray(np.rint(srgb_from_linear(np.clip(light, 0, 1)) * 255).astype(np.uint8))
    stream = BytesIO()
    if quality is None:
        encoded.save(stream, "PNG")
    else:
        encoded.save(stream, "JPEG", quality=quality)
    with PillowImage.open(stream) as picture:
        return linear_from_srgb(np.asarray(picture) / 255.0)


def _defocus(light: FloatArray, render_width: float) -> float | None:
    """Return the blur of the sharpest edges in pixels, where renders, so wide here, have the reference width.

    Zhuo and Sim, Pattern Recognition 44(9), 2011.
    An edge blurred by σ loses steepness when blurred once more by σ₀, by the factor R: σ = σ₀ / √(R² − 1).
    """
    from scipy.ndimage import gaussian_filter

    luminance = light @ np.array([0.2126, 0.7152, 0.0722])
    steep, less_steep = (np.hypot(*np.gradient(one)) for one in (luminance, gaussian_filter(luminance, _REBLUR_PX)))
    at_edges = (steep >= np.quantile(steep, 1 - _EDGE_SHARE)) & (steep > 0.02) & _is_ridge(steep)
    if np.count_nonzero(at_edges) < 50:
        return None
    ratio = np.maximum(steep[at_edges] / np.maximum(less_steep[at_edges], 1e-9), 1.01)
    blur = float(np.percentile(_REBLUR_PX / np.sqrt(ratio**2 - 1), _SHARPEST))
    own = max(0.0, blur**2 - _BLUR_OF_MEASURING**2) ** 0.5
    return float(own * REFERENCE_WIDTH / render_width)


def _is_ridge(values: FloatArray) -> FloatArray:
    """Return where a value is the largest of its row or of its column's neighbors: the middle of an edge."""
    from scipy.ndimage import maximum_filter

    ridge: FloatArray = (values == maximum_filter(values, (1, 3))) | (values == maximum_filter(values, (3, 1)))
    return ridge


def _visible_quality(path: Path, times_wider: float) -> float | None:
    quality = jpeg_quality(path)
    if quality is None:
        return None
    return max(quality, NO_TRACES) if times_wider > SURELY_AVERAGED else quality


@functools.cache
def _standard_table_sum() -> int:
    """Return the sum of the standard table, which is that of quality 50."""
    stream = BytesIO()
    PillowImage.new("L", (8, 8)).save(stream, "JPEG", quality=50)
    with PillowImage.open(stream) as picture:
        return sum(picture.quantization[0])  # type: ignore[attr-defined]  # files of this format have it


def _range(key: str, values: FloatArray, num_photos: int) -> FittedRange:
    """Return the 5th to 95th percentile, wider by a quarter to each side of what few photos span."""
    low, high = np.percentile(values, (5, 95)).tolist()
    room = 0.25 * (high - low) if num_photos < 10 else 0.0
    low, high = max(0.0, low - room), high + room
    if key == "jpeg_quality":
        return FittedRange(key, max(1, round(low)), min(100, round(high)), num_photos)
    return FittedRange(key, round(low, 4), round(high, 4), num_photos)
