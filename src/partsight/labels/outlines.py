"""Masks as polygons and turned rectangles, in continuous pixel coordinates.

An outline runs through the middles of the edges between pixels inside and outside: diagonal borders stay straight, every center of
a pixel lies on its own side, and the extent is that of the mask. Points nearer than `TOLERANCE_PX` to the line without them are left
out, which moves no center to the other side: centers are at least 0.35 px away.
"""

from collections.abc import Sequence

import numpy as np

from partsight.structures.arrays import BoolArray, FloatArray, IntArray
from partsight.structures.mask import Mask

TOLERANCE_PX = 0.3
"""Largest distance of an outline from the one through all points."""
_STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))
"""Row and column of one step to the right, down, left, up; what is inside lies to the right-hand side."""


def outlines_of(mask: BoolArray) -> list[FloatArray]:
    """Return the closed (N, 2) outlines of a mask, largest extent first: clockwise around pieces, the other way around holes."""
    padded = np.pad(mask, 1)
    following = _border_steps(padded)
    rings = []
    while following:
        rings.append(_simplified(_walk(following) - 1.0))
    return sorted(rings, key=lambda ring: -float(np.prod(np.ptp(ring, axis=0))))


def mask_outlines(mask: Mask, *, finest_px: int | None = None) -> list[FloatArray]:
    """Return the closed (N, 2) outlines of a mask in the picture's pixels, as `outlines_of` orders them.

    With `finest_px` they follow no more than so many steps along the mask's longer side: enough for the eye, and quick.
    """
    pixels, left_top = mask.cut
    step = 1 if finest_px is None else max(1, -(-max(pixels.shape) // finest_px))
    return [step * ring + np.array(left_top, float) for ring in outlines_of(pixels[::step, ::step])]


def joined_outline(rings: Sequence[FloatArray]) -> FloatArray:
    """Return one closed (N, 2) path through all rings, there and back over the shortest bridges; its even-odd filling is the mask."""
    path = rings[0]
    for ring in rings[1:]:
        squared = ((path[:, None] - ring[None]) ** 2).sum(axis=2)
        place, start = np.unravel_index(squared.argmin(), squared.shape)
        turned = np.roll(ring, -int(start), axis=0)
        path = np.concatenate([path[: place + 1], turned, turned[:1], path[place:]])
    return path


def smallest_rectangle(mask: BoolArray) -> FloatArray:
    """Return the (4, 2) corners, clockwise, of the rectangle of least area around a mask's pixels, of which there must be one.

    One of its sides lies on a side of the convex hull (Freeman and Shapira 1975); the upright one is taken where it is as small.
    """
    corners = _hull_corners(mask)
    sides = np.diff(np.concatenate([corners, corners[:1]]), axis=0)
    angles = np.unique(np.concatenate([[0.0], np.round(np.arctan2(sides[:, 1], sides[:, 0]) % (np.pi / 2), 9)]))
    axes = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    along, across = corners @ axes.T, corners @ np.stack([-axes[:, 1], axes[:, 0]])
    areas = np.ptp(along, axis=0) * np.ptp(across, axis=0)
    best = int(np.flatnonzero(areas <= areas.min() * (1 + 1e-9))[0])
    low, high = along[:, best].min(), along[:, best].max()
    near, far = across[:, best].min(), across[:, best].max()
    turned = np.array([[low, near], [high, near], [high, far], [low, far]])
    (x, y) = axes[best]
    rectangle: FloatArray = turned @ np.array([[x, y], [-y, x]])
    return rectangle


def _border_steps(padded: BoolArray) -> dict[tuple[int, int], list[int]]:
    """Return which steps along borders start at each corner of pixels (row, column)."""
    starts = (
        padded[1:, :] & ~padded[:-1, :],
        padded[:, :-1] & ~padded[:, 1:],
        padded[:-1, :] & ~padded[1:, :],
        padded[:, 1:] & ~padded[:, :-1],
    )
    shifts = ((1, 0), (0, 1), (1, 1), (1, 1))
    following: dict[tuple[int, int], list[int]] = {}
    for direction, (borders, (down, across)) in enumerate(zip(starts, shifts, strict=True)):
        for row, column in np.argwhere(borders).tolist():
            following.setdefault((row + down, column + across), []).append(direction)
    return following


def _walk(following: dict[tuple[int, int], list[int]]) -> FloatArray:
    """Take one closed walk out of the steps and return the (N, 2) middles of its steps; where two are possible it turns right."""
    start, (direction, *_) = next(iter(following.items()))
    place, middles = start, list[tuple[float, float]]()
    while place in following:
        choices = following[place]
        direction = next(one % 4 for one in range(direction + 1, direction - 3, -1) if one % 4 in choices)
        choices.remove(direction)
        if not choices:
            del following[place]
        down, across = _STEPS[direction]
        middles.append((place[1] + across / 2, place[0] + down / 2))
        place = place[0] + down, place[1] + across
        if place == start:
            break
    return np.array(middles)


def _simplified(ring: FloatArray) -> FloatArray:
    """Return a ring without needless points (Douglas and Peucker 1973); those that make its extent stay."""
    extremes = [*ring.argmin(axis=0).tolist(), *ring.argmax(axis=0).tolist()]
    kept = np.zeros(len(ring), bool)
    kept[extremes] = True
    anchors = np.flatnonzero(kept)
    spans = [(int(low), int(high)) for low, high in zip(anchors, [*anchors[1:], anchors[0] + len(ring)], strict=True)]
    while spans:
        low, high = spans.pop()
        places = np.arange(low + 1, high)
        if len(places):
            away = _distances(ring[places % len(ring)], ring[low % len(ring)], ring[high % len(ring)])
            if away.max() > TOLERANCE_PX:
                middle = int(places[away.argmax()])
                kept[middle % len(ring)] = True
                spans += [(low, middle), (middle, high)]
    return ring[kept] if kept.sum() > 2 else ring


def _distances(points: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
    """Return the (N,) distances of points to a segment."""
    along = end - start
    length = float(along @ along)
    shares = np.clip((points - start) @ along / length, 0, 1) if length else np.zeros(len(points))
    distances: FloatArray = np.linalg.norm(points - start - shares[:, None] * along, axis=1)
    return distances


def _hull_corners(mask: BoolArray) -> FloatArray:
    """Return the corners of the convex hull of all pixels, as squares."""
    from scipy.spatial import ConvexHull

    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1)
    last = mask.shape[1] - mask[rows][:, ::-1].argmax(axis=1)
    columns: IntArray = np.concatenate([first, first, last, last])
    corners = np.stack([columns, np.concatenate([rows, rows + 1, rows, rows + 1])], axis=1).astype(np.float64)
    hull: FloatArray = corners[ConvexHull(corners).vertices]
    return hull
