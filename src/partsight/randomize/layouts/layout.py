"""Nouns of a picture that is being composed: bodies that have places but no materials yet."""

from dataclasses import dataclass

import numpy as np

from partsight.randomize.camera.viewpoint import Viewpoint
from partsight.randomize.layouts.support import Support
from partsight.randomize.solids import scaled
from partsight.structures.world.part import Part
from partsight.structures.world.transform import Transform


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A placed thing, before it has materials."""

    part: Part
    world_from_part: Transform
    class_id: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where everything is, before light and materials."""

    viewpoint: Viewpoint
    bodies: tuple[Body, ...]
    is_floating: bool
    focus_radius_m: float
    support: Support | None = None
    """What the bodies were dropped on; None: the ground that the background draws."""


def pick_part(rng: np.random.Generator, variants: tuple[Part, ...], size_jitter: float) -> Part:
    """Draw a variant of a class, its size changed by up to this share."""
    part = variants[int(rng.integers(len(variants)))]
    return scaled(part, float(rng.uniform(1 - size_jitter, 1 + size_jitter))) if size_jitter else part
