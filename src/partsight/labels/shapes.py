"""What people draw in labeling tools, and the one stated way in which each becomes an upright box: the extent of its outline.

    rectangle             itself
    rotated rectangle     extent of its four turned corners
    polygon, polyline     extent of its points
    ellipse, circle       extent of its curve
    mask, brush           extent of its pixels
    cuboid                extent of its eight corners
    skeleton, keypoints   the box that the file gives beside them; without one, the extent of the points
    single point, tag     none: there is no extent

Polygons, ellipses and masks are kept beside their box, as outlines; a turned rectangle is a box, no outline.
Points are in pixels of the picture as the tool showed it, or in shares of its sides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from partsight.labels.label import Box
from partsight.structures.arrays import BoolArray, FloatArray

RECTANGLE = "rectangle"
_OUTLINED = frozenset({"polygon", "ellipse"})
"""Kinds whose points go around what they show."""
_CURVE_POINTS = 720
"""An ellipse's extent is right within a hundred-thousandth of its radius."""


@dataclass(frozen=True, slots=True)
class DrawnShape:
    """An outline, turned about a point."""

    kind: str
    """In words, as it is counted: rectangle, rotated rectangle, polygon …"""
    points: tuple[tuple[float, float], ...] = ()
    angle_deg: float = 0.0
    """Clockwise in the picture."""
    pivot_xy: tuple[float, float] | None = None
    """What it is turned about; None for the middle of its extent."""
    is_in_shares: bool = False
    """Whether points count from 0 to 1 across the picture instead of pixels."""
    flaw: str = ""
    """Why it has no box; empty when it has one."""
    border: tuple[tuple[float, float], ...] = ()
    """The way around what it shows, where that is not said by its points."""

    def box(self, size_wh: tuple[int, int]) -> Box:
        """Return the extent in pixels of a picture of this size."""
        scale = np.array(size_wh if self.is_in_shares else (1, 1), float)
        points = np.array(self.points, float).reshape(-1, 2) * scale
        pivot = None if self.pivot_xy is None else np.array(self.pivot_xy) * scale
        turned = _turned(points, self.angle_deg, pivot)
        (left, top), (right, bottom) = turned.min(axis=0).tolist(), turned.max(axis=0).tolist()
        return left, top, right, bottom

    def outline(self, size_wh: tuple[int, int]) -> FloatArray | None:
        """Return the (P, 2) way around what it shows in pixels of a picture of this size; None where only a box is known."""
        points = self.border or (self.points if self.kind in _OUTLINED else ())
        if len(points) < 3:
            return None
        scale = np.array(size_wh if self.is_in_shares else (1, 1), float)
        pivot = None if self.pivot_xy is None else np.array(self.pivot_xy) * scale
        return _turned(np.array(points, float) * scale, self.angle_deg, pivot)


def rectangle(
    edges: Sequence[float], *, angle_deg: float = 0.0, pivot_xy: tuple[float, float] | None = None
) -> DrawnShape:
    """Return a box given by left, top, right, bottom, in whatever order its corners were drawn."""
    left, top, right, bottom = edges
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    kind = "rotated rectangle" if angle_deg % 360 else RECTANGLE
    return DrawnShape(kind, corners, angle_deg, pivot_xy)


def span(left: float, top: float, across: float, down: float) -> DrawnShape:
    """Return a box given by a corner and its sides; sides below zero have no area and are not turned round."""
    return rectangle((left, top, left + max(across, 0.0), top + max(down, 0.0)))


def outline(kind: str, points: Iterable[Sequence[float]]) -> DrawnShape:
    """Return a shape that counts by the extent of its points; one that has no extent says so."""
    pairs = tuple((float(x), float(y)) for x, y in points)
    extent = np.ptp(np.array(pairs).reshape(-1, 2), axis=0) if pairs else np.zeros(2)
    if np.isfinite(extent).all() and extent.min() <= 0:
        return no_box(kind, "has no extent")
    return DrawnShape(kind, pairs)


def ellipse(center_xy: tuple[float, float], radii_xy: tuple[float, float], angle_deg: float = 0.0) -> DrawnShape:
    """Return an ellipse by its middle and radii, turned about its middle."""
    steps = np.linspace(0, 2 * np.pi, _CURVE_POINTS, endpoint=False)
    xs, ys = center_xy[0] + radii_xy[0] * np.cos(steps), center_xy[1] + radii_xy[1] * np.sin(steps)
    points = tuple(zip(xs.tolist(), ys.tolist(), strict=True))
    return DrawnShape("ellipse", points, angle_deg, center_xy)


def no_box(kind: str, why: str) -> DrawnShape:
    """Return something that was drawn but has no box."""
    return DrawnShape(kind, flaw=f"{kind}: {why}")


def in_shares(shape: DrawnShape, *, of: float = 1.0) -> DrawnShape:
    """Return a shape whose points are shares of the picture, or percent of it with `of=100`."""
    points = tuple((x / of, y / of) for x, y in shape.points)
    pivot = None if shape.pivot_xy is None else (shape.pivot_xy[0] / of, shape.pivot_xy[1] / of)
    border = tuple((x / of, y / of) for x, y in shape.border)
    return replace(shape, points=points, pivot_xy=pivot, border=border, is_in_shares=True)


def outline_drawn(shape: DrawnShape, size_wh: tuple[int, int]) -> tuple[tuple[float, float], ...]:
    """Return the outline of a shape in pixels as pairs, none where only a box is known."""
    points = shape.outline(size_wh)
    return () if points is None else as_points(points)


def as_points(points: FloatArray) -> tuple[tuple[float, float], ...]:
    """Return (P, 2) points as pairs."""
    return tuple((x, y) for x, y in points.tolist())


def mask_extent(rows: BoolArray) -> Box | None:
    """Return the extent of an (H, W) mask's pixels, right and lower edges exclusive; None for an empty one."""
    down, across = np.flatnonzero(rows.any(axis=1)), np.flatnonzero(rows.any(axis=0))
    if not len(down):
        return None
    return float(across[0]), float(down[0]), float(across[-1] + 1), float(down[-1] + 1)


def upright(box_xyxy: Box, orientation: int, stored_wh: tuple[int, int]) -> Box:
    """Return a box drawn on a picture as it is stored, on the picture as its EXIF orientation (1…8) turns it."""
    left, top, right, bottom = box_xyxy
    width, height = stored_wh
    if orientation in {2, 3, 6, 7}:
        left, right = (width - right, width - left) if orientation in {2, 3} else (left, right)
        top, bottom = (height - bottom, height - top) if orientation in {3, 6, 7} else (top, bottom)
    if orientation == 4:
        top, bottom = height - bottom, height - top
    if orientation in {7, 8}:
        left, right = width - right, width - left
    return (top, left, bottom, right) if orientation >= 5 else (left, top, right, bottom)


def _turned(points: FloatArray, angle_deg: float, pivot: FloatArray | None) -> FloatArray:
    if not angle_deg % 360:
        return points
    middle = (points.min(axis=0) + points.max(axis=0)) / 2 if pivot is None else pivot
    angle = np.deg2rad(angle_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    rotated: FloatArray = (points - middle) @ turn + middle
    return rotated
