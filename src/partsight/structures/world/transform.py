"""Rigid transforms as 4×4 matrices, named so that frames visibly cancel: world_from_camera @ camera_from_part."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from partsight.structures.arrays import FloatArray

Transform: TypeAlias = FloatArray
"""(4, 4) rigid transform; translation in meters."""


def rigid(rotation: FloatArray, translation_m: Sequence[float] | FloatArray) -> Transform:
    """Return the transform that first rotates (3×3), then moves."""
    transform = np.eye(4)
    transform[:3, :3] = rotation
    transform[:3, 3] = translation_m
    return transform


def inverse(transform: Transform) -> Transform:
    """Return the inverse of a rigid transform."""
    rotation = transform[:3, :3].T
    return rigid(rotation, -rotation @ transform[:3, 3])


def moved(transform: Transform, points_m: FloatArray) -> FloatArray:
    """Return (N, 3) points carried from the right frame of the transform to its left frame."""
    moved_m: FloatArray = points_m @ transform[:3, :3].T + transform[:3, 3]
    return moved_m


def rotation_about(axis: Sequence[float] | FloatArray, angle_deg: float) -> FloatArray:
    """Return the 3×3 rotation about an axis (right-hand rule, Rodrigues' formula)."""
    x, y, z = np.asarray(axis, float) / np.linalg.norm(axis)
    angle = np.deg2rad(angle_deg)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    rotation: FloatArray = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    return rotation


def look_at(eye_m: FloatArray, target_m: FloatArray, roll_deg: float = 0.0) -> Transform:
    """Return world_from_camera for a camera at `eye_m` that looks at `target_m`, upright against world z, then rolled."""
    forward = (target_m - eye_m) / np.linalg.norm(target_m - eye_m)
    helper = np.array([0.0, 0.0, 1.0]) if abs(forward[2]) < 0.999 else np.array([0.0, 1.0, 0.0])
    right = np.cross(forward, helper)
    right /= np.linalg.norm(right)
    upright = np.stack([right, np.cross(forward, right), forward], axis=1)
    return rigid(upright @ rotation_about([0.0, 0.0, 1.0], roll_deg), eye_m)


def quaternion_wxyz(rotation: FloatArray) -> FloatArray:
    """Return the unit quaternion (w, x, y, z) of a 3×3 rotation, w at least 0; the eigenvector of Bar-Itzhack (2000)."""
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = rotation
    matrix = np.array([
        [xx + yy + zz, zy - yz, xz - zx, yx - xy],
        [zy - yz, xx - yy - zz, xy + yx, xz + zx],
        [xz - zx, xy + yx, yy - xx - zz, yz + zy],
        [yx - xy, xz + zx, yz + zy, zz - xx - yy],
    ])  # fmt: skip
    quaternion: FloatArray = np.linalg.eigh(matrix)[1][:, -1]
    return quaternion if quaternion[0] >= 0 else -quaternion
