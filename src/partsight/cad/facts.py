"""What a part is, in figures a person can check."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from partsight.structures.part import Part, bounding_box_m

LARGEST_M, SMALLEST_M = 20.0, 0.0005


@dataclass(frozen=True, slots=True)
class PartFacts:
    """Figures of one part."""

    size_m: tuple[float, float, float]
    num_triangles: int
    num_nodes: int
    num_materials: int
    is_watertight: bool
    """Whether every edge borders exactly two triangles (vertices at one place taken for one)."""
    key: str
    warnings: tuple[str, ...]


def describe_part(part: Part) -> PartFacts:
    """Return a part's figures and what looks wrong about them."""
    low, high = bounding_box_m(part.mesh)
    x, y, z = (high - low).tolist()
    return PartFacts(
        size_m=(x, y, z),
        num_triangles=len(part.mesh.triangles),
        num_nodes=len(part.node_names),
        num_materials=len(part.materials),
        is_watertight=_is_watertight(part),
        key=part.key,
        warnings=_warnings(max(x, y, z), min(x, y, z)),
    )


def _warnings(longest_m: float, shortest_m: float) -> tuple[str, ...]:
    found = []
    if longest_m > LARGEST_M:
        found.append(f"{longest_m:.4g} m long: is the unit right?")
    if longest_m < SMALLEST_M:
        found.append(f"{longest_m * 1e6:.4g} µm long: is the unit right?")
    if shortest_m < 1e-4 * longest_m:
        found.append("flat: has no thickness")
    return tuple(found)


def _is_watertight(part: Part) -> bool:
    rounded = np.round(part.mesh.vertices_m / max(float(np.ptp(part.mesh.vertices_m)), 1e-12), 7)
    _, welded = np.unique(rounded, axis=0, return_inverse=True)
    triangles = welded.reshape(-1)[part.mesh.triangles]
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    counts = Counter(map(tuple, edges[edges[:, 0] != edges[:, 1]].tolist()))
    return all(count % 2 == 0 for count in counts.values())
