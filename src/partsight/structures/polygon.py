"""Closed outlines: cut at a window, and filled."""

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray


def clip_polygon(points: FloatArray, window: FloatArray) -> FloatArray:
    """Return the (N, 2) outline inside of a window (left, top, right, bottom); empty where nothing of it is inside.

    After Sutherland and Hodgman (1974): pieces stay joined along the border, which changes no filling.
    """
    low, high = window[:2], window[2:]
    for axis in range(2):
        points = _above(points, axis, float(low[axis]))
        points = -_above(-points, axis, -float(high[axis]))
    return points


def fill_polygon(points: FloatArray, size_wh: tuple[int, int]) -> BoolArray:
    """Return the (H, W) pixels whose centers lie inside of an outline by the even-odd rule."""
    width, height = size_wh
    crossings = np.zeros((height, width + 1), np.int64)
    for (x0, y0), (x1, y1) in zip(points, np.roll(points, -1, axis=0), strict=True):
        first, last = (int(np.clip(np.ceil(y - 0.5), 0, height)) for y in sorted((y0, y1)))
        if last > first:
            rows = np.arange(first, last)
            at = x0 + (rows + 0.5 - y0) * (x1 - x0) / (y1 - y0)
            np.add.at(crossings, (rows, np.clip(np.ceil(at - 0.5), 0, width).astype(int)), 1)
    filled: BoolArray = np.cumsum(crossings, axis=1)[:, :width] % 2 == 1
    return filled


def area_of(points: FloatArray) -> float:
    """Return the area that an outline goes around, in square pixels."""
    (x, y), (next_x, next_y) = points.T, np.roll(points, -1, axis=0).T
    return float(abs(np.sum(x * next_y - next_x * y)) / 2)


def extent_of(points: FloatArray) -> FloatArray:
    """Return left, top, right and bottom of an outline of at least one point."""
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def _above(points: FloatArray, axis: int, limit: float) -> FloatArray:
    """Return the part of an outline whose coordinate along an axis is at least the limit."""
    kept: list[FloatArray] = []
    for before, point in zip(np.roll(points, 1, axis=0), points, strict=True):
        is_inside, was_inside = point[axis] >= limit, before[axis] >= limit
        if is_inside != was_inside:
            share = (limit - before[axis]) / (point[axis] - before[axis])
            crossing = before + share * (point - before)
            crossing[axis] = limit
            kept.append(crossing)
        if is_inside:
            kept.append(point)
    return np.array(kept).reshape(-1, 2)
