"""The way from a recipe's section to scenes."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from partsight.config.sections.randomize import RandomizeSection
from partsight.errors import SceneError
from partsight.randomize.layouts.orbit import OrbitSampler
from partsight.randomize.mix import open_mix
from partsight.randomize.scatter import ScatterSampler
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Scene


class SceneSampler(Protocol):
    """Draws scenes; scene `index` depends on section, parts, seed and index alone."""

    def sample(self, index: int) -> Scene:
        """Draw one scene."""
        ...


def open_sampler(
    section: RandomizeSection,
    parts: Mapping[str, Sequence[Part]],
    size_wh: tuple[int, int],
    seed: int,
    others: Sequence[Part] = (),
) -> SceneSampler:
    """Return the recipe's sampler; class numbers follow the order of `parts`, `others` are none of the classes. Raises SceneError."""
    empty = [name for name, variants in parts.items() if not variants]
    if empty or not parts:
        raise SceneError(f"classes without any part: {', '.join(empty) or 'all'}. Give each at least one CAD file.")
    variants = tuple(tuple(group) for group in parts.values())
    if section.placement == "orbit":
        return OrbitSampler(section.orbit, variants, size_wh, seed)
    if isinstance(section.placement, Mapping):
        return open_mix(section, variants, size_wh, seed, tuple(others))
    return ScatterSampler(section, variants, size_wh, seed, tuple(others))
