"""Mesh → symmetries: axes are proposed by inertia, face normals and corners, and each rotation is verified on the surface.

Every rotation that carries a surface onto itself keeps its centroid and its tensor of inertia. So where the three moments differ, only
the three principal axes can be axes of symmetry; where two are equal, further ones may stand across the third, at any angle; where
all three are, the normals of large faces, the corners, and what lies between them are tried.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np

from partsight.cad.symmetry.distances import areas_m2
from partsight.cad.symmetry.fitting import TurnAxis, TurnedBody, better_axis, body_of
from partsight.structures.arrays import FloatArray
from partsight.structures.world.part import Part
from partsight.structures.world.symmetry import Symmetry, SymmetryAxis, rotation_around
from partsight.structures.world.transform import rotation_about

TOLERANCE = 0.005
"""Of the diameter: how far a point may come to lie from the surface."""
MOST_FOLD = 72
"""Largest order that is tried."""
_EQUAL_MOMENTS = 0.06
"""Moments that differ by less of the largest may be equal but for the tolerance."""
_PRIMES = tuple(count for count in range(2, MOST_FOLD) if all(count % other for other in range(2, count)))
_UNEVEN_DEG = (37.3, 81.1, 144.7, 205.9, 301.3)
"""Angles that no small order has: what fits all of them fits any."""
_STEP_DEG = 0.5
"""Steps of the search for axes across: about what moves the rim by the tolerance."""
_NEARLY_ACROSS = 0.08
"""Cosine of the angle between axes that are taken to stand on each other; the axes of a cube and an icosahedron are far from it."""
_SAME_ROTATION = 0.02
"""Rotations whose entries differ by less are one."""
_MOST_ROTATIONS = 2 * MOST_FOLD


def find_symmetry(part: Part, tolerance: float = TOLERANCE, *, with_colors: bool = False) -> Symmetry:
    """Return the rotational symmetries of a part's outer shape; with colors only those that keep the colors, too.

    `tolerance` is a share of the diameter: a rotation counts when no point of the surface comes to lie farther from it.
    """
    tolerance_m = tolerance * diameter_m(part)
    if not len(part.mesh.triangles) or not areas_m2(part.mesh.vertices_m[part.mesh.triangles]).sum():
        return Symmetry(np.empty((0, 4, 4)), (), 1, tolerance_m)
    body = body_of(part, tolerance_m, with_colors=with_colors)
    if all(body.fits(rotation_about(axis, angle)) for axis in _UNEVEN_AXES for angle in _UNEVEN_DEG[:2]):
        axes = tuple(SymmetryAxis(direction, body.center_m) for direction in np.eye(3))
        return Symmetry(np.empty((0, 4, 4)), axes, 1, tolerance_m)
    return _symmetry_of(body, part)


def diameter_m(part: Part) -> float:
    """Return the largest distance between two vertices of a part."""
    from scipy.spatial import ConvexHull, QhullError

    points = np.unique(part.mesh.vertices_m[np.unique(part.mesh.triangles)], axis=0)
    with contextlib.suppress(QhullError, ValueError):  # flat, or too few points: all of them are compared
        points = points[ConvexHull(points).vertices]
    farthest = (np.linalg.norm(points - one, axis=1).max() for one in points)
    return float(max(farthest, default=0.0))


_UNEVEN_AXES = tuple(np.array(axis) / np.linalg.norm(axis) for axis in ((1.0, 0.3, 0.2), (0.1, 1.0, -0.4)))


def _symmetry_of(body: TurnedBody, part: Part) -> Symmetry:
    moments, axes = _principal_axes(part, body.center_m)
    found: list[tuple[TurnAxis, int]] = []
    for direction in _proposed(part, body, moments, axes):
        if any(abs(axis.direction @ direction) > 0.999 for axis, _ in found):
            continue
        axis, order = _order_about(body, direction)
        if order == 0:
            return _continuous(body, axis)
        if order > 1:
            found.append((axis, order))
        if sum(count > 2 for _, count in found) > 1:
            return _discrete(body, found)  # a tetrahedron's, cube's or icosahedron's: two such axes make up all others
    found += _across(body, moments, axes, found)
    return _discrete(body, found)


def _principal_axes(part: Part, center_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the moments of the surface, smallest first, and the (3, 3) axes as rows."""
    corners = part.mesh.vertices_m[part.mesh.triangles] - center_m
    weights = areas_m2(corners)
    middles = np.concatenate([corners.mean(axis=1), *((corners[:, k] + corners[:, k - 1]) / 2 for k in range(3))])
    shares = np.concatenate([np.zeros(len(weights)), weights / 3, weights / 3, weights / 3])
    moments, axes = np.linalg.eigh(np.einsum("t,ti,tj->ij", shares, middles, middles))
    return moments, axes.T


def _proposed(part: Part, body: TurnedBody, moments: FloatArray, axes: FloatArray) -> Iterator[FloatArray]:
    """Yield directions that axes may have, the most likely first."""
    yield from np.eye(3)[np.abs(axes @ np.eye(3)).max(axis=0) > 0.9995]  # parts are mostly drawn along the frame
    yield from axes
    if moments[2] - moments[0] < _EQUAL_MOMENTS * moments[2]:
        yield from _special_directions(part, body)


def _special_directions(part: Part, body: TurnedBody) -> Iterator[FloatArray]:
    """Yield the normals of the largest faces, the directions of the farthest corners, and what lies between them."""
    corners = part.mesh.vertices_m[part.mesh.triangles]
    crosses = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = _clustered(crosses, np.linalg.norm(crosses, axis=1))
    outer = corners.reshape(-1, 3) - body.center_m
    distances = np.linalg.norm(outer, axis=1)
    is_far = distances > distances.max() - 2 * body.tolerance_m
    ends = _clustered(outer[is_far], distances[is_far])
    yield from normals
    yield from ends
    for group in (normals, ends):
        for one, other in combinations(group[:8], 2):
            yield from _units([one + other, one - other, np.cross(one, other)])
    for one, two, three in combinations(normals[:6], 3):
        yield from _units([one + two + three, one + two - three, one - two + three, one - two - three])


def _clustered(vectors: FloatArray, weights: FloatArray) -> list[FloatArray]:
    """Return up to 12 different directions of vectors, opposite ones taken for one, those of the largest weight first."""
    length = np.linalg.norm(vectors, axis=1)
    units = vectors[length > 0] / length[length > 0, None]
    weights = weights[length > 0]
    found: list[FloatArray] = []
    rest = np.ones(len(units), bool)
    while rest.any() and len(found) < 12:
        rough = np.round(units[rest] * np.sign(units[rest] @ [1.0, 0.013, 0.00017])[:, None], 2)
        different, places = np.unique(rough, axis=0, return_inverse=True)
        heaviest = different[np.bincount(places.reshape(-1), weights[rest]).argmax()]
        is_near = np.abs(units @ heaviest) > 0.985 * np.linalg.norm(heaviest)
        near = units[is_near & rest]
        if not len(near):
            break
        mean = (near * np.sign(near @ heaviest)[:, None] * weights[is_near & rest, None]).sum(axis=0)
        found.append(mean / np.linalg.norm(mean))
        rest &= ~is_near
    return found


def _units(vectors: Sequence[FloatArray]) -> Iterator[FloatArray]:
    for vector in vectors:
        length = float(np.linalg.norm(vector))
        if length > 0.05:
            yield vector / length


def _order_about(body: TurnedBody, direction: FloatArray) -> tuple[TurnAxis, int]:
    """Return the axis near a direction and how many equal steps of a turn fit about it; 0 for any angle, 1 for none.

    What n steps fit, each prime factor of n fits alone: only their multiples are tried.
    """
    plain = TurnAxis(direction, body.center_m)
    for axis in _tried_axes(body, plain):
        if _is_round(body, axis):
            return axis, 0
        primes = [count for count in _PRIMES if _steps_fit(body.fits_roughly, axis, count)]
        products = (count for count in range(MOST_FOLD, 1, -1) if primes and _is_product(count, primes))
        order = next((count for count in products if _is_order(body, axis, count)), 1)
        if order > 1:
            return axis, order
    return plain, 1


def _is_round(body: TurnedBody, axis: TurnAxis) -> bool:
    is_likely = all(_fits_roughly(body, axis, angle) for angle in _UNEVEN_DEG)
    return is_likely and all(_fits_about(body, axis, angle) for angle in _UNEVEN_DEG)


def _is_order(body: TurnedBody, axis: TurnAxis, count: int) -> bool:
    return _steps_fit(body.fits_roughly, axis, count) and _steps_fit(body.fits, axis, count)


def _steps_fit(fits: Callable[[FloatArray, FloatArray], bool], axis: TurnAxis, count: int) -> bool:
    """Return whether each number of equal steps of a turn fits: a small step alone moves nothing farther than a tolerance."""
    steps = range(count // 2, 0, -1)  # the others are these, backwards
    return all(fits(rotation_about(axis.direction, 360 * step / count), axis.point_m) for step in steps)


def _is_product(count: int, primes: Sequence[int]) -> bool:
    """Return whether a number has no other prime factors than these."""
    for prime in primes:
        while count % prime == 0:
            count //= prime
    return count == 1


def _tried_axes(body: TurnedBody, plain: TurnAxis) -> Iterator[TurnAxis]:
    """Yield the axis as it was proposed, then where the smallest orders fit better."""
    yield plain
    for count in (2, 3, 5, 7):
        better = better_axis(body, plain, 360 / count)
        if better is not None:
            yield better


def _fits_roughly(body: TurnedBody, axis: TurnAxis, angle_deg: float) -> bool:
    return body.fits_roughly(rotation_about(axis.direction, angle_deg), axis.point_m)


def _fits_about(body: TurnedBody, axis: TurnAxis, angle_deg: float) -> bool:
    return body.fits(rotation_about(axis.direction, angle_deg), axis.point_m)


def _across(
    body: TurnedBody, moments: FloatArray, axes: FloatArray, found: Sequence[tuple[TurnAxis, int]]
) -> list[tuple[TurnAxis, int]]:
    """Return a 2-fold axis that stands on an axis already found, or on the principal axis whose moment is unlike the others."""
    largest = max(found, key=lambda one: one[1], default=None)
    is_alike = np.diff(moments) < _EQUAL_MOMENTS * moments[2]
    if largest is not None and largest[1] > 2:
        main, order = largest
    elif is_alike.any():
        main, order = TurnAxis(axes[2] if is_alike[0] else axes[0], body.center_m), 1
    else:
        return []
    flip = find_flip(body, main, order)
    return [] if flip is None else [(flip, 2)]


def find_flip(body: TurnedBody, main: TurnAxis, order: int) -> TurnAxis | None:
    """Return a 2-fold axis across the main one, None where there is none; they repeat every 180° / order."""
    first = np.linalg.svd(main.direction[None])[2][1]
    angles = np.arange(0, 180 / order, min(_STEP_DEG, 45 / order))
    tried = [TurnAxis(rotation_about(main.direction, angle) @ first, main.point_m) for angle in angles]
    misfits = [body.misfit_m(rotation_about(axis.direction, 180), axis.point_m) for axis in tried]
    for place in np.argsort(misfits)[:6]:
        for axis in (tried[place], better_axis(body, tried[place], 180)):
            if axis is not None and _fits_about(body, axis, 180):
                return axis
    return None


def _continuous(body: TurnedBody, axis: TurnAxis) -> Symmetry:
    """Return the symmetry of a body of revolution; any one flip stands for all."""
    flip = next((one for one in _flips_of_revolution(body, axis) if _fits_about(body, one, 180)), None)
    discrete = [] if flip is None else [rotation_around(rotation_about(flip.direction, 180), flip.point_m)]
    line = SymmetryAxis(axis.direction, axis.point_m)
    return Symmetry(np.reshape(discrete, (-1, 4, 4)), (line,), 1, body.tolerance_m, axis.direction)


def _flips_of_revolution(body: TurnedBody, axis: TurnAxis) -> Iterator[TurnAxis]:
    across = TurnAxis(np.linalg.svd(axis.direction[None])[2][1], axis.point_m)
    yield across
    better = better_axis(body, across, 180)
    if better is not None:
        yield better


def _discrete(body: TurnedBody, found: Sequence[tuple[TurnAxis, int]]) -> Symmetry:
    """Return the group that the found rotations make up; what the tolerance admits alone but not together is left out."""
    ordered = sorted(found, key=lambda one: -one[1])
    center = _meeting_point([axis for axis, _ in ordered], body.center_m)
    group, taken = [np.eye(3)], list[FloatArray]()
    for axis, order in ordered:
        direction = _squared(axis.direction, taken)
        larger = _closed([*group, rotation_about(direction, 360 / order)])
        if larger is not None and all(body.fits_roughly(rotation, center) for rotation in larger):
            group = larger
            taken.append(direction)
    orders = [order for order in (_order_of(rotation) for rotation in group) if order > 1]
    main = max(group, key=_order_of) if orders else None
    transforms = [rotation_around(rotation, center) for rotation in group[1:]]
    return Symmetry(
        np.reshape(transforms, (-1, 4, 4)),
        (),
        max(orders, default=1),
        body.tolerance_m,
        None if main is None else _axis_of(main),
    )


def _meeting_point(axes: Sequence[TurnAxis], center_m: FloatArray) -> FloatArray:
    """Return the point nearest to all axes, and of such points the one nearest to the center."""
    across = [np.eye(3) - np.outer(axis.direction, axis.direction) for axis in axes]
    shifts = [one @ (axis.point_m - center_m) for one, axis in zip(across, axes, strict=True)]
    shift = np.linalg.lstsq(np.sum([np.zeros((3, 3)), *across], axis=0), np.sum([np.zeros(3), *shifts], axis=0))[0]
    point: FloatArray = center_m + shift
    return point


def _squared(direction: FloatArray, others: Sequence[FloatArray]) -> FloatArray:
    """Return a direction, set exactly across those that it is across but for the tolerance: only then products of turns close."""
    for other in others:
        share = float(direction @ other)
        if abs(share) < _NEARLY_ACROSS:
            direction = direction - share * other
    squared: FloatArray = direction / np.linalg.norm(direction)
    return squared


def _closed(generators: Sequence[FloatArray]) -> list[FloatArray] | None:
    """Return all products of rotations, the identity first; None where there is no end to them."""
    group = [np.eye(3)]
    for rotation in group:
        for other in generators:
            product = rotation @ other
            if all(np.abs(product - known).max() > _SAME_ROTATION for known in group):
                group.append(product)
            if len(group) > _MOST_ROTATIONS:
                return None
    return group


def _order_of(rotation: FloatArray) -> int:
    """Return how many times a rotation makes a full turn, 1 for the identity; 0 where it is no smallest step of one."""
    angle = np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1)))
    if angle < 1e-3 * 360:
        return 1
    count = round(360 / angle)
    return count if abs(360 / count - angle) < 1 else 0


def _axis_of(rotation: FloatArray) -> FloatArray:
    """Return the (3,) unit axis of a rotation, its largest entry positive."""
    values, vectors = np.linalg.eig(rotation)
    axis = np.real(vectors[:, np.abs(values - 1).argmin()])
    unit: FloatArray = axis / np.linalg.norm(axis) * np.sign(axis[np.abs(axis).argmax()])
    return unit
