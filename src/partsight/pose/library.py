"""Views of a part from all sides, drawn once: the edges that are seen from each, as templates for every turn in the picture."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from partsight.pose.gradients import NUM_BINS, bins_of
from partsight.pose.shapes.contours import Contour, see_contour
from partsight.pose.shapes.drawing import pixels_of
from partsight.pose.shapes.shape import PartShape
from partsight.structures.arrays import Float32Array, FloatArray, IntArray
from partsight.structures.world.directions import sphere_directions
from partsight.structures.world.transform import Transform, inverse, look_at, moved, rotation_about

NUM_VIEWS = 240
"""Viewpoints: neighbors are 13° apart."""
NUM_TURNS = 32
"""Turns in the picture, 11° apart; a multiple of what makes half of them whole bins."""
NUM_POINTS = 64
"""Edge points of a template."""
DISTANCE = 3.5
"""Of the diameter: from where the views are drawn."""
_SIZE_PX = 96
_FOCAL_PX = _SIZE_PX * DISTANCE * 0.8
"""The part fills up to 80 % of the picture, and more where it comes nearer."""
_LEAST_POINTS = 8
"""Views that show fewer edge points are left out: a sheet of metal seen from its edge."""
_MOST_KEPT = 8
"""Libraries that are kept at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Library:
    """Templates of all views and turns."""

    shape: PartShape
    look_from_part: FloatArray
    """(V, 4, 4) poses of the views, before any turn."""
    contours: tuple[Contour, ...]
    """What is seen from each view."""
    places: Float32Array
    """(V, A, P, 2) edge points from the part's origin, in pixels of the library's camera."""
    bins: IntArray
    """(V, A, P) directions of the edges' normals."""
    boxes_xyxy: Float32Array
    """(V, A, 4) box around each template, from the part's origin."""


@lru_cache(maxsize=_MOST_KEPT)
def library_of(shape: PartShape) -> Library:
    """Return the views of a shape that show it; it takes seconds the first time."""
    seen = [(pose, _contour(shape, pose)) for pose in (_pose(shape, one) for one in sphere_directions(NUM_VIEWS))]
    seen = [(pose, contour) for pose, contour in seen if len(contour.points_m) >= _LEAST_POINTS]
    poses, contours = [pose for pose, _ in seen], tuple(contour for _, contour in seen)
    flat = np.array([_flat(contour, pose, shape) for pose, contour in seen]).reshape(-1, 2, NUM_POINTS, 2)
    ends = shape.outermost_m
    hulls = _all_turns(
        np.array([pixels_of(moved(pose, ends), _FOCAL_PX, 0) for pose in poses]).reshape(-1, len(ends), 2)
    )
    boxes = np.concatenate([hulls.min(axis=2), hulls.max(axis=2)], axis=2)
    bins = np.round(bins_of(_all_turns(flat[:, 1]))).astype(np.int64) % NUM_BINS
    return Library(shape, np.array(poses).reshape(-1, 4, 4), contours, _all_turns(flat[:, 0]), bins, boxes)


def turns() -> FloatArray:
    """Return (A, 3, 3) rotations about the optical axis."""
    return np.stack([rotation_about([0, 0, 1], 360 * turn / NUM_TURNS) for turn in range(NUM_TURNS)])


def library_depth_m(shape: PartShape, size_ratio: FloatArray, focal_px: float) -> FloatArray:
    """Return how far a part is that looks `size_ratio` times as large, in pixels, as in the library."""
    depth: FloatArray = DISTANCE * shape.diameter_m * focal_px / (_FOCAL_PX * size_ratio)
    return depth


def _all_turns(flat: FloatArray) -> Float32Array:
    """Return (V, P, 2) points or directions after every turn, (V, A, P, 2)."""
    in_picture = turns()[:, :2, :2].swapaxes(1, 2).astype(np.float32)
    after: Float32Array = flat[:, None].astype(np.float32) @ in_picture
    return after


def _pose(shape: PartShape, direction: FloatArray) -> Transform:
    return inverse(look_at(direction * DISTANCE * shape.diameter_m, np.zeros(3)))


def _contour(shape: PartShape, pose: Transform) -> Contour:
    return see_contour(shape, pose, _FOCAL_PX, _SIZE_PX, step_px=1.0)


def _flat(contour: Contour, pose: Transform, shape: PartShape) -> tuple[FloatArray, FloatArray]:
    """Return (P, 2) places and normals of a template's points, from the part's origin."""
    chosen = spread_over(len(contour.points_m), NUM_POINTS)
    here, there = (
        contour.points_m[chosen],
        contour.points_m[chosen] + contour.tangents[chosen] * 1e-3 * shape.diameter_m,
    )
    start, end = (pixels_of(moved(pose, points), _FOCAL_PX, 0) for points in (here, there))
    along = end - start
    return start, np.stack([-along[:, 1], along[:, 0]], axis=1)


def spread_over(count: int, wanted: int) -> IntArray:
    """Return `wanted` places of a sequence, evenly spread; some twice where there are fewer."""
    return (np.arange(wanted) * count // wanted).astype(np.int64)
