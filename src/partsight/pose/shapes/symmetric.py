"""Poses that look the same: all transforms of a part's symmetry, and one pose chosen for many."""

import numpy as np

from partsight.structures.arrays import FloatArray
from partsight.structures.world.symmetry import Symmetry, rotation_around
from partsight.structures.world.transform import Transform, rotation_about

STEP_DEG = 3.0
"""Steps in which an axis of any angle is gone round, finer than BOP's: a chord of 3° is 2.6 % of the diameter at most."""
_STEPS_OF_SPHERE_DEG = 15.0
_MOST = 20_000


def equal_transforms(symmetry: Symmetry, step_deg: float = STEP_DEG) -> FloatArray:
    """Return (N, 4, 4) transforms of the part's frame that leave it as it is, the identity first.

    Axes of any angle are gone round in steps. Of a sphere, which has three, every rotation is made of turns about all three.
    """
    found = np.concatenate([np.eye(4)[None], symmetry.discrete])
    step = step_deg if len(symmetry.continuous) < 2 else max(step_deg, _STEPS_OF_SPHERE_DEG)
    for axis in symmetry.continuous:
        turns = np.stack(
            [rotation_around(rotation_about(axis.direction, angle), axis.offset_m) for angle in np.arange(0, 360, step)]
        )
        found = (turns[:, None] @ found[None]).reshape(-1, 4, 4)
    return found[:_MOST]


def least_turned(camera_from_part: Transform, symmetry: Symmetry) -> Transform:
    """Return the pose, of all that look the same, whose rotation is the smallest."""
    poses = camera_from_part @ equal_transforms(symmetry)
    return np.asarray(poses[np.einsum("nii->n", poses[:, :3, :3]).argmax()])
