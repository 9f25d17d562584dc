"""Resting poses: on facets that carry the center of mass, likelier on larger ones."""

import numpy as np

from partsight.randomize.layouts.resting import resting_poses
from partsight.randomize.solids import box, lathe, plane


def test_a_box_rests_on_its_six_faces_mostly_on_the_large_ones():
    poses = resting_poses(box(np.array([0.3, 0.2, 0.05])))
    assert len(poses.rotations) == 6
    heights = [np.ptp(poses.hull_m @ rotation.T, axis=0)[2] for rotation in poses.rotations]
    on_large = poses.probabilities[np.isclose(heights, 0.05)].sum()
    assert on_large > 0.6
    np.testing.assert_allclose(poses.probabilities.sum(), 1)


def test_rotations_are_proper():
    for rotation in resting_poses(box(np.array([0.3, 0.2, 0.05]))).rotations:
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        np.testing.assert_allclose(np.linalg.det(rotation), 1)


def test_a_cone_never_stands_on_its_tip():
    """Its center of mass is low: it stands on its base or lies on its side."""
    cone = lathe("cone", np.array([[0, 0], [0.1, 0], [0, 0.3]]))
    poses = resting_poses(cone)
    tip = np.array([0, 0, 0.3])
    lowest = [(poses.hull_m @ rotation.T)[:, 2].min() for rotation in poses.rotations]
    standing = [np.isclose((rotation @ tip)[2], low) for rotation, low in zip(poses.rotations, lowest, strict=True)]
    widths = [np.ptp((poses.hull_m @ rotation.T)[:, 2]) for rotation in poses.rotations]
    assert not any(stands and np.isclose(width, 0.3) for stands, width in zip(standing, widths, strict=True))


def test_flat_parts_rest_as_they_are():
    assert len(resting_poses(plane(0.1, 0.2)).rotations) == 1
