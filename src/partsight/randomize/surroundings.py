"""The ground that parts lie on and what rises behind it."""

import numpy as np

from partsight.config.sections.randomize import BackgroundSection
from partsight.randomize.camera.viewpoint import Viewpoint
from partsight.randomize.layouts.layout import Layout
from partsight.randomize.layouts.support import Support
from partsight.randomize.looks.backgrounds import sample_photo
from partsight.randomize.looks.grounds import sample_ground, sample_wall
from partsight.randomize.looks.materials import TEXTURE_PX, sample_surface
from partsight.randomize.solids import box, plane
from partsight.randomize.streams import chance, log_uniform
from partsight.structures.arrays import FloatArray
from partsight.structures.world.material import Material, Texture
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Instance
from partsight.structures.world.transform import Transform, moved, rigid, rotation_about

PLAIN = Material("plain ground", (0.6, 0.6, 0.6), 0.0, 0.9)
TABLE_SHARE = 0.35
"""Share of grounds that end: a table with a floor below."""
WALL_SHARE = 0.4
"""Share of pictures with a wall behind."""


def sample_surroundings(rng: np.random.Generator, section: BackgroundSection, layout: Layout) -> tuple[Instance, ...]:
    """Draw what bodies lie or stand on and what rises behind them; nothing around those that hover."""
    if layout.setting != "ground":
        return ()
    if layout.support is None:
        return _sample_ground(rng, section, layout.viewpoint, layout.focus_radius_m)
    reach_m = max((farthest_m(body.part, body.world_from_part) for body in layout.bodies), default=0.0)
    return _sample_support(rng, section, layout.viewpoint, layout.support, reach_m)


def farthest_m(part: Part, world_from_part: Transform) -> float:
    """Return the horizontal distance of a part's farthest point from the origin."""
    return float(np.linalg.norm(moved(world_from_part, part.mesh.vertices_m)[:, :2], axis=1).max())


def _sample_ground(
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


def _sample_support(
    rng: np.random.Generator, section: BackgroundSection, viewpoint: Viewpoint, support: Support, reach_m: float
) -> tuple[Instance, ...]:
    """Draw what a support and its floor look like, and perhaps a wall beyond everything within `reach_m` of the origin."""
    far_m, below = 12 * viewpoint.distance_m + reach_m, rigid(np.eye(3), [0, 0, support.floor_m])
    material = _surface(rng, section, viewpoint.distance_m) if section.vary else PLAIN
    boxes = tuple(_laid(box(fixed.size_m), material, fixed.world_from_box) for fixed in support.boxes)
    if not section.vary:
        return (*boxes, _laid(plane(far_m, far_m), PLAIN, below))
    floor = _laid(plane(far_m, far_m), _surface(rng, section, viewpoint.distance_m), below)
    corners_m = (farthest_m(instance.part, instance.world_from_part) for instance in boxes)
    wall = _wall(rng, section, viewpoint, max((reach_m, *corners_m))) if chance(rng, WALL_SHARE) else ()
    return (*boxes, floor, *wall)


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


def _wall(
    rng: np.random.Generator, section: BackgroundSection, viewpoint: Viewpoint, clear_m: float = 0.0
) -> tuple[Instance, ...]:
    """Draw an upright plane behind the focus object, facing the camera, that leaves `clear_m` around the origin free."""
    forward = viewpoint.camera.world_from_camera[:3, 2] * [1, 1, 0]
    if np.linalg.norm(forward) < 0.2:
        return ()
    forward = forward / np.linalg.norm(forward)
    upright = np.stack([np.cross([0, 0, 1.0], -forward), [0, 0, 1.0], -forward], axis=1)
    turn_deg = float(rng.uniform(-35, 35))
    turned = rotation_about([0, 0, 1], turn_deg) @ upright
    least = clear_m / (viewpoint.distance_m * float(np.cos(np.deg2rad(turn_deg))))
    place = forward * viewpoint.distance_m * max(rng.uniform(1.2, 4.0), least)
    size = viewpoint.distance_m * 6 + clear_m
    return (_laid(plane(size, size), _surface(rng, section, viewpoint.distance_m, is_wall=True), rigid(turned, place)),)


def _surface(
    rng: np.random.Generator, section: BackgroundSection, distance_m: float, *, is_wall: bool = False
) -> Material:
    size_m = distance_m * log_uniform(rng, 0.15, 2.0)
    photo = sample_photo(rng, section, (TEXTURE_PX, TEXTURE_PX)) if chance(rng, 0.4) else None
    if photo is not None:
        return Material("photo", (0.85, 0.85, 0.85), 0.0, float(rng.uniform(0.4, 1)), Texture(photo, 2 * size_m))
    if section.workshop_share and chance(rng, section.workshop_share):  # without, draws stay what they were
        sample = sample_wall if is_wall else sample_ground
        return sample(rng, distance_m * log_uniform(rng, 0.8, 3.0))
    return sample_surface(rng, size_m)


def _laid(part: Part, material: Material, world_from_part: FloatArray) -> Instance:
    return Instance(part, world_from_part, (material,))
