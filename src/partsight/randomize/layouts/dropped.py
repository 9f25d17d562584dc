"""Layouts made by gravity: parts fall on a support and come to rest, the camera aims at one, then distractors fall around them.

Parts at rest are as unmovable as the support when the distractors fall: other distractors leave parts and camera as they were.
Whatever would stand before the camera is left out, and the rest falls again without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.config.sections.randomize import CameraSection, RandomizeSection
from partsight.randomize.camera.viewpoint import Viewpoint, sample_viewpoint
from partsight.randomize.context import DrawContext
from partsight.randomize.layouts.arrangement import (
    NUM_TRIES,
    Footprint,
    find_seen_ground,
    is_clear_of_camera,
    on_ground,
    rest,
    turn_freely,
)
from partsight.randomize.layouts.layout import Body, Layout, pick_part, sample_opening
from partsight.randomize.layouts.physics import PosedPart, settle
from partsight.randomize.layouts.resting import resting_poses
from partsight.randomize.layouts.support import FixedBox, Support, sample_support
from partsight.randomize.streams import chance, log_uniform
from partsight.randomize.things.distractors import Catalog, sample_distractor
from partsight.structures.arrays import FloatArray
from partsight.structures.world.part import Part, diagonal_m
from partsight.structures.world.transform import inverse, moved, rigid, rotation_about

NUM_ROUNDS = 4
"""Drops of one picture; each leaves out what stood before the camera in the last."""
BIN_ELEVATION_DEG = 40.0
"""Least elevation of the camera before a bin, as far as the recipe allows it: walls hide what lies behind."""
GAP = 0.02
"""Height above what is below from which a body is let go, as a share of its diagonal."""


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """What is taken for bodies that wait to fall: a round column from the ground up."""

    center_m: FloatArray
    """(2,)"""
    radius_m: float
    top_m: float


@dataclass(frozen=True, slots=True, eq=False)
class _Site:
    """Where bodies are let go."""

    support: Support
    viewpoint: Viewpoint
    pile_m: FloatArray
    """(2,) middle of the pile."""
    pile_radius_m: float
    pile_share: float
    columns: list[_Column]


def sample_dropped(context: DrawContext) -> Layout:
    """Let the focus part and its neighbors fall, then distractors; a focus part that is lost rests alone in the middle."""
    opening = sample_opening(context)
    focus, diagonal = opening.focus, diagonal_m(opening.focus.mesh)
    support = sample_support(context.stream("support"), context.section.scatter.physics, diagonal)

    def aim(bodies: Sequence[Body]) -> Viewpoint:
        target = bodies[0].world_from_part[:3, 3] if bodies else np.array([0, 0, diagonal / 4])
        return _aimed(context, support, target, diagonal)

    parts = [] if opening.is_empty else _fallen_parts(context, focus, support, aim)
    viewpoint = aim(parts)
    distractors = fallen_distractors(context, diagonal, parts, support, viewpoint)
    return Layout(viewpoint, (*parts, *distractors), "ground", diagonal / 2, support)


def fallen_distractors(
    context: DrawContext, size_m: float, parts: Sequence[Body], support: Support, viewpoint: Viewpoint
) -> list[Body]:
    """Let distractors of about this size fall around, or onto, parts at rest, the first of which is looked at."""
    rng, (low, high) = context.stream("distractors"), context.section.distractors.per_image
    site = _site(context, support, viewpoint, parts, size_m)
    waiting: list[Body] = []
    for _ in range(int(rng.integers(low, high + 1))):
        about_m = size_m * log_uniform(rng, 0.25, 2.0)
        part = sample_distractor(rng, about_m, context.section.distractors, Catalog(context.parts, context.others))
        waiting += _let_go_somewhere(rng, part, None, site)
    return _fallen(context.stream("physics of distractors"), waiting, support, parts, lambda _: viewpoint)


def _fallen_parts(
    context: DrawContext, focus: Part, support: Support, aim: Callable[[Sequence[Body]], Viewpoint]
) -> list[Body]:
    """Return the parts at rest, the focus part first."""
    rng, class_id = context.stream("drop"), context.class_id
    site = _site(context, support, aim([]), [], diagonal_m(focus.mesh))
    waiting = [_let_go(rng, focus, class_id, _in_area(rng, focus, support, site.pile_m), site)]
    low, high = context.section.scatter.parts_per_image
    for _ in range(int(rng.integers(low, high + 1)) - 1):
        neighbor = int(rng.integers(len(context.parts)))
        part = pick_part(rng, context.parts[neighbor], context.section.size_jitter)
        waiting += _let_go_somewhere(rng, part, neighbor, site)
    fallen = _fallen(context.stream("physics of parts"), waiting, support, [], aim)
    if fallen and fallen[0].part is focus:
        return fallen
    return [Body(focus, on_ground(focus, rest(rng, focus), np.zeros(2))[0], class_id)]


def _fallen(
    rng: np.random.Generator,
    waiting: list[Body],
    support: Support,
    fixed: Sequence[Body],
    aim: Callable[[Sequence[Body]], Viewpoint],
) -> list[Body]:
    """Return the bodies where they rest, without those that are lost or stand before the camera; nothing if some always do."""
    obstacles = [_posed(body) for body in fixed]
    for _ in range(NUM_ROUNDS if waiting else 0):
        poses = settle(rng, [_posed(body) for body in waiting], support, obstacles)
        landed = [
            (body, Body(body.part, pose, body.class_id))
            for body, pose in zip(waiting, poses, strict=True)
            if pose is not None
        ]
        viewpoint = aim([fallen for _, fallen in landed])
        waiting = [body for body, fallen in landed if is_clear(fallen, viewpoint)]
        if len(waiting) == len(landed):
            return [fallen for _, fallen in landed]
    return []


def _site(
    context: DrawContext, support: Support, viewpoint: Viewpoint, parts: Sequence[Body], diagonal: float
) -> _Site:
    """Return where things may be let go above the parts at rest."""
    middle = parts[0].world_from_part[:2, 3] if parts else np.zeros(2)
    columns = [_column(body) for body in parts]
    return _Site(support, viewpoint, middle, 0.75 * diagonal, context.section.scatter.physics.pile_share, columns)


def _let_go_somewhere(rng: np.random.Generator, part: Part, class_id: int | None, site: _Site) -> list[Body]:
    """Let a body go above the support's area, above the pile, or above any ground in view; nothing where none is seen."""
    if site.support.area_m is not None or chance(rng, site.pile_share):
        away = rotation_about([0, 0, 1], float(rng.uniform(0, 360)))[:2, 0] * rng.uniform(0, site.pile_radius_m)
        return [_let_go(rng, part, class_id, _in_area(rng, part, site.support, site.pile_m + away), site)]
    seen = (find_seen_ground(rng, site.viewpoint) for _ in range(NUM_TRIES))
    place = next((place for place in seen if place is not None), None)
    return [] if place is None else [_let_go(rng, part, class_id, place, site)]


def _in_area(rng: np.random.Generator, part: Part, support: Support, otherwise_m: FloatArray) -> FloatArray:
    """Draw a place (2,) in the support's area, where the part fits in if it can; on endless ground, the given place."""
    if support.area_m is None:
        return otherwise_m
    half = np.maximum(support.area_m / 2 - diagonal_m(part.mesh) / 2, 0.0)
    turn = rotation_about([0, 0, 1], support.turn_deg)[:2, :2]
    return np.asarray(turn @ rng.uniform(-half, half))


def _let_go(rng: np.random.Generator, part: Part, class_id: int | None, place_m: FloatArray, site: _Site) -> Body:
    """Hold a freely turned part just above all that waits below it; its own column is noted."""
    rotation = turn_freely(rng)
    corners = resting_poses(part).hull_m @ rotation.T
    radius = float(np.linalg.norm(corners[:, :2], axis=1).max())
    near = [c.top_m for c in site.columns if np.linalg.norm(c.center_m - place_m) < c.radius_m + radius]
    bottom = max((*near, _rim_m(site.support))) + GAP * diagonal_m(part.mesh)
    body = Body(part, rigid(rotation, [*place_m, bottom - corners[:, 2].min()]), class_id)
    site.columns.append(_column(body))
    return body


def _column(body: Body) -> _Column:
    corners = moved(body.world_from_part, resting_poses(body.part).hull_m)
    center = body.world_from_part[:2, 3]
    radius = float(np.linalg.norm(corners[:, :2] - center, axis=1).max())
    return _Column(center, radius, float(corners[:, 2].max()))


def _rim_m(support: Support) -> float:
    return max((float(box.world_from_box[2, 3] + box.size_m[2] / 2) for box in support.boxes), default=0.0)


def _aimed(context: DrawContext, support: Support, target_m: FloatArray, diagonal: float) -> Viewpoint:
    """Draw the camera anew, but always alike, for this target; again if it would stand in the support."""
    rng, section = context.stream("camera"), _camera_before(support, context.section)
    viewpoint = sample_viewpoint(rng, section, context.size_wh, target_m, diagonal)
    for _ in range(NUM_ROUNDS):
        if not any(holds_camera(box, viewpoint) for box in support.boxes):
            break
        viewpoint = sample_viewpoint(rng, section, context.size_wh, target_m, diagonal)
    return viewpoint


def _camera_before(support: Support, section: RandomizeSection) -> CameraSection:
    """Return the camera's ranges; a camera before a bin looks down into it."""
    low, high = section.camera.elevation_deg
    if _rim_m(support) <= 0:
        return section.camera
    raised = max(low, min(high, BIN_ELEVATION_DEG))
    return section.camera.but(elevation_deg=(raised, high))


def holds_camera(box: FixedBox, viewpoint: Viewpoint) -> bool:
    """Return whether the camera stands in a box, or hardly before it."""
    eye = moved(inverse(box.world_from_box), viewpoint.camera.world_from_camera[None, :3, 3])[0]
    return bool((np.abs(eye) < box.size_m / 2 + 0.1 * viewpoint.distance_m).all())


def is_clear(body: Body, viewpoint: Viewpoint) -> bool:
    """Return whether a body neither holds the camera nor fills its view."""
    center, radius = body.world_from_part[:3, 3], diagonal_m(body.part.mesh) / 2
    return is_clear_of_camera(Footprint(np.zeros((0, 2)), center, radius), viewpoint)


def _posed(body: Body) -> PosedPart:
    return PosedPart(body.part, body.world_from_part)
