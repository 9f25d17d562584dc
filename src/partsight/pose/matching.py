"""The first guess: every view, turned every way, laid into the box, compared with the edges of the look by look-up alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.pose.gradients import EdgeField, responses
from partsight.pose.library import NUM_POINTS, Library, library_depth_m, turns
from partsight.pose.look import Closeup
from partsight.structures.arrays import Float32Array, FloatArray, IntArray

_SPREAD_PX = 2
_MOST_ASPECT = 0.7
"""Logarithm of the ratio of two aspect ratios: boxes that are more unlike are not compared."""
_HIDDEN_ASPECT = 0.12
"""From here on a part of the longer template may be hidden: it is laid at both ends of the box."""
_SAME_VIEW_DEG = 14.0
"""Guesses that are turned by less against a better one are left out."""
_MOST_LOOKED_AT = 400
"""Of the best-fitting templates: among these are the guesses."""


@dataclass(frozen=True, slots=True, eq=False)
class Guesses:
    """Poses worth a closer look, best first."""

    look_from_part: FloatArray
    """(G, 4, 4)"""
    views: IntArray
    """(G,) index into the library."""
    scores: FloatArray
    """(G,)"""


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """Templates laid into the box: which, how large, and where the part's origin then is."""

    views: IntArray
    turns: IntArray
    ratios: Float32Array
    """(N,) pixels of the look for one of the library."""
    origins: Float32Array
    """(N, 2)"""


def guess_poses(library: Library, look: Closeup, field: EdgeField, count: int) -> Guesses:
    """Return the `count` best poses that differ from each other."""
    placed = _joined([_laid(library, look, where) for where in ("fitted", "first", "last")])
    scores = _scores(library, placed, responses(field, _SPREAD_PX))
    order = np.argsort(-scores, kind="stable")[:_MOST_LOOKED_AT]
    poses = _poses(library, placed, order, look)
    chosen = distinct(poses, np.arange(len(poses)), apart_deg=_SAME_VIEW_DEG, count=count)
    return Guesses(poses[chosen], placed.views[order[chosen]], scores[order[chosen]])


def _laid(library: Library, look: Closeup, where: str) -> _Placed:
    """Lay templates into the box: by their middles and areas, or as large as it takes, at the first or the last end."""
    low, high = library.boxes_xyxy[..., :2], library.boxes_xyxy[..., 2:]
    sizes = np.maximum(high - low, 1e-3)
    box_low, box_high = look.box_xyxy[:2], look.box_xyxy[2:]
    sides = np.maximum(box_high - box_low, 1.0) / sizes
    aspect = np.abs(np.log(sides[..., 0] / sides[..., 1]))
    is_tried = (aspect < _MOST_ASPECT) & ((where == "fitted") | (aspect > _HIDDEN_ASPECT))
    views, turns = np.nonzero(is_tried)
    sides, low, high = sides[is_tried], low[is_tried], high[is_tried]
    ratios = np.sqrt(sides.prod(axis=1)) if where == "fitted" else sides.max(axis=1)
    scale = ratios[:, None]
    origins = {
        "fitted": (box_low + box_high) / 2 - scale * (low + high) / 2,
        "first": box_low - scale * low,
        "last": box_high - scale * high,
    }[where]
    return _Placed(views, turns, ratios.astype(np.float32), origins.astype(np.float32))


def _joined(parts: Sequence[_Placed]) -> _Placed:
    names = ("views", "turns", "ratios", "origins")
    return _Placed(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def _scores(library: Library, placed: _Placed, maps: Float32Array) -> FloatArray:
    """Return the mean response under the points of each template; points outside of the look count as 0."""
    size = maps.shape[1]
    flat = np.append(maps.reshape(-1), np.float32(0))
    places = library.places[placed.views, placed.turns] * placed.ratios[:, None, None] + placed.origins[:, None]
    pixels = places.astype(np.int32)
    inside = ((pixels >= 0) & (pixels < size)).all(axis=2)
    index = library.bins[placed.views, placed.turns] * (size * size) + pixels[..., 1] * size + pixels[..., 0]
    found = flat[np.where(inside, index, len(flat) - 1)]
    total: FloatArray = found.sum(axis=1, dtype=np.float64) / NUM_POINTS
    return total


def _poses(library: Library, placed: _Placed, numbers: IntArray, look: Closeup) -> FloatArray:
    """Return (N, 4, 4) poses of chosen templates."""
    poses = library.look_from_part[placed.views[numbers]].copy()
    poses[:, :3, :3] = turns()[placed.turns[numbers]] @ poses[:, :3, :3]
    depths = library_depth_m(library.shape, placed.ratios[numbers].astype(float), look.focal_px)
    offsets = (placed.origins[numbers] - look.size_px / 2) / look.focal_px
    poses[:, :3, 3] = np.column_stack([offsets * depths[:, None], depths])
    return poses


def distinct(poses: FloatArray, order: IntArray, *, apart_deg: float, count: int) -> IntArray:
    """Return the numbers of the first `count` of (N, 4, 4) poses, in an order, that are turned against all chosen before them."""
    chosen: list[int] = []
    least = 1 + 2 * np.cos(np.radians(apart_deg))
    for number in order.tolist():
        traces = np.einsum("nij,ij->n", poses[chosen][:, :3, :3], poses[number, :3, :3])
        if not chosen or traces.max() < least:
            chosen.append(number)
        if len(chosen) == count:
            break
    return np.array(chosen, np.int64)
