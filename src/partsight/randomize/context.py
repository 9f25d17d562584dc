"""What the draws of one picture depend on."""

from dataclasses import dataclass

import numpy as np

from partsight.config.sections.randomize import RandomizeSection
from partsight.randomize.streams import stream
from partsight.structures.world.part import Part


@dataclass(frozen=True, slots=True)
class DrawContext:
    """One picture of a recipe: what may be shown in it, and the random streams that its draws come from."""

    section: RandomizeSection
    parts: tuple[tuple[Part, ...], ...]
    """The variants of each class."""
    size_wh: tuple[int, int]
    seed: int
    index: int
    others: tuple[Part, ...] = ()
    """Parts that are none of the classes."""

    @property
    def class_id(self) -> int:
        """The class looked at: classes take turns."""
        return self.index % len(self.parts)

    @property
    def turn(self) -> int:
        """How often the class was looked at before."""
        return self.index // len(self.parts)

    def stream(self, concern: str) -> np.random.Generator:
        """Return the generator of one concern."""
        return stream(self.seed, self.index, concern)
