"""Datasets of several placements: each picture takes one of them, drawn by weight."""

from collections.abc import Mapping
from dataclasses import dataclass

from partsight.config.sections.randomize import Layout, RandomizeSection
from partsight.randomize.layouts.orbit import OrbitSampler
from partsight.randomize.scatter import ScatterSampler
from partsight.randomize.streams import stream
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Scene


@dataclass(frozen=True, slots=True)
class MixSampler:
    """Picture i is picture i of one of the placements; classes still take turns.

    The placement is drawn once for each round over the classes, so that every class gets the same share of each.
    """

    weights: Mapping[Layout, float]
    orbit: OrbitSampler
    scatter: ScatterSampler
    stand: ScatterSampler
    num_classes: int
    seed: int

    def sample(self, index: int) -> Scene:
        """Draw one scene of one placement."""
        drawn = stream(self.seed, index // self.num_classes, "placement of the mix").random()
        orbit, scatter, stand = (self.weights.get(name, 0.0) for name in ("orbit", "scatter", "stand"))
        drawn *= orbit + scatter + stand
        if drawn < orbit:
            return self.orbit.sample(index)
        return self.scatter.sample(index) if drawn < orbit + scatter else self.stand.sample(index)


def open_mix(
    section: RandomizeSection,
    parts: tuple[tuple[Part, ...], ...],
    size_wh: tuple[int, int],
    seed: int,
    others: tuple[Part, ...],
) -> MixSampler:
    """Return the samplers of the mix, each with the recipe's ranges."""
    placement = section.placement
    scatter, stand = (section.but(placement=placement) for placement in ("scatter", "stand"))
    return MixSampler(
        weights=placement if isinstance(placement, Mapping) else {placement: 1.0},
        orbit=OrbitSampler(section.orbit, parts, size_wh, seed),
        scatter=ScatterSampler(scatter, parts, size_wh, seed, others),
        stand=ScatterSampler(stand, parts, size_wh, seed, others),
        num_classes=len(parts),
        seed=seed,
    )
