"""The pairs of parts that look most alike, among many: coarse pictures of all pairs first, outlines of the likeliest pairs afterwards.

A coarse picture is the share of each cell that an outline covers, at a series of sizes. Cells know no more than outlines do, so that
pairs come out a little more alike than they are: none that is alike is missed, as long as enough of the first are looked at exactly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from partsight.cad.views.silhouettes import Likeness, Silhouettes, compare_silhouettes, scales_tried
from partsight.structures.arrays import Float32Array, FloatArray, IntArray

CELLS = 8
"""Of a coarse picture, to a side."""
NUM_SIZES, STEP = 12, 0.92
"""Sizes of the coarse pictures: 1, .92, .85 … of the whole; what is smaller still counts as the smallest."""
EXACT_ALWAYS, EXACT_PER_PART = 200, 5
"""How many pairs are compared exactly: all of up to 25 parts, a number in proportion to the parts of more."""
KEPT = 40
"""Pairs that are returned: outlines take a megabyte a pair."""

Advance = Callable[[int, str], None]


@dataclass(frozen=True, slots=True, eq=False)
class AlikePair:
    """Two parts, and how much their outlines differ."""

    first: str
    second: str
    likeness: Likeness


def num_compared(num_parts: int) -> int:
    """Return how many pairs are compared exactly."""
    return min(num_parts * (num_parts - 1) // 2, EXACT_ALWAYS + EXACT_PER_PART * num_parts)


def find_alike(drawn: Mapping[str, Silhouettes], advance: Advance) -> tuple[AlikePair, ...]:
    """Return the pairs that look most alike, the most alike first; `advance` is told how many were compared."""
    names = list(drawn)
    candidates = _candidates([drawn[name] for name in names])
    found: list[AlikePair] = []
    for number, (first, second) in enumerate(candidates, 1):
        one, other = names[first], names[second]
        found.append(AlikePair(one, other, compare_silhouettes(drawn[one], drawn[other])))
        if len(found) > 2 * KEPT:
            found = _closest(found)
        advance(number, f"{one}, {other}")
    return tuple(_closest(found))


def _closest(pairs: Sequence[AlikePair]) -> list[AlikePair]:
    return sorted(pairs, key=lambda pair: pair.likeness.mean_difference)[:KEPT]


def _candidates(drawn: Sequence[Silhouettes]) -> list[tuple[int, int]]:
    """Return the pairs to compare exactly, as positions, those first that coarse pictures tell apart least."""
    num_wanted = num_compared(len(drawn))
    if num_wanted <= 0:
        return []
    rows, columns = np.triu_indices(len(drawn), 1)
    if num_wanted == len(rows):
        return list(zip(rows.tolist(), columns.tolist(), strict=True))
    coarse = np.stack([_coarse(one) for one in drawn])
    radii = np.array([one.radius_m for one in drawn])
    differences = np.concatenate([_differences(coarse, radii, row) for row in range(len(drawn) - 1)])
    chosen = np.argsort(differences, kind="stable")[:num_wanted]
    return list(zip(rows[chosen].tolist(), columns[chosen].tolist(), strict=True))


def _coarse(drawn: Silhouettes) -> Float32Array:
    """Return (sizes, directions, cells): the share of each cell that the outline covers."""
    masks = drawn.masks.astype(np.float32)
    pictures = [pooling @ masks @ pooling.T for pooling in _poolings(masks.shape[-1])]
    coarse: Float32Array = np.stack(pictures).reshape(NUM_SIZES, len(masks), -1).astype(np.float32)
    return coarse


def _poolings(resolution: int) -> list[Float32Array]:
    """Return, for each size, the (cells, pixels) matrix that shrinks a row of pixels and takes the means of cells."""
    pixels = np.arange(resolution)
    cells = np.minimum(pixels * CELLS // resolution, CELLS - 1)
    found = []
    for number in range(NUM_SIZES):
        pooling = np.zeros((CELLS, resolution), np.float32)
        source = np.floor((pixels + 0.5 - resolution / 2) / STEP**number + resolution / 2).astype(int)
        inside = (source >= 0) & (source < resolution)
        np.add.at(pooling, (cells[inside], source[inside]), CELLS / resolution)
        found.append(pooling)
    return found


def _differences(coarse: Float32Array, radii: FloatArray, row: int) -> FloatArray:
    """Return how much the coarse pictures of one part differ from those of all parts behind it, each at the best size."""
    ratios = radii[row + 1 :] / radii[row]
    tried = np.array([(*scales_tried(float(ratio)), 1.0, 1.0)[:3] for ratio in ratios])
    others = np.arange(row + 1, len(coarse))
    at_each = [_coarse_difference(coarse, row, others, scales) for scales in tried.T]
    least: FloatArray = np.min(at_each, axis=0)
    return least


def _coarse_difference(coarse: Float32Array, row: int, others: IntArray, scales: FloatArray) -> FloatArray:
    """Return 1 − the share of cells in common; of two parts the one that is drawn smaller is shrunk."""
    steps = np.clip(np.rint(np.log(np.minimum(scales, 1 / scales)) / np.log(STEP)), 0, NUM_SIZES - 1).astype(int)
    is_larger = scales > 1
    one = coarse[row, np.where(is_larger, steps, 0)]
    other = coarse[others, np.where(is_larger, 0, steps)]
    both, either = np.minimum(one, other).sum(axis=2), np.maximum(one, other).sum(axis=2)
    difference: FloatArray = 1 - (both / np.maximum(either, 1e-6)).mean(axis=1).astype(np.float64)
    return difference
