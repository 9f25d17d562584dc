"""Which layout a picture has: the recipe's, or, in a mix, one drawn by weight."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from partsight.config.sections.randomize import PlacementName
from partsight.randomize.context import DrawContext
from partsight.randomize.layouts.layout import sample_opening
from partsight.randomize.streams import stream

LayoutName: TypeAlias = Literal["orbit", "scattered", "dropped", "standing"]


def sample_placement(context: DrawContext) -> LayoutName:
    """Draw the layout of a picture; with physics, all is dropped that does not hover."""
    placement = context.section.placement
    match _sample_of_mix(context, placement) if isinstance(placement, Mapping) else placement:
        case "orbit":
            return "orbit"
        case "stand":
            return "standing"
        case "scatter":
            is_dropped = context.section.scatter.physics.enabled and not sample_opening(context).is_floating
            return "dropped" if is_dropped else "scattered"


def _sample_of_mix(context: DrawContext, weights: Mapping[PlacementName, float]) -> PlacementName:
    """Draw once for each round over the classes, so that every class gets the same share of each placement."""
    orbit, scatter, stand = (weights.get(name, 0.0) for name in ("orbit", "scatter", "stand"))
    drawn = stream(context.seed, context.turn, "placement of the mix").random() * (orbit + scatter + stand)
    if drawn < orbit:
        return "orbit"
    return "scatter" if drawn < orbit + scatter else "stand"
