"""What every backend draws: triangles in world space, one set per instance and material."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from partsight.structures.arrays import Float32Array, FloatArray, IntArray
from partsight.structures.world.material import Material
from partsight.structures.world.part import Part
from partsight.structures.world.scene import Instance, Scene
from partsight.structures.world.transform import moved


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """The triangles of one material of one instance."""

    vertices_m: FloatArray
    """(V, 3) positions in the world."""
    normals: Float32Array
    """(V, 3) unit shading normals in the world."""
    uvs: Float32Array
    """(V, 2) texture coordinates in tiles; zeros without a texture."""
    triangles: IntArray
    """(T, 3) vertex indices."""
    material: Material
    instance_index: int
    """Position in `Scene.instances`."""


@dataclass(frozen=True, slots=True, eq=False)
class _Patch:
    """The triangles of one material slot of a part, in the part's frame, with texture coordinates in meters."""

    vertices_m: FloatArray
    normals: Float32Array
    uvs_m: FloatArray
    triangles: IntArray


def wall_opacity(material: Material) -> float:
    """Return how much one surface of a see-through material hides: a pane has two, and is stated as a whole."""
    return float(1 - np.sqrt(1 - material.opacity))


class SurfaceCache:
    """Makes the surfaces of scenes and remembers what depends on the parts alone, for the parts used last."""

    def __init__(self, capacity: int = 512) -> None:
        self._capacity = capacity
        self._patches: OrderedDict[tuple[str, int, bool], _Patch] = OrderedDict()

    def surfaces(self, scene: Scene) -> list[Surface]:
        """Return the surfaces of a scene, in the order of its instances and their materials."""
        return [
            surface
            for index, instance in enumerate(scene.instances)
            for slot in range(len(instance.materials))
            if (surface := self._surface(instance, index, slot)) is not None
        ]

    def _surface(self, instance: Instance, index: int, slot: int) -> Surface | None:
        """Return one surface; None where no triangle has the material."""
        material = instance.materials[slot]
        patch = self._patch(instance.part, slot, is_textured=material.texture is not None)
        if not len(patch.triangles):
            return None
        tile_m = material.texture.size_m if material.texture else 1.0
        return Surface(
            vertices_m=moved(instance.world_from_part, patch.vertices_m),
            normals=(patch.normals @ instance.world_from_part[:3, :3].T).astype(np.float32),
            uvs=(patch.uvs_m / tile_m).astype(np.float32),
            triangles=patch.triangles,
            material=material,
            instance_index=index,
        )

    def _patch(self, part: Part, slot: int, *, is_textured: bool) -> _Patch:
        key = (part.key, slot, is_textured)
        if key not in self._patches:
            self._patches[key] = _box_mapped(_slot_patch(part, slot)) if is_textured else _slot_patch(part, slot)
        self._patches.move_to_end(key)
        if len(self._patches) > self._capacity:
            self._patches.popitem(last=False)
        return self._patches[key]


def _slot_patch(part: Part, slot: int) -> _Patch:
    """Cut the triangles of one material out of a part, with the vertices they use."""
    triangles = part.mesh.triangles[part.material_ids == slot]
    used, renumbered = np.unique(triangles, return_inverse=True)
    return _Patch(
        vertices_m=part.mesh.vertices_m[used],
        normals=part.mesh.normals[used],
        uvs_m=np.zeros((len(used), 2)),
        triangles=renumbered.reshape(-1, 3),
    )


def _box_mapped(patch: _Patch) -> _Patch:
    """Lay texture coordinates over a patch: each triangle is seen along the axis that it faces most.

    Triangles share no vertex afterwards, because neighbors may face different axes.
    """
    corners = patch.vertices_m[patch.triangles]
    facing = np.abs(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])).argmax(axis=1)
    kept_axes = np.array([[1, 2], [0, 2], [0, 1]])[facing]
    uvs_m = np.take_along_axis(corners, kept_axes[:, None, :], axis=2)
    return _Patch(
        vertices_m=corners.reshape(-1, 3),
        normals=patch.normals[patch.triangles].reshape(-1, 3),
        uvs_m=uvs_m.reshape(-1, 2),
        triangles=np.arange(3 * len(corners)).reshape(-1, 3),
    )
