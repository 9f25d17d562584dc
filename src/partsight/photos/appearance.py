"""How pictures look, in figures: what photographs have and renders do not cover.

Sharpness is the variance of the Laplacian (Pech-Pacheco et al., ICPR 2000), noise the estimate of Immerkær (1996), both on the
luminance of the picture at its own size, so that they mean what the detector sees before it resizes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from partsight.pictures import read_picture
from partsight.structures.arrays import BoolArray, FloatArray, Image
from partsight.structures.sample import Sample

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
"""Rec. 709, on encoded values."""
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], float)
_LAPLACE = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], float)
COVERED = (2.5, 97.5)
"""Percentiles of the renders between which a photo's value counts as covered."""
OF_PICTURES = {
    "brightness": "randomize.light.exposure_ev",
    "contrast": "randomize.sensor.contrast",
    "saturation": "randomize.sensor.saturation",
    "warmth": "randomize.sensor.white_balance",
    "sharpness": "randomize.sensor.defocus_px, sharpening",
    "noise": "randomize.sensor.shot_noise, read_noise",
}
"""Figure of a picture, and the recipe keys that move it."""
OF_BOXES = {
    "object size": "randomize.camera.object_size",
    "from the middle": "randomize.camera.off_center",
    "objects a picture": "randomize.scatter.parts_per_image",
}


IN_WORDS = {
    "brightness": ("photos are darker", "photos are brighter"),
    "contrast": ("photos are flatter", "photos have harder contrasts"),
    "saturation": ("photos are paler", "photos are more colorful"),
    "warmth": ("photos are bluer", "photos are yellower"),
    "sharpness": ("photos are more blurred", "photos are sharper"),
    "noise": ("photos are cleaner", "photos are grainier"),
    "object size": ("parts are smaller", "parts are larger"),
    "from the middle": ("parts lie nearer to the middle", "parts lie nearer to the edge"),
    "objects a picture": ("photos show fewer parts", "photos show more parts"),
}
"""What it means that a figure is lower in photos than in renders, or higher."""
POOR = 0.25
"""Share of uncovered values from which a figure is worth a change of the recipe."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One figure of photos and renders."""

    name: str
    photos: tuple[float, float, float]
    """5th, 50th and 95th percentile."""
    renders: tuple[float, float, float]
    num_photos: int
    num_renders: int
    uncovered: float
    """Share of the photos' values that lie beyond the renders'."""
    keys: str
    """Recipe keys that move it."""

    @property
    def is_poor(self) -> bool:
        """Whether so many photos lie beyond the renders that the recipe should change."""
        return self.uncovered >= POOR

    @property
    def in_words(self) -> str:
        """'41 % of the photos are darker than the renders: widen randomize.light.exposure_ev', by where the middle lies."""
        lower, higher = IN_WORDS[self.name]
        kind, said = (higher if self.photos[1] > self.renders[1] else lower).split(" ", 1)
        return f"{100 * self.uncovered:.0f} % of the {kind} {said} than in nearly all renders: widen {self.keys}"

    def scaled(self, factor: float) -> "Gap":
        """Return the figure in another unit, of which `factor` make one of this."""
        return replace(self, photos=_times(self.photos, factor), renders=_times(self.renders, factor))


def compare_appearance(photos: Sequence[Sample], renders: Sequence[Sample]) -> tuple[Gap, ...]:
    """Return a row for each figure, the least covered first. Give training and validation photos only: test photos choose nothing."""
    taken, drawn = _collect(photos), _collect(renders)
    keys = {**OF_PICTURES, **OF_BOXES}
    rows = [_gap(name, taken[name], drawn[name], keys[name]) for name in keys]
    return tuple(sorted((row for row in rows if row is not None), key=lambda row: -row.uncovered))


def measure_picture(picture: Image) -> dict[str, float]:
    """Return the figures of one picture; brightness, contrast and saturation in 0…1, noise as a standard deviation in 0…1."""
    from scipy.signal import convolve2d

    values = picture.astype(np.float64) / 255
    luminance = values @ LUMINANCE
    # Of a picture with fewer lines than the kernels the border counts on.
    wide = np.pad(luminance, [(0, max(0, 3 - side)) for side in luminance.shape], mode="edge")
    laplacian = convolve2d(wide, _LAPLACE, mode="valid")
    noise = convolve2d(wide, _IMMERKAER, mode="valid")
    high, low = values.max(axis=2), values.min(axis=2)
    red, _, blue = values.mean(axis=(0, 1))
    return {
        "brightness": float(luminance.mean()),
        "contrast": float(luminance.std()),
        "saturation": float(((high - low) / np.maximum(high, 1e-6)).mean()),
        "warmth": float(np.log2(max(red, 1e-3) / max(blue, 1e-3))),
        "sharpness": float(np.log10(laplacian.var() + 1e-9)),
        "noise": float(np.sqrt(np.pi / 2) * np.abs(noise).mean() / 6),
    }


def measure_object(picture: Image, is_object: BoolArray) -> dict[str, float]:
    """Return how an object stands out: brightness against its surroundings in −1…1, and the distance of their mean colors in 0…√3.

    Surroundings are a ring of about a quarter of the object's size. `is_object` is (H, W); raises ValueError when it is empty.
    """
    from scipy.ndimage import binary_dilation

    rows, columns = np.flatnonzero(is_object.any(axis=1)), np.flatnonzero(is_object.any(axis=0))
    if not len(rows):
        raise ValueError("no pixel belongs to the object")
    reach = max(2, round(np.sqrt(is_object.sum()) / 4))
    window = tuple(slice(max(0, line[0] - reach), line[-1] + reach + 1) for line in (rows, columns))
    inside = is_object[window]
    ring = binary_dilation(inside, iterations=reach) & ~inside
    if not ring.any():  # the object fills the picture
        return {"relief": 0.0, "color distance": 0.0}
    values = picture[window].astype(np.float64) / 255
    difference = values[inside].mean(axis=0) - values[ring].mean(axis=0)
    return {"relief": float(difference @ LUMINANCE), "color distance": float(np.linalg.norm(difference))}


def measure_boxes(sample: Sample) -> dict[str, FloatArray]:
    """Return the figures of a picture's boxes: size as a share of the longer side, distance from the middle as of half a picture."""
    boxes, (width, height) = sample.boxes_xyxy, sample.size_wh
    sides = boxes[:, 2:] - boxes[:, :2]
    middles = (boxes[:, :2] + boxes[:, 2:]) / np.array([width, height]) - 1
    return {
        "object size": sides.max(axis=1, initial=0) / max(width, height),
        "from the middle": np.abs(middles).max(axis=1, initial=0),
        "objects a picture": np.array([len(boxes)], float) if len(boxes) else np.zeros(0),
    }


def measure_sizes(samples: Iterable[Sample]) -> FloatArray:
    """Return the sizes of all boxes as shares of their picture's longer side."""
    return np.concatenate([np.zeros(0), *(measure_boxes(sample)["object size"] for sample in samples)])


def _collect(samples: Sequence[Sample]) -> dict[str, FloatArray]:
    pictures = [measure_picture(read_picture(sample.image_path)) for sample in samples]
    boxes = [measure_boxes(sample) for sample in samples]
    return {
        **{name: np.array([figures[name] for figures in pictures]) for name in OF_PICTURES},
        **{name: np.concatenate([np.zeros(0), *(figures[name] for figures in boxes)]) for name in OF_BOXES},
    }


def _gap(name: str, photos: FloatArray, renders: FloatArray, keys: str) -> Gap | None:
    if not len(photos) or not len(renders):
        return None
    low, high = np.percentile(renders, COVERED)
    uncovered = float(((photos < low) | (photos > high)).mean())
    return Gap(name, _spread(photos), _spread(renders), len(photos), len(renders), uncovered, keys)


def _times(values: tuple[float, float, float], factor: float) -> tuple[float, float, float]:
    low, middle, high = values
    return low * factor, middle * factor, high * factor


def _spread(values: FloatArray) -> tuple[float, float, float]:
    low, middle, high = np.percentile(values, (5, 50, 95)).tolist()
    return low, middle, high
