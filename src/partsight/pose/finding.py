"""A part's pose from one picture: guesses from a library of views, made exact, and the best of them by a closer look.

A pose is found by what the picture shows of edges, so it needs neither texture nor training. Poses that the part's symmetries make
equal are given as one: that which is turned least.
"""

from dataclasses import dataclass

import numpy as np

from partsight.pose.gradients import EdgeField, edge_field
from partsight.pose.library import library_of
from partsight.pose.look import Closeup, look_at_box
from partsight.pose.matching import distinct, guess_poses
from partsight.pose.refining import Edges, edges_of, refine, support
from partsight.pose.shading import shading_fit
from partsight.pose.shapes.contours import contour_in, see_contour
from partsight.pose.shapes.drawing import draw_shape, pixels_of
from partsight.pose.shapes.shape import PartShape
from partsight.pose.shapes.symmetric import least_turned
from partsight.structures.arrays import FloatArray, Image, locked
from partsight.structures.boxes import pairwise_iou
from partsight.structures.world.camera import Intrinsics, pixels_at
from partsight.structures.world.transform import Transform, inverse, moved

SMALLEST_PX = 16.0
"""Longer side of the smallest box of which a pose is looked for."""
_COARSE_PX, _FINE_PX = 96.0, 128.0
_NUM_GUESSES, _NUM_FINALISTS = 40, 6
_COARSE_REACHES, _FINE_REACHES = [5, 5, 4, 4, 3, 3, 3, 2, 2, 2], [5, 4, 3, 2, 2]
_FOLLOW_REACHES = ([9, 8, 6, 5, 4], [4, 3, 3, 2, 2])
_NUM_COARSE, _NUM_FINE = 100, 240
"""Edge points that are compared."""
_SHADING_WEIGHT, _BOX_WEIGHT = 0.15, 0.2
_SAME_DEG = 4.0
"""Refined guesses that are turned by less against each other are one."""


@dataclass(frozen=True, slots=True, eq=False)
class FoundPose:
    """Where a part is in the camera's frame."""

    camera_from_part: Transform
    fit: float
    """How much of the part's visible edges the picture confirms, 0…1."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "camera_from_part", locked(self.camera_from_part, np.float64, (4, 4)))


def find_pose(shape: PartShape, image: Image, box_xyxy: FloatArray, intrinsics: Intrinsics) -> FoundPose | None:
    """Return the pose of the part that a box shows; None where the box is too small to tell."""
    if max(box_xyxy[2] - box_xyxy[0], box_xyxy[3] - box_xyxy[1]) < SMALLEST_PX:
        return None
    finalists = _finalists(shape, look_at_box(image, intrinsics, box_xyxy, _COARSE_PX))
    look = look_at_box(image, intrinsics, box_xyxy, _FINE_PX)
    field = edge_field(look.pixels)
    judged = [_judged(shape, pose, look, field) for pose in finalists]
    if not judged:
        return None
    best = max(judged, key=lambda one: one.score)
    return FoundPose(least_turned(look.camera_from_look @ best.look_from_part, shape.symmetry), best.fit)


def follow_pose(shape: PartShape, image: Image, last: Transform, intrinsics: Intrinsics) -> FoundPose | None:
    """Return the pose in the next picture of a part whose pose in the last one is known; None where it left the picture."""
    box = box_around(shape, last, intrinsics)
    if box is None:
        return None
    look = look_at_box(image, intrinsics, box, _COARSE_PX)
    field = edge_field(look.pixels)
    pose = inverse(look.camera_from_look) @ last
    fit = 0.0
    for reaches in _FOLLOW_REACHES:
        edges = _edges_at(shape, pose, look)
        if edges is None:
            return None
        pose = refine(pose[None], edges, field, look.focal_px, reaches_px=reaches)[0]
        fit = float(support(pose[None], edges, field, look.focal_px).mean())
    return FoundPose(look.camera_from_look @ pose, fit)


def box_around(shape: PartShape, camera_from_part: Transform, intrinsics: Intrinsics) -> FloatArray | None:
    """Return the (4,) box around a part in the picture; None where it reaches behind the camera or out of the picture."""
    ends = moved(camera_from_part, shape.outermost_m)
    if ends[:, 2].min() <= 1e-3 * shape.diameter_m:
        return None
    pixels = pixels_at(intrinsics, ends[:, :2] / ends[:, 2:])
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    is_in = (high > 0).all() and (low < np.array(intrinsics.size_wh)).all()
    return np.concatenate([low, high]) if is_in else None


def _finalists(shape: PartShape, look: Closeup) -> list[Transform]:
    """Return the best poses by the edges of the library's views, best first."""
    library, field = library_of(shape), edge_field(look.pixels)
    guesses = guess_poses(library, look, field, _NUM_GUESSES)
    if not len(guesses.views):
        return []
    edges = edges_of([library.contours[view] for view in guesses.views], _NUM_COARSE)
    poses = refine(guesses.look_from_part, edges, field, look.focal_px, reaches_px=_COARSE_REACHES)
    scores = support(poses, edges, field, look.focal_px).mean(axis=1)
    best_first = np.argsort(-scores, kind="stable")
    return list(poses[distinct(poses, best_first, apart_deg=_SAME_DEG, count=_NUM_FINALISTS)])


@dataclass(frozen=True, slots=True, eq=False)
class _Judged:
    """A pose made exact, and how well it agrees with the picture."""

    look_from_part: Transform
    fit: float
    shading: float
    box_iou: float
    """Of the box around the pose with the one that was given: low where much is hidden, too, so that it counts little."""

    @property
    def score(self) -> float:
        return self.fit + _SHADING_WEIGHT * self.shading + _BOX_WEIGHT * self.box_iou


def _judged(shape: PartShape, pose: Transform, look: Closeup, field: EdgeField) -> _Judged:
    """Make a pose exact with the edges that it shows itself, and judge it."""
    drawing = draw_shape(shape, pose, look.focal_px, look.size_px)
    contour = contour_in(drawing, shape, pose, look.focal_px)
    if not len(contour.points_m):
        return _Judged(pose, 0.0, 0.0, 0.0)
    edges = edges_of([contour], _NUM_FINE)
    shading = shading_fit(drawing, shape, pose, look)
    pose = refine(pose[None], edges, field, look.focal_px, reaches_px=_FINE_REACHES)[0]
    fit = float(support(pose[None], edges, field, look.focal_px).mean())
    ends = pixels_of(moved(pose, shape.outermost_m), look.focal_px, look.size_px)
    box = np.concatenate([ends.min(axis=0), ends.max(axis=0)])
    return _Judged(pose, fit, shading, float(pairwise_iou(box[None], look.box_xyxy[None])[0, 0]))


def _edges_at(shape: PartShape, pose: Transform, look: Closeup) -> Edges | None:
    """Return the edges that a pose shows; None where it shows none."""
    contour = see_contour(shape, pose, look.focal_px, look.size_px)
    return edges_of([contour], _NUM_FINE) if len(contour.points_m) else None
