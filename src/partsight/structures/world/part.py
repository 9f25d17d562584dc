"""A part: the mesh of one CAD file or primitive, its materials, and the names of its sub-parts."""

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from partsight.structures.arrays import BoolArray, Float32Array, FloatArray, IntArray, locked
from partsight.structures.offered import html_of
from partsight.structures.world.material import Material


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Mesh:
    """Triangles in meters; vertices are split where shading normals break (at CAD edges)."""

    vertices_m: FloatArray
    """(V, 3) positions."""
    normals: Float32Array
    """(V, 3) unit shading normals."""
    triangles: IntArray
    """(T, 3) vertex indices, counter-clockwise seen from outside."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "vertices_m", locked(self.vertices_m, np.float64, (None, 3)))
        object.__setattr__(self, "normals", locked(self.normals, np.float32, (len(self.vertices_m), 3)))
        object.__setattr__(self, "triangles", locked(self.triangles, np.int64, (None, 3)))


_BOXES_M: WeakKeyDictionary[Mesh, tuple[FloatArray, FloatArray]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class PartRegion:
    """A sub-part that is labeled as a class of its own wherever the part is seen."""

    class_name: str
    node_ids: tuple[int, ...]
    """Indices into the part's `node_names`."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Part:
    """A rigid body that can be placed in scenes; its frame is the CAD frame, moved so that the bounding box is centered."""

    name: str
    mesh: Mesh
    materials: tuple[Material, ...]
    material_ids: IntArray
    """(T,) index into `materials` for each triangle."""
    node_names: tuple[str, ...]
    """Names of the sub-parts (solids, assembly nodes) as the CAD file gives them."""
    node_ids: IntArray
    """(T,) index into `node_names` for each triangle."""
    key: str
    """Content hash: equal keys mean equal geometry, materials, names and regions."""
    regions: tuple[PartRegion, ...] = ()
    cad_center_m: tuple[float, float, float] | None = None
    """Where the frame's origin lies in the CAD file, in meters; None for what comes from no file, or from one read long ago."""

    def __post_init__(self) -> None:
        num_triangles = len(self.mesh.triangles)
        object.__setattr__(self, "material_ids", locked(self.material_ids, np.int64, (num_triangles,)))
        object.__setattr__(self, "node_ids", locked(self.node_ids, np.int64, (num_triangles,)))

    def __repr__(self) -> str:
        return f"Part({self.name!r}, {len(self.mesh.triangles)} triangles, {len(self.node_names)} sub-parts)"

    def _repr_html_(self) -> str:
        return html_of(self, "world", "show_part")


def opaque_triangles(part: Part) -> BoolArray:
    """Return (T,) whether nothing can be seen through each triangle."""
    is_opaque = np.array([not material.is_see_through for material in part.materials], bool)
    return is_opaque[part.material_ids]


def part_of_triangles(part: Part, chosen: BoolArray, mark: str) -> Part:
    """Return some triangles, (T,) chosen, as a part in the same frame, without regions; `mark` tells its key from the whole's."""
    used, renumbered = np.unique(part.mesh.triangles[chosen], return_inverse=True)
    return replace(
        part,
        mesh=Mesh(part.mesh.vertices_m[used], part.mesh.normals[used], renumbered.reshape(-1, 3)),
        material_ids=part.material_ids[chosen],
        node_ids=part.node_ids[chosen],
        key=f"{part.key}-{mark}",
        regions=(),
    )


def bounding_box_m(mesh: Mesh) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest corner of the axis-aligned bounding box, looked for once in each mesh."""
    if mesh not in _BOXES_M:
        low, high = mesh.vertices_m.min(axis=0), mesh.vertices_m.max(axis=0)
        _BOXES_M[mesh] = locked(low, np.float64, (3,)), locked(high, np.float64, (3,))
    return _BOXES_M[mesh]


def diagonal_m(mesh: Mesh) -> float:
    """Return the length of the bounding box's diagonal."""
    low, high = bounding_box_m(mesh)
    return float(np.linalg.norm(high - low))
