"""Layouts of parts that stand upright on floor, pallets, pedestals or girders, while the camera walks round them at eye height.

The pictures of one class follow the golden ratio round the part: any number of them looks from evenly spread sides.
"""

from dataclasses import dataclass

import numpy as np

from partsight.config.sections.randomize import StandSection
from partsight.randomize.camera.viewpoint import Viewpoint, sample_walk_viewpoint
from partsight.randomize.context import DrawContext
from partsight.randomize.layouts.arrangement import NUM_TRIES, Footprint, do_outlines_meet, on_ground
from partsight.randomize.layouts.dropped import fallen_distractors, holds_camera, is_clear
from partsight.randomize.layouts.layout import Body, Layout, pick_part
from partsight.randomize.layouts.resting import resting_poses
from partsight.randomize.layouts.support import Support, girders, plinths
from partsight.randomize.streams import chance, stream
from partsight.structures.arrays import FloatArray
from partsight.structures.world.part import Part, diagonal_m
from partsight.structures.world.transform import rotation_about

GIRDER_STRETCH = (1.5, 5.0)
"""How many times as long a girder is as a plinth under the same part would be."""
GOLDEN_TURN = (np.sqrt(5) - 1) / 2
AXES = {"x": [0, -1, 0], "-x": [0, 1, 0], "y": [1, 0, 0], "-y": [-1, 0, 0]}
"""What to turn about by 90°, so that this axis points up."""


@dataclass(frozen=True, slots=True, eq=False)
class _Standing:
    """A body and the plinth, or the piece of floor, that it takes."""

    body: Body
    place_m: FloatArray
    """(2,)"""
    size_m: FloatArray
    """(2,)"""
    turn_deg: float


@dataclass(frozen=True, slots=True)
class _Base:
    """What the parts of a picture stand on."""

    height_m: float
    is_girder: bool = False
    stretch: float = 1.0
    """How many times as long it is as it would be for the part alone."""


def sample_standing(context: DrawContext) -> Layout:
    """Set the part looked at and its neighbors upright, walk to the next side, and let distractors fall around them."""
    rng, section = context.stream("placement"), context.section.stand
    is_empty, base = chance(rng, section.empty_share), _sample_base(rng, context)
    class_id = context.class_id
    focus = _stood(
        rng, section, pick_part(rng, context.parts[class_id], context.section.size_jitter), class_id, np.zeros(2), base
    )
    diagonal = diagonal_m(focus.body.part.mesh)
    viewpoint = _walked(context, focus.body, base.height_m, diagonal)
    standing = [] if is_empty else [focus, *_neighbors(rng, context, focus, viewpoint, base)]
    support, parts = _support(standing, base), [stood.body for stood in standing]
    distractors = fallen_distractors(context, diagonal, parts, support, viewpoint)
    return Layout(viewpoint, (*parts, *distractors), "ground", diagonal / 2, support)


def upright(axis: str) -> FloatArray:
    """Return the rotation after which this axis of the part points up."""
    if axis in AXES:
        return rotation_about(AXES[axis], 90)
    return rotation_about([1, 0, 0], 180) if axis == "-z" else np.eye(3)


def _sample_base(rng: np.random.Generator, context: DrawContext) -> _Base:
    """Draw pallets, pedestals, girders or the plain floor, and how high they are."""
    section, kind = context.section.stand, rng.random()
    if kind < section.pallet.share:
        return _Base(float(rng.uniform(*section.pallet.height_m)))
    if kind < section.pallet.share + section.pedestal.share:
        return _Base(float(rng.uniform(*section.pedestal.height_m)))
    if kind < section.pallet.share + section.pedestal.share + section.girder.share:
        stretch = float(context.stream("girder").uniform(*GIRDER_STRETCH))
        return _Base(float(rng.uniform(*section.girder.height_m)), is_girder=True, stretch=stretch)
    return _Base(0.0)


def _stood(
    rng: np.random.Generator, section: StandSection, part: Part, class_id: int, place_m: FloatArray, base: _Base
) -> _Standing:
    """Stand a part upright at a place, turned anyhow about the vertical."""
    standing, turn_deg = upright(section.up), float(rng.uniform(0, 360))
    transform, _ = on_ground(part, rotation_about([0, 0, 1], turn_deg) @ standing, place_m)
    sides_m = np.ptp((resting_poses(part).hull_m @ standing.T)[:, :2], axis=0) * rng.uniform(1.05, 1.6, 2)
    return _Standing(Body(part, transform, class_id), place_m, sides_m * [base.stretch, 1.0], turn_deg)


def _walked(context: DrawContext, focus: Body, height_m: float, diagonal: float) -> Viewpoint:
    rng, turn = context.stream("camera"), context.turn
    start = stream(context.seed, context.class_id, "start of the walk").uniform()
    azimuth = 2 * np.pi * ((start + turn * GOLDEN_TURN) % 1.0)
    eye_m = float(rng.uniform(*context.section.stand.eye_height_m)) - height_m
    target = focus.world_from_part[:3, 3]
    return sample_walk_viewpoint(rng, context.section.camera, context.size_wh, target, diagonal, (azimuth, eye_m))


def _neighbors(
    rng: np.random.Generator, context: DrawContext, focus: _Standing, viewpoint: Viewpoint, base: _Base
) -> list[_Standing]:
    """Draw further parts that stand around; those that find no place are left out."""
    standing, (low, high) = [focus], context.section.stand.parts_per_image
    for _ in range(int(rng.integers(low, high + 1)) - 1):
        class_id = int(rng.integers(len(context.parts)))
        part = pick_part(rng, context.parts[class_id], context.section.size_jitter)
        tried = (_beside(rng, context.section.stand, part, class_id, focus, base) for _ in range(NUM_TRIES))
        found = next((stood for stood in tried if _fits(stood, standing, viewpoint, base)), None)
        standing += [found] if found is not None else []
    return standing[1:]


def _beside(
    rng: np.random.Generator, section: StandSection, part: Part, class_id: int, focus: _Standing, base: _Base
) -> _Standing:
    away_m = diagonal_m(focus.body.part.mesh) * float(rng.uniform(*section.spacing))
    direction = rotation_about([0, 0, 1], float(rng.uniform(0, 360)))[:2, 0]
    return _stood(rng, section, part, class_id, direction * away_m, base)


def _fits(stood: _Standing, others: list[_Standing], viewpoint: Viewpoint, base: _Base) -> bool:
    """Return whether a part stands free of the others, of the camera, and of the middle of its view."""
    if any(do_outlines_meet(_footprint(stood), _footprint(other)) for other in others):
        return False
    is_in_plinth = any(holds_camera(box, viewpoint) for box in _support([stood], base).boxes)
    return not is_in_plinth and is_clear(stood.body, viewpoint) and not _hides(stood.body, others[0].body, viewpoint)


def _hides(body: Body, focus: Body, viewpoint: Viewpoint) -> bool:
    """Return whether the line from the camera to the part looked at passes close to the middle of a body."""
    eye, target = viewpoint.camera.world_from_camera[:3, 3], focus.world_from_part[:3, 3]
    along = (target - eye) / np.linalg.norm(target - eye)
    toward = body.world_from_part[:3, 3] - eye
    reach = float(np.clip(toward @ along, 0, np.linalg.norm(target - eye)))
    return float(np.linalg.norm(toward - reach * along)) < diagonal_m(body.part.mesh) / 4


def _footprint(stood: _Standing) -> Footprint:
    """Return the rectangle that a part's plinth takes; on the floor parts keep the same distance."""
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * stood.size_m / 2
    outline = corners @ rotation_about([0, 0, 1], stood.turn_deg)[:2, :2].T + stood.place_m
    radius = float(np.linalg.norm(stood.size_m)) / 2
    return Footprint(outline, np.array([*stood.place_m, 0.0]), radius)


def _support(standing: list[_Standing], base: _Base) -> Support:
    places, sizes = [stood.place_m for stood in standing], [stood.size_m for stood in standing]
    build = girders if base.is_girder else plinths
    return build(places, sizes, base.height_m, [stood.turn_deg for stood in standing])
