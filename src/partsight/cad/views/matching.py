"""From where a part was seen: a picture's box is compared with drawings of the part from all sides.

Gradient orientations in cells, normalized locally (histograms of oriented gradients; Dalal & Triggs, CVPR 2005), so that color,
light and material hardly count. Only cells that the part covers in the drawing are compared, so that the background hardly
counts either. The proportions of the box are a second hint. How often this is right depends on the part: measure it on renders,
whose poses are known, before believing it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image as PillowImage

from partsight.cad.views.drawing import draw_views
from partsight.structures.arrays import BoolArray, FloatArray, Image, IntArray
from partsight.structures.world.directions import sphere_directions
from partsight.structures.world.part import Part

NUM_VIEWS = 150
"""Neighbors are about 17° apart."""
UPRIGHT_ROLLS_DEG = (-12.0, 0.0, 12.0)
ALL_ROLLS_DEG = tuple(float(angle) for angle in range(0, 360, 30))

_DRAWN_PX, _SIDE_PX, _CELLS, _BINS = 96, 64, 8, 9
_ASPECT_SPREAD = 0.35
"""Differences of log proportions that cost one unit of likeness, squared."""
_NUM_NEIGHBORS = 6
_FAR_DEG = 40.0
"""Views farther apart than this may be mistaken for each other by symmetry alone."""
_CHUNK = 32


@dataclass(frozen=True, slots=True, eq=False)
class ViewGallery:
    """Drawings of one part as they are compared: D directions, T templates (each direction at each roll)."""

    directions: FloatArray
    """(D, 3) unit vectors from the part to the viewer, in the part's frame."""
    view_ids: IntArray
    """(T,) index into the directions."""
    features: FloatArray
    """(T, cells, bins)"""
    weights: FloatArray
    """(T, cells) share of the cell that the part covers."""
    log_aspects: FloatArray
    """(T,) log of width over height."""
    is_alike: BoolArray
    """(D, D) which views look the same, although they lie far apart: as much alike as neighbors at most are."""


def draw_gallery(part: Part, rolls_deg: Sequence[float]) -> ViewGallery:
    """Draw a part from all sides, at these rolls of the camera."""
    directions = sphere_directions(NUM_VIEWS)
    drawings = draw_views(part, [(x, y, z) for x, y, z in directions.tolist()], _DRAWN_PX)
    turned = [_tight(_turned(drawing, roll_deg)) for drawing in drawings for roll_deg in rolls_deg]
    view_ids = np.repeat(np.arange(NUM_VIEWS), len(rolls_deg))
    features = np.stack([_describe(image) for image in turned])
    weights = np.stack([_coverage(image) for image in turned])
    aspects = np.array([_log_aspect(image) for image in turned])
    alone = np.eye(NUM_VIEWS, dtype=bool)
    gallery = ViewGallery(directions, view_ids, features, weights, aspects, alone)
    upright = slice(int(np.argmin(np.abs(rolls_deg))), None, len(rolls_deg))
    likeness = _view_likeness(gallery, features[upright], aspects[upright])
    return ViewGallery(directions, view_ids, features, weights, aspects, alone | _mistaken(likeness, directions))


def match_views(gallery: ViewGallery, crops: Sequence[Image]) -> IntArray:
    """Return for each box, cut out of its picture, the number of the direction it was most likely seen from."""
    found = [np.zeros(0, np.int64)]
    for start in range(0, len(crops), _CHUNK):
        chunk = crops[start : start + _CHUNK]
        features = np.stack([_describe(crop) for crop in chunk])
        aspects = np.array([_log_aspect(crop) for crop in chunk])
        found.append(_view_likeness(gallery, features, aspects).argmax(axis=1))
    return np.concatenate(found)


def angle_errors_deg(gallery: ViewGallery, view_ids: IntArray, true_directions: FloatArray) -> FloatArray:
    """Return the angle between found and true directions, counted from the nearest view that looks like the found one."""
    cosines = np.clip(true_directions @ gallery.directions.T, -1.0, 1.0)
    alike = np.where(gallery.is_alike[view_ids], cosines, -1.0)
    errors: FloatArray = np.degrees(np.arccos(alike.max(axis=1)))
    return errors


def _view_likeness(gallery: ViewGallery, features: FloatArray, log_aspects: FloatArray) -> FloatArray:
    """Return (N, D): how much each picture looks like each view at its best roll."""
    weighted = (gallery.features * gallery.weights[..., None]).reshape(len(gallery.features), -1)
    products = features.reshape(len(features), -1) @ weighted.T
    own = (gallery.weights * (gallery.features**2).sum(axis=2)).sum(axis=1)
    theirs = (features**2).sum(axis=2) @ gallery.weights.T
    likeness = products / np.sqrt(np.maximum(own * theirs, 1e-12))
    likeness -= ((log_aspects[:, None] - gallery.log_aspects) / _ASPECT_SPREAD) ** 2
    best: FloatArray = likeness.reshape(len(features), len(gallery.directions), -1).max(axis=2)
    return best


def _mistaken(likeness: FloatArray, directions: FloatArray) -> BoolArray:
    """Return which views far apart are as much alike as each is with the neighbor it resembles most.

    A view that symmetry makes the same lies closer to some drawn view than neighbors lie to each other. A milder rule (the median
    neighbor) calls half the sphere alike: it makes the error look small, and a few photos look like all that is needed.
    """
    cosines = directions @ directions.T
    nearest = np.argsort(-cosines, axis=1)[:, 1 : _NUM_NEIGHBORS + 1]
    closest = np.take_along_axis(likeness, nearest, axis=1).max(axis=1)
    is_alike = (likeness >= closest[:, None]) & (cosines < np.cos(np.radians(_FAR_DEG)))
    return np.asarray(is_alike & is_alike.T, bool)


def _turned(drawing: Image, roll_deg: float) -> Image:
    turned = PillowImage.fromarray(drawing).rotate(
        roll_deg, PillowImage.Resampling.BILINEAR, expand=True, fillcolor=(255, 255, 255)
    )
    return np.asarray(turned)


def _tight(drawing: Image) -> Image:
    """Cut a drawing on white down to what is drawn."""
    rows, columns = np.flatnonzero(_is_drawn(drawing).any(axis=1)), np.flatnonzero(_is_drawn(drawing).any(axis=0))
    return drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _is_drawn(drawing: Image) -> BoolArray:
    return np.asarray((drawing < 250).any(axis=2), bool)


def _log_aspect(image: Image) -> float:
    return float(np.log(image.shape[1] / image.shape[0]))


def _coverage(drawing: Image) -> FloatArray:
    mask = PillowImage.fromarray(_is_drawn(drawing).astype(np.uint8) * 255)
    cells = np.asarray(mask.resize((_CELLS, _CELLS), PillowImage.Resampling.BOX), float) / 255
    return cells.ravel()


def _describe(image: Image) -> FloatArray:
    """Return (cells, bins): how strong edges of each orientation are, against the neighboring cells."""
    gray = PillowImage.fromarray(image).convert("L").resize((_SIDE_PX, _SIDE_PX), PillowImage.Resampling.BILINEAR)
    down, right = np.gradient(np.asarray(gray, float))
    strength = np.hypot(right, down)
    bins = np.floor(np.arctan2(down, right) % np.pi / np.pi * _BINS).astype(int) % _BINS
    pixels = _SIDE_PX // _CELLS
    rows, columns = np.indices(strength.shape) // pixels
    histogram = np.bincount(
        ((rows * _CELLS + columns) * _BINS + bins).ravel(), strength.ravel(), minlength=_CELLS * _CELLS * _BINS
    ).reshape(_CELLS, _CELLS, _BINS)
    padded = np.pad((histogram**2).sum(axis=2), 1, mode="edge")
    around = sum(padded[row : row + _CELLS, column : column + _CELLS] for row in range(3) for column in range(3)) / 9
    described: FloatArray = histogram / np.sqrt(around + (2.0 * pixels) ** 2)[..., None]
    return described.reshape(-1, _BINS)
