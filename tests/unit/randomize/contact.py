"""Contact between convex pieces, measured without the physics engine."""

import numpy as np
from scipy.optimize import linprog
from scipy.spatial import ConvexHull

from partsight.randomize.layouts.hulls import collision_hulls
from partsight.randomize.layouts.physics import PosedPart
from partsight.randomize.layouts.support import Support
from partsight.structures.world.transform import moved

FLOOR_THICKNESS_M = 10.0


def pieces(body: PosedPart) -> list[np.ndarray]:
    return [moved(body.world_from_part, corners) for corners in collision_hulls(body.part)]


def support_pieces(support: Support) -> list[np.ndarray]:
    """The support's boxes; a solid floor is a large, thick one."""
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    found = [moved(box.world_from_box, signs * box.size_m / 2) for box in support.boxes]
    if support.has_solid_floor:
        center = [0, 0, support.floor_m - FLOOR_THICKNESS_M / 2]
        found.append(signs * [100.0, 100.0, FLOOR_THICKNESS_M / 2] + center)
    return found


def depth_m(one: np.ndarray, other: np.ndarray) -> float:
    """How far two convex pieces sink into each other: exact by the separating axis theorem; below 0 if apart."""
    first, second = ConvexHull(one), ConvexHull(other)
    of_faces = min(_least_overlap(one, other, np.concatenate([first.equations[:, :3], second.equations[:, :3]])), 1e9)
    if of_faces <= 0:
        return of_faces
    crossed = np.cross(_edges(first)[:, None], _edges(second)[None]).reshape(-1, 3)
    lengths = np.linalg.norm(crossed, axis=1)
    axes = crossed[lengths > 1e-9] / lengths[lengths > 1e-9, None]
    return min([of_faces, *(_least_overlap(one, other, axes[k : k + 20000]) for k in range(0, len(axes), 20000))])


def do_meet(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two convex pieces share a point (linear programming: is any point a mean of both pieces' corners?)."""
    equalities = np.block(
        [
            [one.T, -other.T],
            [np.ones(len(one)), np.zeros(len(other))],
            [np.zeros(len(one)), np.ones(len(other))],
        ]
    )
    found = linprog(np.zeros(len(one) + len(other)), A_eq=equalities, b_eq=[0, 0, 0, 1, 1], bounds=(0, None))
    return found.status == 0


def _least_overlap(one: np.ndarray, other: np.ndarray, axes: np.ndarray) -> float:
    first, second = axes @ one.T, axes @ other.T
    overlaps = np.minimum(first.max(1) - second.min(1), second.max(1) - first.min(1))
    return float(overlaps.min())


def _edges(hull: ConvexHull) -> np.ndarray:
    """Directions of the edges, each once; those inside a flat face add axes, which does no harm."""
    pairs = np.unique(
        np.sort(np.concatenate([hull.simplices[:, [0, 1]], hull.simplices[:, [1, 2]], hull.simplices[:, [2, 0]]])),
        axis=0,
    )
    return hull.points[pairs[:, 1]] - hull.points[pairs[:, 0]]
