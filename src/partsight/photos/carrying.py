"""Boxes carried from one frame to the next: normalized cross-correlation, coarse to fine, over place and size.

Lewis, "Fast Normalized Cross-Correlation" (1995). Good for steps of up to about the size of the part; a part that turns far or leaves
the picture is not carried, because the score falls below `MIN_SCORE`.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image as PillowImage

from partsight.labels.label import Box
from partsight.structures.arrays import FloatArray, Image

MIN_SCORE = 0.55
"""Correlation from which a box counts as found again."""

_COARSE_PX, _FINE_PX = 24, 64
_EVEN = 32
"""Longer side of the box in the two searches."""
_COARSE_ZOOMS = np.geomspace(0.7, 1.4, 9)
_FINE_ZOOMS = np.geomspace(0.94, 1.06, 5)
_REACH = 1.0
"""How far the coarse search looks to each side, in sizes of the box."""
_MARGIN = 0.1
"""Surroundings that belong to the template, as a share of the box."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A box where it was found again."""

    box_xyxy: Box
    score: float


def carry_box(before: Image, after: Image, box_xyxy: Box) -> Carried | None:
    """Find what a box shows in the next frame of the same size; None when it is not found or leaves the picture."""
    gray_before, gray_after = (PillowImage.fromarray(image).convert("L") for image in (before, after))
    template = _grown(box_xyxy, _MARGIN)
    coarse = _search(gray_before, gray_after, template, _Window(template, _REACH, _COARSE_PX), _COARSE_ZOOMS)
    if coarse is None:
        return None
    fine = _search(gray_before, gray_after, template, _Window(coarse.box_xyxy, 0.12, _FINE_PX), _FINE_ZOOMS)
    if fine is None or fine.score < MIN_SCORE:
        return None
    return _inside(Carried(_grown(fine.box_xyxy, -_MARGIN / (1 + 2 * _MARGIN)), fine.score), before.shape)


@dataclass(frozen=True, slots=True)
class _Window:
    """Where to look: around a box, so many of its sizes to each side, at a scale at which it is so long."""

    around: Box
    reach: float
    side_px: int

    @property
    def scale(self) -> float:
        left, top, right, bottom = self.around
        return min(1.0, self.side_px / max(right - left, bottom - top))


def _search(
    before: PillowImage.Image, after: PillowImage.Image, template: Box, window: _Window, zooms: FloatArray
) -> Carried | None:
    """Return the best place and size; sizes are relative to the box that the window lies around."""
    left, top, right, bottom = window.around
    width, height, scale = right - left, bottom - top, window.scale
    pad_x, pad_y = width * (window.reach + 0.2), height * (window.reach + 0.2)
    field = (left - pad_x, top - pad_y, right + pad_x, bottom + pad_y)
    searched = _cut_out(after, field, (round((width + 2 * pad_x) * scale), round((height + 2 * pad_y) * scale)))
    found = []
    for zoom in zooms:
        size = max(4, round(width * zoom * scale)), max(4, round(height * zoom * scale))
        place, score = _correlate(searched, _cut_out(before, template, size))
        x, y = field[0] + place[0] / scale, field[1] + place[1] / scale
        found.append(Carried((x, y, x + width * float(zoom), y + height * float(zoom)), score))
    return max(found, key=lambda one: one.score, default=None)


def _cut_out(picture: PillowImage.Image, box: Box, size_wh: tuple[int, int]) -> FloatArray:
    """Return a resized region; outside of the picture its border goes on."""
    left, top, right, bottom = (round(edge) for edge in box)
    rows = np.clip(np.arange(top, max(bottom, top + 1)), 0, picture.height - 1)
    columns = np.clip(np.arange(left, max(right, left + 1)), 0, picture.width - 1)
    region = PillowImage.fromarray(np.asarray(picture)[np.ix_(rows, columns)])
    resized = region.resize((max(size_wh[0], 1), max(size_wh[1], 1)), PillowImage.Resampling.BILINEAR)
    return np.asarray(resized, float)


def _correlate(field: FloatArray, template: FloatArray) -> tuple[tuple[float, float], float]:
    """Return the best place (x, y) of the template's corner, to a fraction of a pixel, and its correlation."""
    if field.shape[0] < template.shape[0] or field.shape[1] < template.shape[1]:
        return (0.0, 0.0), -1.0
    zero_mean = template - template.mean()
    energy = np.sqrt((zero_mean**2).sum())
    ones = np.ones_like(template)
    sums, squares = _convolve(field, ones), _convolve(field**2, ones)
    spread = np.sqrt(np.maximum(squares - sums**2 / template.size, 1e-6))
    scores = _convolve(field, zero_mean[::-1, ::-1]) / np.maximum(spread * energy, template.size)
    y, x = np.unravel_index(int(np.argmax(scores)), scores.shape)
    place = x + _peak(scores[y, :], int(x)), y + _peak(scores[:, x], int(y))
    return (float(place[0]), float(place[1])), float(scores[y, x])


def _convolve(field: FloatArray, kernel: FloatArray) -> FloatArray:
    """Return the convolution where the kernel lies whole in the field, by Fourier transforms."""
    rows, columns = (-(-side // _EVEN) * _EVEN for side in field.shape)  # sides without a large prime factor are faster
    product = np.fft.rfft2(field, (rows, columns)) * np.fft.rfft2(kernel, (rows, columns))
    whole: FloatArray = np.fft.irfft2(product, (rows, columns))
    return whole[kernel.shape[0] - 1 : field.shape[0], kernel.shape[1] - 1 : field.shape[1]]


def _peak(values: FloatArray, index: int) -> float:
    """Return the offset of a parabola's top through three neighbors."""
    if not 0 < index < len(values) - 1:
        return 0.0
    before, here, after = values[index - 1 : index + 2]
    bend = before - 2 * here + after
    return 0.0 if bend >= 0 else float(0.5 * (before - after) / bend)


def _grown(box: Box, share: float) -> Box:
    left, top, right, bottom = box
    dx, dy = (right - left) * share, (bottom - top) * share
    return left - dx, top - dy, right + dx, bottom + dy


def _inside(carried: Carried, shape: tuple[int, ...]) -> Carried | None:
    """Cut a box at the border; None when less than half of it is in the picture."""
    left, top, right, bottom = carried.box_xyxy
    cut = max(left, 0.0), max(top, 0.0), min(right, float(shape[1])), min(bottom, float(shape[0]))
    area = max(cut[2] - cut[0], 0.0) * max(cut[3] - cut[1], 0.0)
    return Carried(cut, carried.score) if area >= 0.5 * (right - left) * (bottom - top) else None
