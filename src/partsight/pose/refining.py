"""Poses made exact: every edge point looks along its normal for the edge of the picture; Gauss-Newton steps follow.

The way of RAPID (Harris & Stennett 1990) and of Drummond & Cipolla (Real-time visual tracking of complex structures, PAMI 24(7),
2002), for many poses at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.pose.gradients import EdgeField
from partsight.pose.library import spread_over
from partsight.pose.shapes.contours import Contour
from partsight.structures.arrays import Float32Array, FloatArray, IntArray

_DAMPING = 1e-2
"""Keeps what the edges say nothing about where it is: added to the diagonal, as a share of it."""
_STILL = 0.05
"""An edge of the picture that is weaker is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Points of the edges of several poses, in the part's frame."""

    points_m: FloatArray
    """(G, P, 3)"""
    tangents: FloatArray
    """(G, P, 3)"""


def edges_of(contours: Sequence[Contour], num_points: int) -> Edges:
    """Return as many points of each contour."""
    chosen = [spread_over(len(contour.points_m), num_points) for contour in contours]
    points = [contour.points_m[places] for contour, places in zip(contours, chosen, strict=True)]
    tangents = [contour.tangents[places] for contour, places in zip(contours, chosen, strict=True)]
    return Edges(np.stack(points), np.stack(tangents))


def refine(
    poses: FloatArray, edges: Edges, field: EdgeField, focal_px: float, *, reaches_px: Sequence[int]
) -> FloatArray:
    """Return (G, 4, 4) poses after one step for each reach: how far along the normals the edges are looked for."""
    center = edges.points_m.mean(axis=1)
    for reach in reaches_px:
        poses = _step(poses, edges, field, focal_px, reach=reach, center=center)
    return poses


def support(poses: FloatArray, edges: Edges, field: EdgeField, focal_px: float, *, reach_px: int = 1) -> FloatArray:
    """Return (G, P) how well each edge point is confirmed by the picture, 0…1."""
    _, pixels, normals = _projected(poses, edges, focal_px, field.size_px)
    profile = _profile(field, pixels, normals, reach_px)
    best: FloatArray = profile.max(axis=2)
    return best


def _projected(
    poses: FloatArray, edges: Edges, focal_px: float, size_px: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (G, P, 3) points in camera axes, (G, P, 2) their pixels and unit normals of the edges in the picture."""
    rotations = np.swapaxes(poses[:, :3, :3], 1, 2)
    points = edges.points_m @ rotations + poses[:, None, :3, 3]
    directions = edges.tangents @ rotations
    depth = np.maximum(points[..., 2:], 1e-6)
    pixels = points[..., :2] / depth * focal_px + size_px / 2
    along = directions[..., :2] - points[..., :2] / depth * directions[..., 2:]
    along = along / np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
    return points, pixels, np.stack([-along[..., 1], along[..., 0]], axis=-1)


def _profile(field: EdgeField, pixels: FloatArray, normals: FloatArray, reach_px: int) -> Float32Array:
    """Return (G, P, 2 reach + 1) strengths of edges across each normal, where the edge of the picture is turned like the point's."""
    steps = np.arange(-reach_px, reach_px + 1, dtype=np.float32)
    at = pixels[..., None, :].astype(np.float32) + normals[..., None, :].astype(np.float32) * steps[:, None]
    places = at.astype(np.int32)
    inside = ((at >= 0) & (places < field.size_px)).all(axis=-1)
    index = np.where(inside, places[..., 1] * field.size_px + places[..., 0], 0)
    across, down = field.flat[0][index], field.flat[1][index]
    along = np.abs(across * normals[..., None, 0] + down * normals[..., None, 1])
    length = np.sqrt(across**2 + down**2)
    turned_alike = np.where(length > 0, along / np.maximum(length, 1e-6), 0)
    strength: Float32Array = np.where(inside, along * turned_alike**2, 0).astype(np.float32)
    return strength


def _step(
    poses: FloatArray, edges: Edges, field: EdgeField, focal_px: float, *, reach: int, center: FloatArray
) -> FloatArray:
    points, pixels, normals = _projected(poses, edges, focal_px, field.size_px)
    profile = _profile(field, pixels, normals, reach)
    steps = np.arange(-reach, reach + 1)
    near = profile * np.exp(-0.5 * (steps / (0.6 * reach + 0.5)) ** 2)
    best = near.argmax(axis=2)
    off = _between(profile, best) - reach
    weights = np.take_along_axis(near, best[..., None], 2)[..., 0]
    weights = np.where(weights > _STILL, weights, 0.0)
    return _solved(poses, points, normals, (off, weights), focal_px=focal_px, center=center)


def _between(profile: Float32Array, best: IntArray) -> FloatArray:
    """Return the place of the peak between the steps, by the parabola through it and its neighbors."""
    last = profile.shape[2] - 1
    around = [np.take_along_axis(profile, np.clip(best + k, 0, last)[..., None], 2)[..., 0] for k in (-1, 0, 1)]
    bend = around[0] - 2 * around[1] + around[2]
    shift = np.where(bend < -1e-6, 0.5 * (around[0] - around[2]) / np.where(bend < -1e-6, bend, 1), 0)
    peak: FloatArray = best + np.clip(shift, -0.5, 0.5)
    return peak


def _solved(
    poses: FloatArray,
    points: FloatArray,
    normals: FloatArray,
    measured: tuple[FloatArray, Float32Array],
    *,
    focal_px: float,
    center: FloatArray,
) -> FloatArray:
    """Return the poses after the step that moves the points by what was measured along their normals, best in least squares."""
    off, weights = measured
    middle = np.einsum("gij,gj->gi", poses[:, :3, :3], center) + poses[:, :3, 3]
    x, y, z = np.moveaxis(points, -1, 0)
    nx, ny = np.moveaxis(normals, -1, 0)
    by_move = np.stack([nx, ny, -(nx * x + ny * y) / z], axis=-1) * (focal_px / z)[..., None]
    by_turn = np.cross(points - middle[:, None], by_move)
    slopes = np.concatenate([by_turn, by_move], axis=-1)
    squares = np.einsum("gpi,gp,gpj->gij", slopes, weights, slopes)
    squares += np.eye(6) * (np.einsum("gii->gi", squares) * _DAMPING + 1e-6)[:, None, :]
    right = np.einsum("gpi,gp->gi", slopes, weights * off)
    step = np.linalg.solve(squares, right[..., None])[..., 0]
    return _moved(poses, step, middle)


def _moved(poses: FloatArray, steps: FloatArray, middles: FloatArray) -> FloatArray:
    """Return poses turned about a middle by a rotation vector, and moved."""
    angles = np.linalg.norm(steps[:, :3], axis=1)
    axes = steps[:, :3] / np.maximum(angles, 1e-12)[:, None]
    sine, cosine = np.sin(np.minimum(angles, 0.5)), np.cos(np.minimum(angles, 0.5))
    cross = np.zeros((len(steps), 3, 3))
    cross[:, [2, 0, 1], [1, 2, 0]] = axes
    cross[:, [1, 2, 0], [2, 0, 1]] = -axes
    turn = np.eye(3) + sine[:, None, None] * cross + (1 - cosine)[:, None, None] * cross @ cross
    after = poses.copy()
    after[:, :3, :3] = turn @ poses[:, :3, :3]
    after[:, :3, 3] = np.einsum("gij,gj->gi", turn, poses[:, :3, 3] - middles) + middles + steps[:, 3:]
    return after
