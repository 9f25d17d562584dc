"""CVAT's shapes: box, ellipse, polygon, polyline, points, cuboid, mask, skeleton; turned ones state `rotation` in degrees."""

from collections.abc import Callable
from typing import Any

import numpy as np

from partsight.labels.outlines import joined_outline, outlines_of
from partsight.labels.shapes import DrawnShape, as_points, ellipse, no_box, outline, rectangle

NOT_DRAWN = frozenset({"tag"})
_CUBOID = [(f"x{corner}", f"y{corner}") for corner in ("tl1", "bl1", "tr1", "br1", "tl2", "bl2", "tr2", "br2")]


def cvat_shape(shape: Any) -> DrawnShape:
    """Return what an element draws. Raises TypeError or ValueError when it is not as CVAT writes it."""
    read = _READERS.get(str(shape.tag))
    return no_box(str(shape.tag), "is not read") if read is None else read(shape)


def _box(shape: Any) -> DrawnShape:
    return rectangle(_numbers(shape, "xtl", "ytl", "xbr", "ybr"), angle_deg=_angle(shape))


def _ellipse(shape: Any) -> DrawnShape:
    center_x, center_y, radius_x, radius_y = _numbers(shape, "cx", "cy", "rx", "ry")
    return ellipse((center_x, center_y), (radius_x, radius_y), _angle(shape))


def _mask(shape: Any) -> DrawnShape:
    left, top, across, down = _numbers(shape, "left", "top", "width", "height")
    corners = ((left, top), (left + across, top + down))
    return DrawnShape("mask", corners, border=_border(shape, (left, top), (round(across), round(down))))


def _border(shape: Any, left_top: tuple[float, float], size_wh: tuple[int, int]) -> tuple[tuple[float, float], ...]:
    """Return the way around the pixels of a mask, told as runs outside, inside, outside … along the rows of its box.

    It is empty where they do not fill the box.
    """
    told = str(shape.get("rle", "")).split(",")
    runs = [int(run) for run in told if run.strip().isdigit()]
    if len(runs) < len(told) or sum(runs) != size_wh[0] * size_wh[1]:
        return ()
    pixels = np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(size_wh[::-1])
    rings = outlines_of(pixels)
    return as_points(joined_outline(rings) + np.array(left_top)) if rings else ()


def _cuboid(shape: Any) -> DrawnShape:
    return outline("cuboid", [_numbers(shape, *names) for names in _CUBOID])


def _pointed(shape: Any) -> DrawnShape:
    return outline(str(shape.tag), _points(shape))


def _skeleton(shape: Any) -> DrawnShape:
    points = [
        pair for element in shape.iterfind("points") if element.get("outside") != "1" for pair in _points(element)
    ]
    return outline("skeleton", points)


def _points(shape: Any) -> list[list[float]]:
    return [[float(value) for value in pair.split(",")] for pair in shape.get("points", "").split(";") if pair.strip()]


def _numbers(shape: Any, *names: str) -> list[float]:
    return [float(shape.get(name)) for name in names]


def _angle(shape: Any) -> float:
    return float(shape.get("rotation") or 0.0)


_READERS: dict[str, Callable[[Any], DrawnShape]] = {
    "box": _box, "ellipse": _ellipse, "mask": _mask, "cuboid": _cuboid, "skeleton": _skeleton,
    "polygon": _pointed, "polyline": _pointed, "points": _pointed,
}  # fmt: skip
