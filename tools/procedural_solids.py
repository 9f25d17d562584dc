"""Building blocks of generated machine parts: outlines, plates, turned bodies, holes, fasteners; and solids → Part.

Lengths have no unit here: a finished part is scaled to the size asked for. z is up.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from manifold3d import CrossSection, JoinType, Manifold, OpType

from partsight.cad.geometry.materials import METALS
from partsight.files import hash_bytes
from partsight.structures.world.material import Material
from partsight.structures.world.part import Mesh, Part

SHARP_DEG = 35.0
"""Edges bent by more than this are shown sharp."""
PAINTS = (
    (0.02, 0.09, 0.35), (0.03, 0.16, 0.07), (0.55, 0.03, 0.02), (0.72, 0.35, 0.02), (0.75, 0.55, 0.03), (0.6, 0.6, 0.58),
    (0.12, 0.13, 0.14), (0.015, 0.015, 0.017), (0.2, 0.25, 0.3), (0.05, 0.3, 0.35), (0.78, 0.77, 0.7), (0.16, 0.05, 0.22),
)  # fmt: skip
"""Linear colors of machine paint and plastic."""
SLIVER = 1e-9
"""Doubled area, as a share of the squared size, below which a triangle is left out."""
Points = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Piece:
    """A solid of one material."""

    name: str
    solid: Manifold
    material: Material


def metal(rng: np.random.Generator) -> Material:
    """Draw a bare metal."""
    name = rng.choice(["steel", "stainless", "aluminium", "aluminium", "iron", "brass"])
    color, roughness = METALS[name]
    return Material(str(name), color, 1.0, float(np.clip(roughness + rng.normal(0, 0.08), 0.1, 0.8)))


def paint(rng: np.random.Generator) -> Material:
    """Draw a paint or a plastic."""
    color = np.clip(np.array(PAINTS[int(rng.integers(len(PAINTS)))]) * rng.uniform(0.7, 1.3, 3), 0.01, 0.85)
    return Material("paint", (float(color[0]), float(color[1]), float(color[2])), 0.0, float(rng.uniform(0.25, 0.7)))


def finish(rng: np.random.Generator, paint_share: float = 0.45) -> Material:
    """Draw a metal or a paint."""
    return paint(rng) if rng.random() < paint_share else metal(rng)


COPPER = Material("copper", METALS["copper"][0], 1.0, 0.35)
STEEL = Material("steel", METALS["steel"][0], 1.0, 0.35)
RUBBER = Material("rubber", (0.015, 0.015, 0.016), 0.0, 0.8)
INSULATOR = Material("plastic", (0.7, 0.62, 0.42), 0.0, 0.5)


def rectangle(width: float, depth: float, corner: float = 0.0, *, is_round: bool = True) -> CrossSection:
    """Return a centered rectangle with rounded or cut corners."""
    corner = min(corner, 0.49 * min(width, depth))
    inner = CrossSection.square((width - 2 * corner, depth - 2 * corner), center=True)
    if corner <= 0:
        return inner
    return inner.offset(corner, JoinType.Round if is_round else JoinType.Bevel, circular_segments=32)


def disc(radius: float, segments: int = 48) -> CrossSection:
    """Return a disc."""
    return CrossSection.circle(radius, segments)


def polygon(points: Points | Sequence[Sequence[float]]) -> CrossSection:
    """Return a closed outline."""
    return CrossSection([np.asarray(points, float)])


def ring_of(outline: CrossSection, radius: float, count: int, start_deg: float = 0.0) -> CrossSection:
    """Return copies of an outline around the origin."""
    step = 360.0 / count
    return CrossSection.batch_boolean(
        [outline.translate((radius, 0)).rotate(start_deg + k * step) for k in range(count)], OpType.Add
    )


def corners_of(outline: CrossSection, width: float, depth: float) -> CrossSection:
    """Return copies of an outline at the four corners of a rectangle."""
    at = [(x * width / 2, y * depth / 2) for x in (-1, 1) for y in (-1, 1)]
    return CrossSection.batch_boolean([outline.translate(place) for place in at], OpType.Add)


def slab(outline: CrossSection, height: float, bevel: float = 0.0) -> Manifold:
    """Raise a convex outline from z = 0, its edges cut by `bevel`."""
    if bevel <= 0:
        return outline.extrude(height)
    bevel = min(bevel, 0.4 * height)
    wide = outline.extrude(height - 2 * bevel).translate((0, 0, bevel))
    return Manifold.batch_hull([outline.offset(-bevel, JoinType.Miter).extrude(height), wide])


def turned(profile: Sequence[tuple[float, float]], segments: int = 64) -> Manifold:
    """Turn a closed profile of (radius, z) around z."""
    points = np.array(profile, float)
    if _doubled_area(points) < 0:
        points = points[::-1]
    return CrossSection([points]).revolve(segments)


def stepped(steps: Sequence[tuple[float, float]], bevel: float, segments: int = 64) -> Manifold:
    """Return a turned body of (length, radius) steps from z = 0 up, all outer edges cut by `bevel`."""
    profile, z = [(0.0, 0.0)], 0.0
    for length, radius in steps:
        cut = min(bevel, 0.4 * length, 0.4 * radius)
        profile += [(radius - cut, z), (radius, z + cut), (radius, z + length - cut), (radius - cut, z + length)]
        z += length
    return turned([*profile, (0.0, z)], segments)


def bar(start: Sequence[float], end: Sequence[float], radius: float, segments: int = 32) -> Manifold:
    """Return a round bar between two points."""
    axis = np.asarray(end, float) - np.asarray(start, float)
    length = float(np.linalg.norm(axis))
    body = Manifold.cylinder(length, radius, radius, segments)
    tilt, turn = np.degrees(np.arccos(axis[2] / length)), np.degrees(np.arctan2(axis[1], axis[0]))
    return body.rotate((0, float(tilt), float(turn))).translate(tuple(start))


def tube(path: Points, radius: float, sides: int = 20) -> Manifold:
    """Sweep a ball along a path: hoses, bent pipes, handles."""
    ball = Manifold.sphere(radius, sides)
    balls = [ball.translate(tuple(point)) for point in path]
    return union([Manifold.batch_hull([one, other]) for one, other in itertools.pairwise(balls)])


def screw(radius: float, height: float) -> Manifold:
    """Return the head of a socket screw that stands on z = 0."""
    head = stepped([(height, radius)], 0.12 * radius, 24)
    return head - CrossSection.circle(0.55 * radius, 6).extrude(height).translate((0, 0, 0.45 * height))


def hexagon(radius: float, height: float) -> Manifold:
    """Return a hexagon head or nut that stands on z = 0."""
    return CrossSection.circle(radius, 6).extrude(height) ^ stepped([(height, radius)], 0.13 * radius, 32)


def at_places(solid: Manifold, places: Sequence[Sequence[float]]) -> Manifold:
    """Return copies of a solid."""
    return union([solid.translate(tuple(place)) for place in places])


def circle_places(radius: float, count: int, z: float, start_deg: float = 0.0) -> list[tuple[float, float, float]]:
    """Return points on a circle."""
    angles = np.radians(start_deg + 360.0 / count * np.arange(count))
    return [(float(radius * np.cos(a)), float(radius * np.sin(a)), z) for a in angles]


def corner_places(width: float, depth: float, z: float) -> list[tuple[float, float, float]]:
    """Return the corners of a rectangle."""
    return [(x * width / 2, y * depth / 2, z) for x in (-1, 1) for y in (-1, 1)]


def union(solids: Sequence[Manifold]) -> Manifold:
    """Return solids as one."""
    return Manifold.batch_boolean(list(solids), OpType.Add)


def make_part(name: str, pieces: Sequence[Piece], size_m: float) -> Part:
    """Return pieces as a part whose bounding box has this diagonal, its middle at the origin."""
    meshes = [_mesh(piece.solid) for piece in pieces]
    offsets = np.cumsum([0, *(len(vertices) for vertices, _, _ in meshes[:-1])])
    vertices = np.concatenate([vertices for vertices, _, _ in meshes])
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    vertices = (vertices - (low + high) / 2) * (size_m / np.linalg.norm(high - low))
    normals = np.concatenate([normals for _, normals, _ in meshes])
    triangles = np.concatenate([faces + offset for (_, _, faces), offset in zip(meshes, offsets, strict=True)])
    numbers = np.repeat(np.arange(len(pieces)), [len(faces) for _, _, faces in meshes])
    mesh = Mesh(vertices, normals.astype(np.float32), triangles)
    materials = tuple(piece.material for piece in pieces)
    key = hash_bytes(mesh.vertices_m.tobytes(), mesh.triangles.tobytes(), repr(materials).encode())
    return Part(name, mesh, materials, numbers, tuple(piece.name for piece in pieces), numbers, key)


def _mesh(solid: Manifold) -> tuple[Points, Points, Indices]:
    """Return vertices, normals and triangles, vertices split at sharp edges, slivers left out."""
    mesh = solid.to_mesh()
    vertices, triangles = np.asarray(mesh.vert_properties[:, :3], np.float64), np.asarray(mesh.tri_verts, np.int64)
    areas = _face_areas(vertices, triangles)
    is_real = np.linalg.norm(areas, axis=1) > SLIVER * np.ptp(vertices, axis=0).max() ** 2
    triangles, areas = triangles[is_real], areas[is_real]
    corners = vertices[triangles].reshape(-1, 3)
    return corners, _smoothed(triangles, areas), np.arange(len(corners)).reshape(-1, 3)


def _smoothed(triangles: Indices, areas: Points) -> Points:
    """Return a normal for each corner: the mean over the faces at its vertex that are bent by less than `SHARP_DEG` from its own."""
    faces = areas / np.linalg.norm(areas, axis=1, keepdims=True)
    vertex_of = triangles.ravel()
    order = np.argsort(vertex_of, kind="stable")
    starts = np.concatenate([[0], np.flatnonzero(np.diff(vertex_of[order])) + 1, [len(order)]])
    counts = np.diff(starts)
    group = np.repeat(np.arange(len(counts)), counts)
    one = np.repeat(np.arange(len(order)), counts[group])
    within = np.arange(len(one)) - np.repeat(np.cumsum(counts[group]) - counts[group], counts[group])
    corner, neighbor = order[one], order[starts[group[one]] + within]
    is_near = (faces[corner // 3] * faces[neighbor // 3]).sum(axis=1) > np.cos(np.radians(SHARP_DEG))
    normals = np.zeros((len(order), 3))
    np.add.at(normals, corner[is_near], areas[neighbor[is_near] // 3])
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _face_areas(vertices: Points, triangles: Indices) -> Points:
    """Return each triangle's normal, as long as its doubled area."""
    corners = vertices[triangles]
    return np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])


def _doubled_area(points: Points) -> float:
    x, y = points.T
    return float((x * np.roll(y, -1) - y * np.roll(x, -1)).sum())
