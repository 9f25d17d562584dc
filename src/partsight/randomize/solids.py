"""Solids made of formulas: what stands around the parts, and the ground they stand on."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from partsight.files import hash_bytes
from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.world.material import Material
from partsight.structures.world.part import Mesh, Part
from partsight.structures.world.transform import Transform, moved

PLAIN = Material("plain", (0.5, 0.5, 0.5))


def make_part(name: str, vertices_m: FloatArray, normals: FloatArray, triangles: IntArray) -> Part:
    """Return a part of one material and one node."""
    mesh = Mesh(vertices_m, normals.astype(np.float32), triangles)
    nothing = np.zeros(len(triangles), np.int64)
    key = hash_bytes(mesh.vertices_m.tobytes(), mesh.normals.tobytes(), mesh.triangles.tobytes())
    return Part(name, mesh, (PLAIN,), nothing, (name,), nothing, key)


def plane(half_width_m: float, half_depth_m: float) -> Part:
    """Return a horizontal rectangle at z = 0, facing up."""
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * [half_width_m, half_depth_m, 1.0]
    up = np.tile([0.0, 0.0, 1.0], (4, 1))
    return make_part("plane", corners, up, np.array([[0, 1, 2], [0, 2, 3]]))


def box(size_m: FloatArray) -> Part:
    """Return a box around the origin."""
    return _faceted("box", *_box_mesh(size_m, np.zeros(3)))


def bracket(size_m: FloatArray, thickness_m: float) -> Part:
    """Return an L-shaped bracket: two plates that share an edge."""
    foot = _box_mesh(np.array([size_m[0], size_m[1], thickness_m]), np.array([0, 0, -size_m[2] / 2 + thickness_m / 2]))
    wall_size = np.array([thickness_m, size_m[1], size_m[2] - thickness_m])
    wall = _box_mesh(wall_size, np.array([-size_m[0] / 2 + thickness_m / 2, 0, thickness_m / 2]))
    vertices = np.concatenate([foot[0], wall[0]])
    return _faceted("bracket", vertices, np.concatenate([foot[1], wall[1] + 8]))


def lathe(name: str, profile_m: FloatArray, num_segments: int = 32) -> Part:
    """Turn a closed or open (N, 2) profile of (radius, z) around the z axis; its corners stay sharp."""
    angles = np.linspace(0, 2 * np.pi, num_segments + 1)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    pieces = [_turned(profile_m[[k, k + 1]], ring) for k in range(len(profile_m) - 1)]
    offsets = np.cumsum([0, *(len(vertices) for vertices, _, _ in pieces[:-1])])
    triangles = np.concatenate([faces + offset for (_, _, faces), offset in zip(pieces, offsets, strict=True)])
    return make_part(
        name, np.concatenate([piece[0] for piece in pieces]), np.concatenate([piece[1] for piece in pieces]), triangles
    )


def cable(path_m: FloatArray, radius_m: float, num_sides: int = 12) -> Part:
    """Sweep a circle along an (N, 3) path: a cable or a bent pipe, open at its ends."""
    tangents = np.gradient(path_m, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    side = np.cross(tangents, [0.3, 0.2, 0.93])
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    other = np.cross(tangents, side)
    angles = np.linspace(0, 2 * np.pi, num_sides + 1)[:, None, None]
    normals = (np.cos(angles) * side + np.sin(angles) * other).transpose(1, 0, 2)
    vertices = path_m[:, None, :] + radius_m * normals
    return make_part(
        "cable", vertices.reshape(-1, 3), normals.reshape(-1, 3), _grid_triangles(len(path_m), num_sides + 1)[:, ::-1]
    )


def scaled(part: Part, factor: float) -> Part:
    """Return the part enlarged around its origin."""
    mesh = Mesh(part.mesh.vertices_m * factor, part.mesh.normals, part.mesh.triangles)
    key = hash_bytes(part.key.encode(), np.float64(factor).tobytes())
    return Part(part.name, mesh, part.materials, part.material_ids, part.node_names, part.node_ids, key, part.regions)


def stretched(part: Part, factors: FloatArray) -> Part:
    """Return a part without regions, its axes stretched by (3,) positive factors around its origin."""
    normals = part.mesh.normals / factors
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    mesh = Mesh(part.mesh.vertices_m * factors, normals.astype(np.float32), part.mesh.triangles)
    key = hash_bytes(part.key.encode(), np.asarray(factors, float).tobytes())
    return replace(part, mesh=mesh, key=key, regions=())


def joined(name: str, pieces: Sequence[Part]) -> Part:
    """Return solids as one part of one material."""
    offsets = np.cumsum([0, *(len(piece.mesh.vertices_m) for piece in pieces[:-1])])
    return make_part(
        name,
        np.concatenate([piece.mesh.vertices_m for piece in pieces]),
        np.concatenate([piece.mesh.normals for piece in pieces]),
        np.concatenate([piece.mesh.triangles + offset for piece, offset in zip(pieces, offsets, strict=True)]),
    )


def placed(part: Part, transform: Transform) -> Part:
    """Return a solid carried to another place in its own frame."""
    mesh = part.mesh
    return make_part(part.name, moved(transform, mesh.vertices_m), mesh.normals @ transform[:3, :3].T, mesh.triangles)


def extruded(name: str, outline_m: FloatArray, height_m: float) -> Part:
    """Raise a simple counter-clockwise (N, 2) outline, convex or not, along z; centered in height."""
    half, count = height_m / 2, len(outline_m)
    caps = ear_triangles(outline_m)
    top = np.column_stack([outline_m, np.full(count, half)])
    bottom = np.column_stack([outline_m, np.full(count, -half)])
    number = np.arange(count)
    following = (number + 1) % count
    sides = np.concatenate(
        [
            np.column_stack([number + count, following + count, following]),
            np.column_stack([number + count, following, number]),
        ]
    )
    return _faceted(name, np.concatenate([top, bottom]), np.concatenate([caps, caps[:, ::-1] + count, sides]))


def ear_triangles(outline_m: FloatArray) -> IntArray:
    """Cut a simple counter-clockwise outline into triangles, ear by ear (Meisters 1975)."""
    left, triangles = list(range(len(outline_m))), []
    while len(left) > 3:
        ear = next((k for k in range(len(left)) if _is_ear(outline_m, left, k)), 0)
        triangles.append([left[ear - 1], left[ear], left[(ear + 1) % len(left)]])
        del left[ear]
    return np.array([*triangles, left], np.int64)


def _is_ear(outline_m: FloatArray, left: Sequence[int], k: int) -> bool:
    """Return whether a corner sticks out and no other corner lies in its triangle."""
    corners = outline_m[[left[k - 1], left[k], left[(k + 1) % len(left)]]]
    if _doubled_area(corners) <= 0:
        return False
    others = outline_m[[n for n in left if n not in (left[k - 1], left[k], left[(k + 1) % len(left)])]]
    sides = [_cross(corners[(n + 1) % 3] - corners[n], others - corners[n]) for n in range(3)]
    return not bool((np.min(sides, axis=0) >= 0).any())


def _doubled_area(corners_m: FloatArray) -> float:
    return float(_cross(corners_m[1] - corners_m[0], corners_m[2] - corners_m[0]))


def _cross(one: FloatArray, other: FloatArray) -> FloatArray:
    return np.asarray(one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0])


def _turned(edge_m: FloatArray, ring: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return vertices, normals and triangles of one profile edge turned around z."""
    (radius_a, z_a), (radius_b, z_b) = edge_m
    vertices = [
        np.column_stack([ring * radius, np.full(len(ring), z)]) for radius, z in ((radius_a, z_a), (radius_b, z_b))
    ]
    outward = np.array([z_b - z_a, radius_a - radius_b])
    outward /= max(float(np.linalg.norm(outward)), 1e-12)
    normals = np.column_stack([ring * outward[0], np.full(len(ring), outward[1])])
    return np.concatenate(vertices), np.concatenate([normals, normals]), _grid_triangles(2, len(ring))[:, ::-1]


def _grid_triangles(num_rows: int, num_columns: int) -> IntArray:
    """Return the triangles of a grid of vertices stored row by row."""
    corner = (np.arange(num_rows - 1)[:, None] * num_columns + np.arange(num_columns - 1)).ravel()
    right, below = corner + 1, corner + num_columns
    return np.concatenate([np.column_stack([corner, below, right]), np.column_stack([right, below, below + 1])])


def _box_mesh(size_m: FloatArray, center_m: FloatArray) -> tuple[FloatArray, IntArray]:
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * size_m / 2 + center_m
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return corners, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])


def _faceted(name: str, vertices_m: FloatArray, triangles: IntArray) -> Part:
    """Give every triangle its own vertices, so that all edges are sharp."""
    corners = vertices_m[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return make_part(
        name, corners.reshape(-1, 3), np.repeat(normals, 3, axis=0), np.arange(3 * len(triangles)).reshape(-1, 3)
    )
