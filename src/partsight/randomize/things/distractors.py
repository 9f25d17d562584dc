"""Things that are none of the classes: random solids as they lie around in workshops."""

from dataclasses import dataclass

import numpy as np

from partsight.config.sections.randomize import DistractorSection
from partsight.randomize.solids import box, bracket, cable, lathe, stretched
from partsight.randomize.streams import chance
from partsight.randomize.things.assemblies import sample_assembly
from partsight.randomize.things.tools import sample_tool
from partsight.structures.world.part import Part

LOOKALIKE_STRETCH = (1.3, 1.8)
"""By how much one axis of a look-alike is longer or shorter: a copy that is nearly the part would teach to overlook the part."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """The variants of each class, and parts that are none of the classes."""

    classes: tuple[tuple[Part, ...], ...]
    others: tuple[Part, ...] = ()


def sample_distractor(rng: np.random.Generator, size_m: float, section: DistractorSection, catalog: Catalog) -> Part:
    """Draw a solid, an assembly or a tool of about this size, or, in its own size, another CAD part or a look-alike of a class's."""
    cad_share = section.cad_share if catalog.others else 0.0
    special = section.tool_share + section.lookalike_share + cad_share
    kind = rng.random() if special else 1.0  # without any, draws stay what they were
    if kind < section.tool_share:
        return sample_tool(rng, size_m)
    if kind < section.tool_share + cad_share:
        return catalog.others[int(rng.integers(len(catalog.others)))]
    if kind < special:
        variants = catalog.classes[int(rng.integers(len(catalog.classes)))]
        return sample_lookalike(rng, variants[int(rng.integers(len(variants)))], LOOKALIKE_STRETCH)
    if section.assembly_share and chance(rng, section.assembly_share):
        return sample_assembly(rng, size_m)
    return _solid(rng, size_m)


def sample_lookalike(rng: np.random.Generator, part: Part, stretch: tuple[float, float]) -> Part:
    """Stretch or squeeze one axis of a part."""
    factors, factor = np.ones(3), float(rng.uniform(*stretch))
    axis = int(rng.integers(3))
    factors[axis] = factor if chance(rng, 0.5) else 1 / factor
    return stretched(part, factors)


def _solid(rng: np.random.Generator, size_m: float) -> Part:
    makers = (_box, _plate, _bracket, _rod, _pipe, _ring, _knob, _screw, _cable)
    return makers[int(rng.integers(len(makers)))](rng, size_m)


def _box(rng: np.random.Generator, size_m: float) -> Part:
    return box(size_m * rng.uniform(0.2, 1.0, 3))


def _plate(rng: np.random.Generator, size_m: float) -> Part:
    return box(size_m * np.array([rng.uniform(0.4, 1), rng.uniform(0.2, 1), rng.uniform(0.01, 0.08)]))


def _bracket(rng: np.random.Generator, size_m: float) -> Part:
    size = size_m * rng.uniform(0.3, 0.9, 3)
    return bracket(size, float(size.min() * rng.uniform(0.06, 0.3)))


def _rod(rng: np.random.Generator, size_m: float) -> Part:
    radius, half = size_m * rng.uniform(0.03, 0.3), size_m * rng.uniform(0.15, 0.5)
    bevel = radius * rng.uniform(0.02, 0.3)
    profile = [
        [0, -half],
        [radius - bevel, -half],
        [radius, -half + bevel],
        [radius, half - bevel],
        [radius - bevel, half],
        [0, half],
    ]
    return lathe("rod", np.array(profile))


def _pipe(rng: np.random.Generator, size_m: float) -> Part:
    radius, half = size_m * rng.uniform(0.05, 0.4), size_m * rng.uniform(0.1, 0.5)
    inner = radius * rng.uniform(0.5, 0.92)
    return lathe("pipe", np.array([[inner, half], [inner, -half], [radius, -half], [radius, half], [inner, half]]))


def _ring(rng: np.random.Generator, size_m: float) -> Part:
    thick = size_m * rng.uniform(0.03, 0.15)
    angles = np.linspace(0, 2 * np.pi, 13)
    middle = size_m * rng.uniform(0.2, 0.35)
    return lathe("ring", np.stack([middle + thick * np.cos(angles), thick * np.sin(angles)], axis=1))


def _knob(rng: np.random.Generator, size_m: float) -> Part:
    """A turned body of random steps: knobs, insulators, bottles, flanges."""
    heights = np.sort(rng.uniform(-0.5, 0.5, int(rng.integers(2, 6))))
    radii = np.repeat(rng.uniform(0.08, 0.45, len(heights) - 1), 2)
    levels = np.repeat(heights, 2)[1:-1]
    outline = np.column_stack([radii, levels])
    closed = np.concatenate([[[0, heights[0]]], outline, [[0, heights[-1]]]])
    return lathe("knob", closed * size_m)


def _screw(rng: np.random.Generator, size_m: float) -> Part:
    shaft, head = rng.uniform(0.04, 0.12), rng.uniform(0.1, 0.25)
    neck = rng.uniform(0.15, 0.4)
    profile = [[0, -0.5], [shaft, -0.5], [shaft, neck], [head, neck], [head, 0.5], [0, 0.5]]
    return lathe("screw", np.array(profile) * size_m, int(rng.choice([6, 8, 24])))


def _cable(rng: np.random.Generator, size_m: float) -> Part:
    """A smooth random path: a few slow harmonics."""
    along = np.linspace(0, 1, 60)[:, None]
    waves = sum(
        rng.normal(0, 0.5 / order, 3) * np.sin(np.pi * order * along + rng.uniform(0, 6, 3)) for order in (1, 2, 3, 4)
    )
    path = (np.asarray(waves) + (along - 0.5) * rng.normal(0, 1, 3)) * size_m * [1, 1, 0.15]
    radius = size_m * rng.uniform(0.008, 0.05)
    path[:, 2] += radius - path[:, 2].min()
    return cable(path - path.mean(axis=0), float(radius))
