"""The edges of a look: strength by direction, spread a little, as in LINE-2D.

Hinterstoisser et al., Gradient response maps for real-time detection of texture-less objects, PAMI 34(5), 2012. Strengths are
relative to what is usual around, so that dim and bright places count alike; the sign is dropped, since light may come from anywhere.
"""

from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import Float32Array, FloatArray

NUM_BINS = 16
"""Directions of normals that are told apart, in half a turn."""
_AROUND_PX = 12
"""How far strengths are compared with."""
_SHADE_STEP = 2.5
"""Steps of gray value from one pixel to the next that are noise."""
_UNSURE = 0.5
"""How much of the mean over directions is taken off."""
_SHARPNESS = 4
"""How quickly a response falls with the angle: this power of its cosine."""


@dataclass(frozen=True, slots=True, eq=False)
class EdgeField:
    """The gradient at each pixel of a look: its direction, and as length a strength of 0…1."""

    gradient: Float32Array
    """(2, S, S) x and y."""

    @property
    def size_px(self) -> int:
        """The side of the look."""
        return int(self.gradient.shape[1])

    @property
    def flat(self) -> Float32Array:
        """(2, S · S)"""
        return self.gradient.reshape(2, -1)


def edge_field(pixels: Float32Array) -> EdgeField:
    """Return the gradients of an (S, S, 3) picture; of the three colors the one that changes most counts."""
    smooth = _smoothed(pixels)
    across, down = np.zeros_like(smooth), np.zeros_like(smooth)
    across[:, 1:-1] = (smooth[:, 2:] - smooth[:, :-2]) / 2
    down[1:-1] = (smooth[2:] - smooth[:-2]) / 2
    lengths = across**2 + down**2
    strongest = lengths.argmax(axis=2)[..., None]
    across, down, lengths = (np.take_along_axis(each, strongest, 2)[..., 0] for each in (across, down, lengths))
    usual = np.sqrt(_box_mean(lengths, _AROUND_PX)) + _SHADE_STEP
    length = np.sqrt(lengths)
    strength = np.clip(length / (2 * usual), 0, 1) / np.maximum(length, 1e-6)
    return EdgeField(np.stack([across * strength, down * strength]).astype(np.float32))


def responses(field: EdgeField, spread_px: int) -> Float32Array:
    """Return (NUM_BINS, S, S): how well an edge with a normal of each direction fits at each pixel, or at most `spread_px` beside it.

    What fits any direction counts little: the mean over directions is taken off.
    """
    angles = np.pi * np.arange(NUM_BINS) / NUM_BINS
    normals = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    across, down = field.gradient
    length = np.hypot(across, down)
    cosines = np.abs(normals[:, 0, None, None] * across + normals[:, 1, None, None] * down) / np.maximum(length, 1e-6)
    strengths: Float32Array = _spread(length * cosines**_SHARPNESS, spread_px)
    least: Float32Array = strengths - _UNSURE * strengths.mean(axis=0)
    return least


def bins_of(normals: FloatArray | Float32Array) -> FloatArray:
    """Return the direction of (…, 2) normals in units of bins, 0…NUM_BINS."""
    bins: FloatArray = np.arctan2(normals[..., 1], normals[..., 0]) * (NUM_BINS / np.pi) % NUM_BINS
    return bins


def _spread(maps: Float32Array, distance_px: int) -> Float32Array:
    """Return the largest value within a square around each pixel."""
    for axis in (1, 2):
        shifted = [maps]
        for step in range(1, distance_px + 1):
            shifted += [_shifted(maps, step, axis), _shifted(maps, -step, axis)]
        maps = np.maximum.reduce(shifted)
    return maps


def _shifted(maps: Float32Array, step: int, axis: int) -> Float32Array:
    moved = np.zeros_like(maps)
    source, target = [slice(None)] * 3, [slice(None)] * 3
    source[axis], target[axis] = (
        (slice(step, None), slice(None, -step)) if step > 0 else (slice(None, step), slice(-step, None))
    )
    moved[tuple(target)] = maps[tuple(source)]
    return moved


def _smoothed(pixels: Float32Array) -> Float32Array:
    """Return the picture after a filter of 1 2 1 in both directions."""
    for axis in (0, 1):
        padded = np.pad(pixels, [(1, 1) if axis == k else (0, 0) for k in range(3)], mode="edge")
        first, middle, last = (np.take(padded, range(k, k + pixels.shape[axis]), axis) for k in range(3))
        pixels = ((first + last) * 0.25 + middle * 0.5).astype(np.float32)
    return pixels


def _box_mean(values: Float32Array, radius_px: int) -> Float32Array:
    """Return the mean within a square around each pixel, as far as there is a picture."""
    sums = np.pad(np.cumsum(np.cumsum(values.astype(np.float64), axis=0), axis=1), ((1, 0), (1, 0)))
    places = np.arange(len(values))
    low, high = np.maximum(places - radius_px, 0), np.minimum(places + radius_px + 1, len(values))
    total = sums[high][:, high] - sums[high][:, low] - sums[low][:, high] + sums[low][:, low]
    count = (high - low)[:, None] * (high - low)[None]
    mean: Float32Array = (np.maximum(total, 0) / count).astype(np.float32)
    return mean
