"""Errors of poses as BOP defines them, and ADD-S: symmetric poses are one.

Hodaň et al., BOP challenge 2020 on 6D object localization (MSSD, MSPD, average recall); Xiang et al., PoseCNN, 2018 (ADD-S and the
area under its curve).
"""

import numpy as np

from partsight.pose.shapes.drawing import pixels_of
from partsight.structures.arrays import FloatArray
from partsight.structures.world.transform import Transform, moved

RECALL_SHARES = np.arange(1, 11) * 0.05
"""Thresholds of the average recall: shares of the diameter, and of 100 pixels of a picture 640 wide."""
_PIXELS = 100.0
_WIDTH_PX = 640.0
_MOST_AT_ONCE = 2_000_000


def mssd_m(estimate: Transform, truth: Transform, points_m: FloatArray, symmetries: FloatArray) -> float:
    """Return the maximum symmetry-aware surface distance of (N, 3) points: the farthest that one is off, at the best symmetry."""
    found = moved(estimate, points_m)
    off = (np.linalg.norm(found - moved(truth @ one, points_m), axis=1).max() for one in symmetries)
    return float(min(off))


def mspd_px(
    estimate: Transform, truth: Transform, points_m: FloatArray, symmetries: FloatArray, *, focal_px: float
) -> float:
    """Return the maximum symmetry-aware projection distance, in pixels; infinite for points behind the camera."""
    if min(moved(pose, points_m)[:, 2].min() for pose in (estimate, truth)) <= 0:
        return float("inf")
    found = pixels_of(moved(estimate, points_m), focal_px, 0)
    off = (
        np.linalg.norm(found - pixels_of(moved(truth @ one, points_m), focal_px, 0), axis=1).max() for one in symmetries
    )
    return float(min(off))


def add_s_m(estimate: Transform, truth: Transform, points_m: FloatArray) -> float:
    """Return the mean distance from each true point to the nearest found one."""
    found, true = moved(estimate, points_m), moved(truth, points_m)
    rows = max(1, _MOST_AT_ONCE // len(found))
    nearest = [
        np.linalg.norm(true[start : start + rows, None] - found[None], axis=2).min(axis=1)
        for start in range(0, len(true), rows)
    ]
    return float(np.concatenate(nearest).mean())


def rotation_error_deg(estimate: Transform, truth: Transform, symmetries: FloatArray) -> float:
    """Return the angle between two poses, at the best symmetry."""
    rotations = truth[:3, :3] @ symmetries[:, :3, :3]
    traces = np.einsum("nij,ij->n", rotations, estimate[:3, :3])
    return float(np.degrees(np.arccos(np.clip((traces.max() - 1) / 2, -1, 1))))


def average_recall(errors: FloatArray, unit: float) -> float:
    """Return the share of errors below each of ten thresholds, 5 to 50 % of a unit, averaged; NaN where there are none."""
    if not len(errors):
        return float("nan")
    return float((np.asarray(errors)[:, None] < RECALL_SHARES * unit).mean())


def mspd_unit_px(width_px: int) -> float:
    """Return the unit of the thresholds for MSPD: 100 pixels of a picture 640 wide."""
    return _PIXELS * width_px / _WIDTH_PX


def area_under_curve(errors: FloatArray, largest: float) -> float:
    """Return the area under the curve of the share of errors below a threshold, for thresholds of 0…largest, over `largest`."""
    if not len(errors):
        return float("nan")
    return float(np.clip(1 - np.asarray(errors) / largest, 0, 1).mean())
