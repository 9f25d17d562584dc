"""Nouns of a picture that is being composed: bodies that have places but no materials yet."""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np

from partsight.randomize.camera.viewpoint import Viewpoint
from partsight.randomize.context import DrawContext
from partsight.randomize.layouts.support import Support
from partsight.randomize.solids import scaled
from partsight.randomize.streams import chance
from partsight.structures.world.part import Part
from partsight.structures.world.transform import Transform

Setting: TypeAlias = Literal["ground", "air", "studio"]
"""What is around bodies: something below them, a picture behind them, or nothing but white."""


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
    setting: Setting
    focus_radius_m: float
    """Half the diagonal of the part looked at."""
    support: Support | None = None
    """What carries the bodies; None: the ground that the background draws, or nothing."""


class LayoutSampler(Protocol):
    """A way to arrange parts."""

    def __call__(self, context: DrawContext) -> Layout:
        """Place parts, camera and distractors of one picture."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """The first draws of a picture of lying or hovering parts, the same for all who ask."""

    rng: np.random.Generator
    """The stream of these draws, for those that follow."""
    is_floating: bool
    is_empty: bool
    focus: Part
    """The part looked at, shown or not."""


def sample_opening(context: DrawContext) -> Opening:
    """Draw whether parts hover, whether there are any, and which the camera looks at."""
    rng, section = context.stream("placement"), context.section.scatter
    is_floating, is_empty = chance(rng, section.float_share), chance(rng, section.empty_share)
    return Opening(
        rng, is_floating, is_empty, pick_part(rng, context.parts[context.class_id], context.section.size_jitter)
    )


def pick_part(rng: np.random.Generator, variants: tuple[Part, ...], size_jitter: float) -> Part:
    """Draw a variant of a class, its size changed by up to this share."""
    part = variants[int(rng.integers(len(variants)))]
    return scaled(part, float(rng.uniform(1 - size_jitter, 1 + size_jitter))) if size_jitter else part
