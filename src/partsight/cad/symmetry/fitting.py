"""Whether a rotation carries a surface onto itself, within a tolerance, both ways."""

from dataclasses import dataclass

import numpy as np

from partsight.cad.symmetry.distances import SurfaceTriangles, areas_m2, spread_points, surface_of
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.world.part import Part
from partsight.structures.world.transform import rotation_about

_NUM_QUICK, _NUM_SPREAD, _MOST_VERTICES = 160, 2000, 4000
_FIRST = 24
"""Points that most wrong rotations fail on."""
_PROMISING = 3.0
"""A rotation that leaves most points within this many tolerances is worth a better axis."""
_MOST = 0.9
_NUM_STEPS = 5


@dataclass(frozen=True, slots=True, eq=False)
class _Layer:
    """All that has one color; or everything, where colors do not count."""

    surface: SurfaceTriangles
    points_m: FloatArray
    """Corners and spread points that must come to lie on the surface; the first few tell most."""


@dataclass(frozen=True, slots=True, eq=False)
class TurnedBody:
    """A part's surface, ready to be compared with itself."""

    layers: tuple[_Layer, ...]
    center_m: FloatArray
    """Centroid of the area: every symmetry leaves it where it is."""
    tolerance_m: float

    def fits(self, rotation: FloatArray, center_m: FloatArray | None = None) -> bool:
        """Return whether a rotation (3×3) about a point leaves no point of the surface farther from it than the tolerance."""
        return self.fits_roughly(rotation, center_m) and self._is_close(rotation, center_m, slice(_NUM_QUICK, None))

    def fits_roughly(self, rotation: FloatArray, center_m: FloatArray | None = None) -> bool:
        """Return whether this holds for the first few points."""
        return all(self._is_close(rotation, center_m, points) for points in (slice(_FIRST), slice(_FIRST, _NUM_QUICK)))

    def misfit_m(self, rotation: FloatArray, center_m: FloatArray) -> float:
        """Return the distance from the surface within which most of a few points lie after a rotation."""
        found = [
            layer.surface.distances_m(_turned(layer.points_m[:_NUM_QUICK], rotation, center_m)) for layer in self.layers
        ]
        return float(np.quantile(np.concatenate(found), _MOST))

    def _is_close(self, rotation: FloatArray, center_m: FloatArray | None, points: slice) -> bool:
        center = self.center_m if center_m is None else center_m
        return all(
            layer.surface.are_within(_turned(layer.points_m[points], turn, center), self.tolerance_m)
            for layer in self.layers
            for turn in (rotation, rotation.T)
        )


@dataclass(frozen=True, slots=True, eq=False)
class TurnAxis:
    """A line through a point."""

    direction: FloatArray
    point_m: FloatArray


def body_of(part: Part, tolerance_m: float, *, with_colors: bool) -> TurnedBody:
    """Prepare a part's surface; with colors, each color must come to lie on itself."""
    rng = np.random.default_rng(0)
    corners = part.mesh.vertices_m[part.mesh.triangles]
    areas = areas_m2(corners)
    colors = _color_ids(part) if with_colors else np.zeros(len(corners), np.int64)
    layers = tuple(
        _layer(corners[(colors == color) & (areas > 0)], rng) for color in np.unique(colors[areas > 0]).tolist()
    )
    center = np.einsum("t,tkd->d", areas, corners) / (3 * areas.sum())
    return TurnedBody(layers, center, tolerance_m)


def better_axis(body: TurnedBody, axis: TurnAxis, angle_deg: float) -> TurnAxis | None:
    """Return the axis near the given one about which the rotation fits better; None where none can fit.

    Each step carries the turned points to the nearest of the surface by the best rigid motion (Besl and McKay 1992).
    """
    rotation = rotation_about(axis.direction, angle_deg)
    if body.misfit_m(rotation, axis.point_m) > _PROMISING * body.tolerance_m:
        return None
    for _ in range(_NUM_STEPS):
        points = np.concatenate([layer.points_m[:_NUM_QUICK] for layer in body.layers])
        turned = _turned(points, rotation_about(axis.direction, angle_deg), axis.point_m)
        ends = np.cumsum([0, *(len(layer.points_m[:_NUM_QUICK]) for layer in body.layers)])
        nearest = [
            layer.surface.nearest_m(turned[start:end])
            for layer, start, end in zip(body.layers, ends, ends[1:], strict=False)
        ]
        axis = _axis_between(points, np.concatenate(nearest), axis)
    return axis


def _axis_between(points: FloatArray, targets: FloatArray, axis: TurnAxis) -> TurnAxis:
    """Return the axis of the rotation that best carries points to targets (Kabsch 1976), near the one given."""
    center, target_center = points.mean(axis=0), targets.mean(axis=0)
    left, _, right = np.linalg.svd((points - center).T @ (targets - target_center))
    upright = np.diag([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left @ upright @ right).T
    values, vectors = np.linalg.eig(rotation)
    direction = np.real(vectors[:, np.abs(values - 1).argmin()])
    direction *= np.sign(direction @ axis.direction) or 1.0
    shift = target_center - rotation @ center
    around = np.linalg.lstsq(np.eye(3) - rotation, shift, rcond=1e-3)[0]
    return TurnAxis(direction, around + direction * (direction @ (axis.point_m - around)))


def _color_ids(part: Part) -> IntArray:
    colors = np.array([material.base_color for material in part.materials])
    _, numbers = np.unique(np.round(colors, 2), axis=0, return_inverse=True)
    ids: IntArray = numbers.reshape(-1)[part.material_ids]
    return ids


def _layer(corners_m: FloatArray, rng: np.random.Generator) -> _Layer:
    _, spread = spread_points(corners_m, _NUM_SPREAD, rng)
    vertices = np.unique(corners_m.reshape(-1, 3), axis=0)
    chosen = rng.permutation(len(vertices))[:_MOST_VERTICES]
    points = np.concatenate([spread, vertices[chosen]])
    return _Layer(surface_of(corners_m, rng), points[_telling_order(points, rng)])


def _telling_order(points: FloatArray, rng: np.random.Generator) -> IntArray:
    """Return an order in which few points tell most: every other one is of those farthest from the long axis, as the corners of a
    bolt's head are, and the rest come as they happen to."""
    centered = points - points.mean(axis=0)
    axes = np.linalg.svd(centered.T @ centered)[0]
    from_axis = np.linalg.norm(centered @ axes[:, 1:], axis=1)
    far = rng.permutation(np.argsort(-from_axis)[: len(points) // 20])
    shuffled = rng.permutation(np.setdiff1d(np.arange(len(points)), far))
    first = np.stack([far, shuffled[: len(far)]], axis=1).ravel()
    return np.concatenate([first, shuffled[len(far) :]])


def _turned(points_m: FloatArray, rotation: FloatArray, center_m: FloatArray) -> FloatArray:
    turned: FloatArray = (points_m - center_m) @ rotation.T + center_m
    return turned
