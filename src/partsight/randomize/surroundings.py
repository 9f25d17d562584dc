"""The ground that parts lie on and what rises behind it."""

import numpy as np

from partsight.config.randomize import BackgroundSection
from partsight.randomize.backgrounds import sample_photo
from partsight.randomize.materials import TEXTURE_PX, sample_surface
from partsight.randomize.solids import plane
from partsight.randomize.streams import chance, log_uniform
from partsight.randomize.viewpoint import Viewpoint
from partsight.structures.arrays import FloatArray
from partsight.structures.material import Material, Texture
from partsight.structures.part import Part
from partsight.structures.scene import Instance
from partsight.structures.transform import rigid, rotation_about

PLAIN = Material("plain ground", (0.6, 0.6, 0.6), 0.0, 0.9)
TABLE_SHARE = 0.35
"""Share of grounds that end: a table with a floor below."""
WALL_SHARE = 0.4
"""Share of pictures with a wall behind."""


def sample_surroundings(
    rng: np.random.Generator, section: BackgroundSection, viewpoint: Viewpoint, focus_radius_m: float
) -> tuple[Instance, ...]:
    """Draw ground, and perhaps table edge and wall; their top lies at z = 0."""
    far_m = 12 * viewpoint.distance_m
    if not section.vary:
        return (_laid(plane(far_m, far_m), PLAIN, np.eye(4)),)
    surfaces = [_ground(rng, section, viewpoint, far_m, focus_radius_m)]
    if len(surfaces[0]) > 1 or chance(rng, WALL_SHARE):
        surfaces.append(_wall(rng, section, viewpoint))
    return tuple(instance for group in surfaces for instance in group)


def _ground(
    rng: np.random.Generator, section: BackgroundSection, viewpoint: Viewpoint, far_m: float, focus_radius_m: float
) -> tuple[Instance, ...]:
    surface = _surface(rng, section, viewpoint.distance_m)
    turn = rotation_about([0, 0, 1], float(rng.uniform(0, 360)))
    if not chance(rng, TABLE_SHARE):
        return (_laid(plane(far_m, far_m), surface, rigid(turn, np.zeros(3))),)
    half = (focus_radius_m + viewpoint.distance_m * rng.uniform(0.15, 1.0, 2)) * 1.1
    below = -viewpoint.distance_m * rng.uniform(0.4, 2.0)
    floor = _laid(plane(far_m, far_m), _surface(rng, section, viewpoint.distance_m), rigid(np.eye(3), [0, 0, below]))
    return (_laid(plane(float(half[0]), float(half[1])), surface, rigid(turn, np.zeros(3))), floor)


def _wall(rng: np.random.Generator, section: BackgroundSection, viewpoint: Viewpoint) -> tuple[Instance, ...]:
    """Draw an upright plane behind the focus object, facing the camera."""
    forward = viewpoint.camera.world_from_camera[:3, 2] * [1, 1, 0]
    if np.linalg.norm(forward) < 0.2:
        return ()
    forward = forward / np.linalg.norm(forward)
    upright = np.stack([np.cross([0, 0, 1.0], -forward), [0, 0, 1.0], -forward], axis=1)
    turned = rotation_about([0, 0, 1], float(rng.uniform(-35, 35))) @ upright
    place = forward * viewpoint.distance_m * rng.uniform(1.2, 4.0)
    size = viewpoint.distance_m * 6
    return (_laid(plane(size, size), _surface(rng, section, viewpoint.distance_m), rigid(turned, place)),)


def _surface(rng: np.random.Generator, section: BackgroundSection, distance_m: float) -> Material:
    size_m = distance_m * log_uniform(rng, 0.15, 2.0)
    photo = sample_photo(rng, section, (TEXTURE_PX, TEXTURE_PX)) if chance(rng, 0.4) else None
    if photo is None:
        return sample_surface(rng, size_m)
    return Material("photo", (0.85, 0.85, 0.85), 0.0, float(rng.uniform(0.4, 1)), Texture(photo, 2 * size_m))


def _laid(part: Part, material: Material, world_from_part: FloatArray) -> Instance:
    return Instance(part, world_from_part, (material,))
