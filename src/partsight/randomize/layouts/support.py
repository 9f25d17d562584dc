"""What carries bodies: the ground, a table, a bin, plinths, or girders; the top or inner floor lies at z = 0."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.config.sections.randomize import PhysicsSection
from partsight.structures.arrays import FloatArray
from partsight.structures.world.transform import Transform, rigid, rotation_about

BIN_WALL = 0.04
"""Thickness of a bin's walls and floor, as a share of its longer inner side."""
TABLE_TOP = 0.06
"""Thickness of a table's top, as a share of its longer side."""

GIRDER_FLANGE, GIRDER_WEB = 0.08, 0.12
"""Thickness of an I-beam's flanges as a share of its height, and of its web as a share of its width."""


@dataclass(frozen=True, slots=True, eq=False)
class FixedBox:
    """A box that nothing moves."""

    world_from_box: Transform
    size_m: FloatArray
    """(3,)"""


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """Fixed boxes above an endless floor."""

    boxes: tuple[FixedBox, ...]
    floor_m: float
    """Height of the floor that is seen."""
    has_solid_floor: bool
    """Whether bodies may lie on the floor; otherwise what reaches it fell off and is gone."""
    area_m: FloatArray | None
    """(2,) sides of the rectangle around the origin above which bodies are dropped; None: anywhere."""
    turn_deg: float
    """Turn of the rectangle about the vertical."""


def ground() -> Support:
    """Return an endless floor at z = 0."""
    return Support((), 0.0, has_solid_floor=True, area_m=None, turn_deg=0.0)


def table(size_m: FloatArray, height_m: float, turn_deg: float = 0.0) -> Support:
    """Return a table top of `size_m` (2,) at z = 0, or a pallet, if it is low."""
    thickness = min(TABLE_TOP * float(max(size_m)), height_m)
    top = _box([0, 0, -thickness / 2], [*size_m, thickness], turn_deg)
    return Support((top,), -height_m, has_solid_floor=False, area_m=np.asarray(size_m, float), turn_deg=turn_deg)


def bin_of(inner_m: FloatArray, turn_deg: float = 0.0) -> Support:
    """Return an open bin with inner sides `inner_m` (3,), standing on the ground."""
    (width, depth, height), wall = inner_m, BIN_WALL * float(max(inner_m[:2]))
    floor = _box([0, 0, -wall / 2], [width + 2 * wall, depth + 2 * wall, wall], turn_deg)
    sides = [_box([s * (width + wall) / 2, 0, height / 2], [wall, depth + 2 * wall, height], turn_deg) for s in (-1, 1)]
    ends = [_box([0, s * (depth + wall) / 2, height / 2], [width, wall, height], turn_deg) for s in (-1, 1)]
    area = np.array([width, depth])
    return Support((floor, *sides, *ends), -wall, has_solid_floor=True, area_m=area, turn_deg=turn_deg)


def plinths(
    places_m: Sequence[FloatArray], sizes_m: Sequence[FloatArray], height_m: float, turns_deg: Sequence[float]
) -> Support:
    """Return blocks with tops of these sizes (2,) at z = 0 around these places (2,), on a floor `height_m` below."""
    blocks = [
        FixedBox(rigid(rotation_about([0, 0, 1], turn), [*place, -height_m / 2]), np.array([*size, height_m]))
        for place, size, turn in zip(places_m, sizes_m, turns_deg, strict=True)
    ]
    solid = tuple(blocks) if height_m > 0 else ()
    return Support(solid, -height_m, has_solid_floor=True, area_m=None, turn_deg=0.0)


def girders(
    places_m: Sequence[FloatArray], sizes_m: Sequence[FloatArray], height_m: float, turns_deg: Sequence[float]
) -> Support:
    """Return I-beams along the first of these sizes (2,), with their tops at z = 0 around these places (2,)."""
    boxes: list[FixedBox] = []
    for place, (length, width), turn_deg in zip(places_m, sizes_m, turns_deg, strict=True):
        flange, web = GIRDER_FLANGE * height_m, GIRDER_WEB * width
        turn, foot = rotation_about([0, 0, 1], turn_deg), np.array([*place, 0.0])
        for middle_m, size in (
            (-flange / 2, [length, width, flange]),
            (-height_m / 2, [length, web, height_m - 2 * flange]),
            (flange / 2 - height_m, [length, width, flange]),
        ):
            boxes.append(FixedBox(rigid(turn, foot + np.array([0, 0, middle_m])), np.array(size)))
    return Support(tuple(boxes), -height_m, has_solid_floor=True, area_m=None, turn_deg=0.0)


def sample_support(rng: np.random.Generator, section: PhysicsSection, diagonal: float) -> Support:
    """Draw what the parts of a picture lie on, sized after the part looked at."""
    kind, turn = rng.random(), float(rng.uniform(0, 360))
    if kind < section.bin.share:
        sides = rng.uniform(*section.bin.size, 2)
        return bin_of(diagonal * np.array([*sides, rng.uniform(*section.bin.height)]), turn)
    if kind < section.bin.share + section.table.share:
        size = diagonal * rng.uniform(*section.table.size, 2)
        return table(size, float(size.mean() * rng.uniform(0.1, 0.8)), turn)
    return ground()


def _box(center_m: list[float], size_m: list[float], turn_deg: float) -> FixedBox:
    turn = rotation_about([0, 0, 1], turn_deg)
    return FixedBox(rigid(turn, turn @ np.array(center_m)), np.array(size_m))
