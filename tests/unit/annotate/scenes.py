"""Parts and scenes built by NumPy alone, for tests of labels."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from partsight.structures.arrays import FloatArray, IntArray
from partsight.structures.world.camera import Camera, centered_intrinsics, farthest_corner
from partsight.structures.world.lens import corner_lens
from partsight.structures.world.light import EnvironmentMap
from partsight.structures.world.material import Material
from partsight.structures.world.part import Mesh, Part
from partsight.structures.world.scene import Instance, Scene
from partsight.structures.world.transform import Transform, look_at, rigid, rotation_about

GREY = Material("gray", (0.5, 0.5, 0.5))
BOX_TRIANGLES = np.array([
    [0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4],
    [2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6], [1, 3, 5], [3, 7, 5],
])  # fmt: skip


def part_of(vertices_m: FloatArray, triangles: IntArray) -> Part:
    vertices_m = np.asarray(vertices_m, float)
    triangles = np.asarray(triangles, np.int64).reshape(-1, 3)
    key = hashlib.sha256(vertices_m.tobytes() + triangles.tobytes()).hexdigest()
    normals = np.tile([0.0, 0.0, 1.0], (len(vertices_m), 1))
    zeros = np.zeros(len(triangles), np.int64)
    return Part("test part", Mesh(vertices_m, normals, triangles), (GREY,), zeros, ("body",), zeros, key)


def box_part(sides_m: Sequence[float]) -> Part:
    corners = np.array([[x, y, z] for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)])
    return part_of(corners * np.asarray(sides_m), BOX_TRIANGLES)


def sphere_part(radius_m: float, num_rings: int = 96) -> Part:
    """A latitude-longitude sphere, inscribed in the true one."""
    polar, azimuth = np.meshgrid(
        np.linspace(0, np.pi, num_rings + 1), np.linspace(0, 2 * np.pi, 2 * num_rings, endpoint=False), indexing="ij"
    )
    vertices = np.stack([np.sin(polar) * np.cos(azimuth), np.sin(polar) * np.sin(azimuth), np.cos(polar)], axis=-1)
    index = np.arange(polar.size).reshape(polar.shape)
    right = np.roll(index, -1, axis=1)
    upper = np.stack([index[:-1], index[1:], right[1:]], axis=-1).reshape(-1, 3)
    lower = np.stack([index[:-1], right[1:], right[:-1]], axis=-1).reshape(-1, 3)
    return part_of(vertices.reshape(-1, 3) * radius_m, np.concatenate([upper, lower]))


def soup_part(num_triangles: int, size_m: float, rng: np.random.Generator) -> Part:
    """Loose triangles: the worst shape that a broken CAD file can have."""
    centers = rng.uniform(-0.5, 0.5, (num_triangles, 1, 3))
    corners = (centers + rng.uniform(-0.4, 0.4, (num_triangles, 3, 3))) * size_m
    return part_of(corners.reshape(-1, 3), np.arange(3 * num_triangles))


def camera_at_origin(size_wh: tuple[int, int], focal_px: float) -> Camera:
    return Camera(centered_intrinsics(size_wh, focal_px), np.eye(4))


def instance_at(part: Part, world_from_part: Transform, class_id: int | None = 0) -> Instance:
    return Instance(part, world_from_part, part.materials, class_id)


def placed(part: Part, position_m: Sequence[float], class_id: int | None = 0) -> Instance:
    return instance_at(part, rigid(np.eye(3), position_m), class_id)


def scene_of(camera: Camera, *instances: Instance) -> Scene:
    return Scene(camera, instances, EnvironmentMap(np.ones((2, 4, 3), np.float32)))


def with_lens(scene: Scene, distortion: float) -> Scene:
    """The same scene through a lens that moves the corners by this share."""
    intrinsics = scene.camera.intrinsics
    lens = corner_lens(distortion, farthest_corner(intrinsics))
    return replace(scene, camera=replace(scene.camera, intrinsics=replace(intrinsics, lens=lens)))


def random_scene(seed: int, size_wh: tuple[int, int] = (160, 120)) -> Scene:
    """A ground that runs under and behind the camera, and up to six parts, some of them cut by borders."""
    rng = np.random.default_rng(seed)
    distance_m = rng.uniform(0.3, 1.2)
    azimuth, elevation = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 1.4)
    eye = distance_m * np.array(
        [np.cos(azimuth) * np.cos(elevation), np.sin(azimuth) * np.cos(elevation), np.sin(elevation)]
    )
    camera = Camera(
        centered_intrinsics(size_wh, rng.uniform(100, 400)),
        look_at(eye, rng.uniform(-0.1, 0.1, 3), rng.uniform(-30, 30)),
    )
    ground = placed(box_part((6, 6, 0.01)), (0, 0, -0.15), class_id=None)
    return scene_of(camera, ground, *(_random_instance(rng) for _ in range(rng.integers(1, 7))))


def _random_instance(rng: np.random.Generator) -> Instance:
    size_m = float(np.exp(rng.uniform(np.log(0.03), np.log(0.3))))
    parts = [
        lambda: box_part(size_m * rng.uniform(0.2, 1, 3)),
        lambda: sphere_part(size_m / 2, num_rings=8),
        lambda: soup_part(12, size_m, rng),
    ]
    part = parts[rng.integers(len(parts))]()
    pose = rigid(rotation_about(rng.normal(size=3), rng.uniform(0, 360)), rng.uniform(-0.3, 0.3, 3))
    class_id = None if rng.random() < 0.2 else int(rng.integers(3))
    return instance_at(part, pose, class_id)
