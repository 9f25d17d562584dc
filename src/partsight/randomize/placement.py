"""Which layout a picture has: the recipe's, or, in a mix, one drawn by weight."""

from typing import Literal, TypeAlias

from partsight.randomize.context import DrawContext
from partsight.randomize.layouts.layout import sample_opening
from partsight.randomize.streams import stream

LayoutName: TypeAlias = Literal["orbit", "scattered", "dropped", "standing"]


def sample_placement(context: DrawContext) -> LayoutName:
    """Draw the layout of a picture; with physics, all is dropped that does not hover."""
    placement = context.section.placement
    match _sample_of_mix(context) if placement == "mix" else placement:
        case "orbit":
            return "orbit"
        case "stand":
            return "standing"
        case "scatter":
            is_dropped = context.section.scatter.physics and not sample_opening(context).is_floating
            return "dropped" if is_dropped else "scattered"


def _sample_of_mix(context: DrawContext) -> Literal["orbit", "scatter", "stand"]:
    """Draw once for each round over the classes, so that every class gets the same share of each placement."""
    mix = context.section.mix
    drawn = stream(context.seed, context.turn, "placement of the mix").random() * (mix.orbit + mix.scatter + mix.stand)
    if drawn < mix.orbit:
        return "orbit"
    return "scatter" if drawn < mix.orbit + mix.scatter else "stand"
