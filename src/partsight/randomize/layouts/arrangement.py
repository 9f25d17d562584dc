"""Where things lie: bodies are placed one after the other, each where it touches none of those before."""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import ConvexHull

from partsight.randomize.camera.viewpoint import Viewpoint
from partsight.randomize.layouts.resting import resting_poses
from partsight.structures.arrays import FloatArray
from partsight.structures.world.camera import pixel_rays, unproject
from partsight.structures.world.part import Part, diagonal_m
from partsight.structures.world.transform import Transform, rigid, rotation_about

NUM_TRIES = 12
"""Places tried for a body before it is left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """What a placed body keeps for itself: a convex outline on the ground, or a ball in the air."""

    outline_m: FloatArray
    """(N, 2) corners in the ground plane, counter-clockwise."""
    center_m: FloatArray
    radius_m: float


def rest(rng: np.random.Generator, part: Part) -> FloatArray:
    """Draw a rotation in which the part rests on the ground, turned anyhow about the vertical."""
    poses = resting_poses(part)
    down = poses.rotations[int(rng.choice(len(poses.probabilities), p=poses.probabilities))]
    return np.asarray(rotation_about([0, 0, 1], float(rng.uniform(0, 360))) @ down)


def turn_freely(rng: np.random.Generator) -> FloatArray:
    """Draw a rotation uniformly (Shoemake 1992)."""
    w, x, y, z = (quaternion := rng.normal(size=4)) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def on_ground(part: Part, rotation: FloatArray, place_m: FloatArray) -> tuple[Transform, Footprint]:
    """Lower the turned part onto z = 0 with its origin above `place_m` (2,)."""
    corners = resting_poses(part).hull_m @ rotation.T
    position = np.array([*place_m, -corners[:, 2].min()])
    outline = corners[:, :2] + place_m
    outline = outline[ConvexHull(outline).vertices] if len(outline) > 3 else outline
    height = corners[:, 2].max() - corners[:, 2].min()
    footprint = Footprint(outline, position, float(max(diagonal_m(part.mesh) / 2, height)))
    return rigid(rotation, position), footprint


def in_air(part: Part, rotation: FloatArray, place_m: FloatArray) -> tuple[Transform, Footprint]:
    """Hold the turned part at `place_m` (3,)."""
    return rigid(rotation, place_m), Footprint(np.zeros((0, 2)), place_m, diagonal_m(part.mesh) / 2)


def find_ground_place(
    rng: np.random.Generator, part: Part, rotation: FloatArray, viewpoint: Viewpoint, taken: list[Footprint]
) -> tuple[Transform, Footprint] | None:
    """Look for a free place on the ground that the camera sees; None when it is crowded."""
    for _ in range(NUM_TRIES):
        place = find_seen_ground(rng, viewpoint)
        if place is None:
            continue
        transform, footprint = on_ground(part, rotation, place)
        if is_clear_of_camera(footprint, viewpoint) and not any(do_outlines_meet(footprint, other) for other in taken):
            return transform, footprint
    return None


def find_air_place(
    rng: np.random.Generator, part: Part, rotation: FloatArray, viewpoint: Viewpoint, taken: list[Footprint]
) -> tuple[Transform, Footprint] | None:
    """Look for a free place in the air that the camera sees; None when it is crowded."""
    for _ in range(NUM_TRIES):
        pixel = rng.uniform(0, 1, (1, 2)) * viewpoint.camera.intrinsics.size_wh
        depth = np.array([viewpoint.distance_m * rng.uniform(0.7, 1.8)])
        transform, footprint = in_air(part, rotation, unproject(viewpoint.camera, pixel, depth)[0])
        if is_clear_of_camera(footprint, viewpoint) and not any(_balls_meet(footprint, other) for other in taken):
            return transform, footprint
    return None


def find_seen_ground(rng: np.random.Generator, viewpoint: Viewpoint) -> FloatArray | None:
    """Draw a point of the ground that is seen, not much farther than the focus object; (2,) or None."""
    pixel = rng.uniform(0, 1, (1, 2)) * viewpoint.camera.intrinsics.size_wh
    ray = pixel_rays(viewpoint.camera, pixel)[0]
    eye = viewpoint.camera.world_from_camera[:3, 3]
    if ray[2] > -1e-3:
        return None
    reach = eye[2] / -ray[2]
    return np.asarray((eye + reach * ray)[:2]) if reach < 3 * viewpoint.distance_m else None


def is_clear_of_camera(footprint: Footprint, viewpoint: Viewpoint) -> bool:
    """Return whether a body neither holds the camera nor fills its view."""
    eye = viewpoint.camera.world_from_camera[:3, 3]
    return float(np.linalg.norm(footprint.center_m - eye)) > max(1.3 * footprint.radius_m, 0.45 * viewpoint.distance_m)


def _balls_meet(one: Footprint, other: Footprint) -> bool:
    return float(np.linalg.norm(one.center_m - other.center_m)) < one.radius_m + other.radius_m


def do_outlines_meet(one: Footprint, other: Footprint) -> bool:
    """Return whether two convex outlines overlap: no edge of either separates them (separating axis theorem)."""
    if float(np.linalg.norm((one.center_m - other.center_m)[:2])) > one.radius_m + other.radius_m:
        return False
    edges = np.concatenate([np.roll(shape.outline_m, -1, axis=0) - shape.outline_m for shape in (one, other)])
    axes = np.column_stack([-edges[:, 1], edges[:, 0]])
    first, second = axes @ one.outline_m.T, axes @ other.outline_m.T
    is_apart = (first.max(axis=1) < second.min(axis=1)) | (second.max(axis=1) < first.min(axis=1))
    return not bool(is_apart.any())
