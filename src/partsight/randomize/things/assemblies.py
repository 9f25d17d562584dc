"""Things made of many small ones, as devices, circuit boards and terminal strips are: detailed like parts, and none of them."""

from dataclasses import replace

import numpy as np

from partsight.files import hash_bytes
from partsight.randomize.looks.grounds import sample_tool_material
from partsight.randomize.looks.materials import sample_material
from partsight.randomize.solids import box, joined, lathe, placed, scaled
from partsight.randomize.streams import chance, log_uniform
from partsight.structures.arrays import FloatArray
from partsight.structures.world.material import Material
from partsight.structures.world.part import Part, bounding_box_m
from partsight.structures.world.transform import rigid

NUM_MATERIALS = 7
MOST_COMPONENTS = 21
_UNDER_SHARE = 0.15
"""Share of the components that hang below the body, as the pins of circuit boards do."""


def sample_assembly(rng: np.random.Generator, size_m: float) -> Part:
    """Draw a plate, block or disc with boxes, cylinders and rows of pins on it, of a few colors; its diagonal is `size_m`."""
    size = np.array(
        [1.0, rng.uniform(0.25, 1.0), rng.uniform(0.02, 0.06) if chance(rng, 0.5) else rng.uniform(0.06, 0.3)]
    )
    body = _cylinder(size[1], size[2]) if chance(rng, 0.1) else box(size)
    pieces, numbers = [body], [0]
    for _ in range(int(rng.integers(2, MOST_COMPONENTS + 1))):
        component = _component(rng, size)
        pieces += component
        numbers += [int(rng.integers(NUM_MATERIALS))] * len(component)
    materials = tuple(_material(rng) for _ in range(NUM_MATERIALS))
    return _to_size(_dressed(pieces, numbers, materials), size_m)


def _component(rng: np.random.Generator, body_size: FloatArray) -> list[Part]:
    """Draw a thing, or a row of equal things, that stands on the body or hangs below it."""
    width, depth, height = log_uniform(rng, 0.03, 0.35), log_uniform(rng, 0.03, 0.35), log_uniform(rng, 0.01, 0.25)
    side = -1 if chance(rng, _UNDER_SHARE) else 1
    middle = np.array([*(rng.uniform(-0.47, 0.47, 2) * body_size[:2]), side * 0.49 * (body_size[2] + height)])
    if chance(rng, 0.25):
        return _row(rng, width, height, middle)
    solid = box(np.array([width, depth, height])) if chance(rng, 0.75) else _cylinder(width, height)
    return [placed(solid, rigid(np.eye(3), middle))]


def _row(rng: np.random.Generator, width: float, height: float, middle: FloatArray) -> list[Part]:
    """Return equal boxes along the body: pins, terminals, fins."""
    count = int(rng.integers(3, 16))
    step = min(0.9 / count, 1.6 * width)
    pin = box(np.array([0.55 * step, 0.55 * step, height]))
    places = (np.arange(count) - (count - 1) / 2) * step
    return [placed(pin, rigid(np.eye(3), [x, *middle[1:]])) for x in places.tolist()]


def _cylinder(width: float, height: float) -> Part:
    radius, half = width / 2, height / 2
    return lathe("cylinder", np.array([[0, -half], [radius, -half], [radius, half], [0, half]]), 24)


def _material(rng: np.random.Generator) -> Material:
    return sample_tool_material(rng) if chance(rng, 0.5) else sample_material(rng)


def _dressed(pieces: list[Part], numbers: list[int], materials: tuple[Material, ...]) -> Part:
    """Return pieces as one part, each of the material of its number."""
    whole = joined("assembly", pieces)
    of_triangles = np.repeat(numbers, [len(piece.mesh.triangles) for piece in pieces])
    key = hash_bytes(whole.key.encode(), of_triangles.tobytes(), repr(materials).encode())
    return replace(whole, materials=materials, material_ids=of_triangles, key=key)


def _to_size(part: Part, size_m: float) -> Part:
    """Center a part's bounding box and scale its diagonal to a length."""
    low, high = bounding_box_m(part.mesh)
    centered = replace(part.mesh, vertices_m=part.mesh.vertices_m - (low + high) / 2)
    return scaled(replace(part, mesh=centered), size_m / float(np.linalg.norm(high - low)))
