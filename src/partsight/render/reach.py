"""Scenes of any size within the reach of renderers, whose near and far planes and single precision are made for meters.

A picture does not change when everything in a scene, light included, grows by one factor: radiance has no length in it. So scenes of
very small or very large things are drawn at a size of about a meter; all others are left exactly as they are.
"""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from partsight.structures.arrays import FloatArray
from partsight.structures.world.camera import Camera
from partsight.structures.world.light import Lamp
from partsight.structures.world.material import Material
from partsight.structures.world.part import Mesh, Part, diagonal_m
from partsight.structures.world.scene import Instance, Scene
from partsight.structures.world.transform import Transform, inverse

NEAREST_M, FARTHEST_M = 5e-3, 80.0
"""Scenes whose labeled things lie between these are drawn at their true size; renderers cut at 1 mm and 1 km."""


def within_reach(scene: Scene) -> Scene:
    """Return the scene, or one that gives the same picture at a size that renderers can draw."""
    factor = _factor(scene)
    return scene if factor == 1.0 else _scaled(scene, factor)


def nearest_labeled_m(scene: Scene) -> float:
    """Return how near the camera a labeled thing may begin, in meters; 0 where there is none, or the camera is within its ball."""
    distances, radii = _labeled(scene)
    return max(0.0, float((distances - radii).min(initial=np.inf))) if len(distances) else 0.0


def _labeled(scene: Scene) -> tuple[FloatArray, FloatArray]:
    """Return the distances of labeled things, of all where none is labeled, and the radii of balls around them."""
    camera_from_world = inverse(scene.camera.world_from_camera)
    classed = [one for one in scene.instances if one.class_id is not None] or list(scene.instances)
    distances = [float(np.linalg.norm((camera_from_world @ one.world_from_part)[:3, 3])) for one in classed]
    return np.array(distances), np.array([diagonal_m(one.part.mesh) / 2 for one in classed])


def _factor(scene: Scene) -> float:
    """Return by how much the scene must grow: 1, or the power of ten that brings the nearest labeled thing to about a meter."""
    distances, radii = _labeled(scene)
    if not len(distances):
        return 1.0
    if (distances - radii).min() >= NEAREST_M and (distances + radii).max() <= FARTHEST_M:
        return 1.0
    if distances.min() >= 4 * NEAREST_M and (distances + radii).max() <= FARTHEST_M:
        return 1.0  # the camera touches a thing of ordinary size
    return float(10.0 ** -np.round(np.log10(max(distances.min(), 1e-12))))


def _scaled(scene: Scene, factor: float) -> Scene:
    lamps = tuple(_scaled_lamp(lamp, factor) for lamp in scene.lamps)
    camera = Camera(scene.camera.intrinsics, _moved_out(scene.camera.world_from_camera, factor))
    instances = tuple(_scaled_instance(one, factor) for one in scene.instances)
    return replace(scene, camera=camera, instances=instances, lamps=lamps)


def _scaled_lamp(lamp: Lamp, factor: float) -> Lamp:
    x, y, z = lamp.position_m
    return replace(lamp, position_m=(factor * x, factor * y, factor * z), radius_m=factor * lamp.radius_m)


def _scaled_instance(instance: Instance, factor: float) -> Instance:
    return Instance(
        part=_scaled_part(instance.part, factor),
        world_from_part=_moved_out(instance.world_from_part, factor),
        materials=tuple(_scaled_material(material, factor) for material in instance.materials),
        class_id=instance.class_id,
    )


def _moved_out(pose: Transform, factor: float) -> Transform:
    moved = pose.copy()
    moved[:3, 3] *= factor
    return moved


@lru_cache(maxsize=64)
def _scaled_part(part: Part, factor: float) -> Part:
    mesh = Mesh(part.mesh.vertices_m * factor, part.mesh.normals, part.mesh.triangles)
    return replace(part, mesh=mesh, key=f"{part.key} × {factor:g}")


def _scaled_material(material: Material, factor: float) -> Material:
    if material.texture is None:
        return material
    return replace(material, texture=replace(material.texture, size_m=material.texture.size_m * factor))
