"""Layouts of parts that lie side by side or hover: each is placed where it fits among those before."""

from dataclasses import dataclass

import numpy as np

from partsight.randomize.camera.viewpoint import Viewpoint, sample_viewpoint
from partsight.randomize.context import DrawContext
from partsight.randomize.layouts.arrangement import (
    Footprint,
    find_air_place,
    find_ground_place,
    in_air,
    on_ground,
    rest,
    turn_freely,
)
from partsight.randomize.layouts.layout import Body, Layout, pick_part, sample_opening
from partsight.randomize.streams import log_uniform
from partsight.randomize.things.distractors import Catalog, sample_distractor
from partsight.structures.arrays import FloatArray
from partsight.structures.world.part import Part, diagonal_m


@dataclass(frozen=True, slots=True, eq=False)
class _Site:
    """What is seen, on the ground or in the air, and what of it is taken."""

    viewpoint: Viewpoint
    is_floating: bool
    taken: list[Footprint]


def sample_scattered(context: DrawContext) -> Layout:
    """Place the focus part, the camera before it, then neighbors and distractors where they fit."""
    opening = sample_opening(context)
    rng, is_floating = opening.rng, opening.is_floating
    focus, footprint = _centered(rng, opening.focus, context.class_id, is_floating=is_floating)
    target_m, diagonal = focus.world_from_part[:3, 3], diagonal_m(focus.part.mesh)
    viewpoint = sample_viewpoint(context.stream("camera"), context.section.camera, context.size_wh, target_m, diagonal)
    site = _Site(viewpoint, is_floating, [] if opening.is_empty else [footprint])
    parts = [] if opening.is_empty else [focus, *_neighbors(rng, context, site)]
    bodies = (*parts, *_distractors(context, site, diagonal))
    return Layout(viewpoint, bodies, "air" if is_floating else "ground", diagonal / 2)


def _centered(rng: np.random.Generator, part: Part, class_id: int, *, is_floating: bool) -> tuple[Body, Footprint]:
    """Place the part looked at in the middle."""
    rotation = _turned(rng, part, is_floating=is_floating)
    put, place_m = (in_air, np.zeros(3)) if is_floating else (on_ground, np.zeros(2))
    transform, footprint = put(part, rotation, place_m)
    return Body(part, transform, class_id), footprint


def _neighbors(rng: np.random.Generator, context: DrawContext, site: _Site) -> list[Body]:
    """Draw further parts of any class; those that find no place are left out."""
    section = context.section.scatter
    low, high = section.parts_per_image
    bodies = []
    for _ in range(int(rng.integers(low, high + 1)) - 1):
        class_id = int(rng.integers(len(context.parts)))
        bodies += _placed(rng, pick_part(rng, context.parts[class_id], context.section.size_jitter), class_id, site)
    return bodies


def _distractors(context: DrawContext, site: _Site, size_m: float) -> list[Body]:
    """Draw things of about this size; those that find no place are left out."""
    rng, section = context.stream("distractors"), context.section.distractors
    bodies, catalog = [], Catalog(context.parts, context.others)
    for _ in range(int(rng.integers(section.per_image[0], section.per_image[1] + 1))):
        part = sample_distractor(rng, size_m * log_uniform(rng, 0.25, 2.0), section, catalog)
        bodies += _placed(rng, part, None, site)
    return bodies


def _placed(rng: np.random.Generator, part: Part, class_id: int | None, site: _Site) -> list[Body]:
    """Return the part where it fits, or nothing; what it takes is noted."""
    rotation = _turned(rng, part, is_floating=site.is_floating)
    find = find_air_place if site.is_floating else find_ground_place
    found = find(rng, part, rotation, site.viewpoint, site.taken)
    if found is None:
        return []
    site.taken.append(found[1])
    return [Body(part, found[0], class_id)]


def _turned(rng: np.random.Generator, part: Part, *, is_floating: bool) -> FloatArray:
    return turn_freely(rng) if is_floating else rest(rng, part)
