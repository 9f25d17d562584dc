"""Things that lie around in workshops: spanners, hammers, screwdrivers, bolts, nuts, slotted plates."""

import numpy as np

from partsight.randomize.solids import box, extruded, joined, lathe, placed
from partsight.randomize.streams import chance
from partsight.structures.arrays import FloatArray
from partsight.structures.world.part import Part
from partsight.structures.world.transform import rigid, rotation_about

_LIE = rotation_about([0, 1, 0], 90)
"""Turns the axis of a turned body from z to x."""


def sample_tool(rng: np.random.Generator, size_m: float) -> Part:
    """Draw a tool or fastener of about this length."""
    makers = (_spanner, _hammer, _screwdriver, _bolt, _nut, _slotted_plate)
    return makers[int(rng.integers(len(makers)))](rng, size_m)


def _spanner(rng: np.random.Generator, size_m: float) -> Part:
    """An open-ended spanner, with one jaw or two."""
    jaw, handle = rng.uniform(0.09, 0.14), rng.uniform(0.025, 0.05)
    right = _jaw(jaw, handle, float(rng.uniform(0.4, 0.6))) + np.array([0.5 - jaw, 0])
    other = _jaw(jaw * rng.uniform(0.75, 1), handle, 0.5) if chance(rng, 0.6) else _round_end(handle)
    outline = np.concatenate([right, -other - [0.5 - jaw, 0]])
    return extruded("spanner", outline * size_m, float(size_m * rng.uniform(0.02, 0.05)))


def _jaw(radius: float, handle: float, opening: float) -> FloatArray:
    """Return the outline of an open jaw, counter-clockwise from the lower edge of the handle to the upper."""
    start, mouth = np.pi - np.arcsin(handle / radius), np.arcsin(opening)
    lower, upper = np.linspace(-start, -mouth, 9), np.linspace(mouth, start, 9)
    gap = radius * opening
    slot = np.array([[-0.15 * radius, -gap], [-0.4 * radius, 0], [-0.15 * radius, gap]])
    return np.concatenate([_arc(radius, lower), slot, _arc(radius, upper)])


def _round_end(handle: float) -> FloatArray:
    return _arc(handle, np.linspace(-np.pi / 2, np.pi / 2, 9))


def _arc(radius: float, angles: FloatArray) -> FloatArray:
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _hammer(rng: np.random.Generator, size_m: float) -> Part:
    """A head across the end of a handle."""
    width, reach = rng.uniform(0.06, 0.12), rng.uniform(0.2, 0.35)
    head = box(size_m * np.array([width, reach, width]))
    radius = 0.35 * width
    profile = np.array([[0, -0.5], [radius, -0.5], [0.8 * radius, 0.0], [radius, 0.45], [0, 0.45]])
    handle = placed(lathe("handle", profile * size_m), rigid(_LIE, np.zeros(3)))
    return joined("hammer", [placed(head, rigid(np.eye(3), [0.45 * size_m, 0, 0])), handle])


def _screwdriver(rng: np.random.Generator, size_m: float) -> Part:
    """A thin shaft in a thick grip."""
    shaft, grip, neck = rng.uniform(0.012, 0.025), rng.uniform(0.05, 0.09), rng.uniform(-0.2, 0.05)
    profile = [[0, -0.5], [0.7 * grip, -0.5], [grip, -0.45], [grip, neck - 0.1], [0.5 * grip, neck], [shaft, neck],
               [shaft, 0.47], [0.4 * shaft, 0.5], [0, 0.5]]  # fmt: skip
    return placed(
        lathe("screwdriver", np.array(profile) * size_m, int(rng.choice([6, 8, 24]))), rigid(_LIE, np.zeros(3))
    )


def _bolt(rng: np.random.Generator, size_m: float) -> Part:
    """A hexagon head, a shaft, and rings for its thread."""
    shaft, head, neck = rng.uniform(0.07, 0.14), rng.uniform(0.15, 0.24), rng.uniform(0.2, 0.38)
    turns = np.linspace(-0.47, neck - rng.uniform(0.02, 0.4), int(rng.integers(12, 25)))
    thread = np.column_stack([np.where(np.arange(len(turns)) % 2, 0.86 * shaft, shaft), turns])
    body = np.concatenate([[[0, -0.5], [0.8 * shaft, -0.5]], thread, [[shaft, neck], [0, neck]]])
    cap = np.array([[0, neck], [head, neck], [head, 0.47], [0.85 * head, 0.5], [0, 0.5]])
    pieces = [lathe("shaft", body * size_m, 20), lathe("head", cap * size_m, 6)]
    return placed(joined("bolt", pieces), rigid(_LIE, np.zeros(3)))


def _nut(rng: np.random.Generator, size_m: float) -> Part:
    """A nut, or a washer where it is thin and round."""
    outer, height = 0.5, rng.uniform(0.04, 0.5)
    inner, segments = outer * rng.uniform(0.45, 0.65), 6 if height > 0.2 else 32
    profile = np.array([[inner, 1], [inner, -1], [outer, -1], [outer, 1], [inner, 1]]) * [1, height / 2]
    return lathe("nut", profile * size_m * rng.uniform(0.3, 0.8), segments)


def _slotted_plate(rng: np.random.Generator, size_m: float) -> Part:
    """A comb of flat bars, as terminal strips, racks and heat sinks have them."""
    count, depth = int(rng.integers(3, 9)), rng.uniform(0.2, 0.6)
    edges = np.linspace(-0.5, 0.5, 2 * count)
    top = np.repeat(np.where(np.arange(2 * count - 1) % 2, -0.5 * depth, 0.5), 2) * depth
    comb = np.column_stack([np.repeat(edges, 2)[1:-1], top])[::-1]
    outline = np.concatenate([[[-0.5, -0.5 * depth - 0.1], [0.5, -0.5 * depth - 0.1]], comb])
    return extruded("comb", outline * size_m, float(size_m * rng.uniform(0.02, 0.4)))
