"""Triangles that nobody can see: those that no ray from outside reaches.

From points on each triangle rays go in all directions, on both sides; one that meets nothing proves the triangle visible (an ambient
occlusion of 1 is the opposite; Zhukov et al. 1998). Few rays settle most triangles, so only the undecided get more. What is left
keeps a rim: triangles that share a corner with a visible one stay, so that no crack opens where a ray happened to miss.
"""

import numpy as np
import trimesh

from partsight.cad.facts import weld
from partsight.cad.geometry.conversion import with_triangles
from partsight.structures.arrays import Float32Array, IntArray
from partsight.structures.world.directions import sphere_directions
from partsight.structures.world.part import Part, opaque_triangles

ROUNDS = (4, 8, 20, 32, 32)
"""Rays for each undecided triangle, round by round. All together are spread evenly over the sphere, so that a window of 3 % of it
holds two or three; where such a share is scattered over the sphere, a triangle is lost once in twenty."""
NUM_TURNS = 64
"""Turns of the sphere's rays, of which each triangle draws one."""
LEAST_SAVING = 0.05
"""Below this share of hidden triangles the mesh is left as it is."""
SEED = 0
_RAYS_AT_ONCE = 2_000_000


def remove_hidden(part: Part) -> Part:
    """Return the part without its invisible interior; the part itself when there is next to none."""
    visible = _with_rim(part, find_visible(part))
    if visible.mean() > 1 - LEAST_SAVING:
        return part
    return with_triangles(part, np.flatnonzero(visible))


def find_visible(part: Part) -> IntArray:
    """Return, for each triangle, whether a ray from it escapes; rays go through what can be seen through."""
    mesh = trimesh.Trimesh(part.mesh.vertices_m, part.mesh.triangles, process=False)
    if not (blocking := opaque_triangles(part)).any():
        return np.ones(len(mesh.faces), bool)
    walls = trimesh.Trimesh(part.mesh.vertices_m, part.mesh.triangles[blocking], process=False)
    caster = trimesh.ray.ray_pyembree.RayMeshIntersector(walls)
    generator = np.random.default_rng(SEED)
    turned = _turned_directions(generator)
    visible = np.zeros(len(mesh.faces), bool)
    done = 0
    for num_rays in ROUNDS:
        undecided = np.flatnonzero(~visible)
        for chosen in _batches(undecided, num_rays):
            directions = turned[generator.integers(NUM_TURNS, size=len(chosen)), done : done + num_rays]
            visible[chosen] = _escapes(mesh, caster, chosen, directions=directions, generator=generator)
        done += num_rays
    return visible


def _turned_directions(generator: np.random.Generator) -> Float32Array:
    """Return (turns, rays, 3) unit vectors, spread evenly in each turn; the first of them are a fair sample."""
    from scipy.spatial.transform import Rotation

    spread = generator.permutation(sphere_directions(sum(ROUNDS)))
    turns = Rotation.random(NUM_TURNS, random_state=generator).as_matrix()
    turned: Float32Array = np.einsum("tij,rj->tri", turns, spread).astype(np.float32)
    return turned


def _batches(undecided: IntArray, num_rays: int) -> list[IntArray]:
    num_batches = max(1, -(-len(undecided) * num_rays // _RAYS_AT_ONCE))
    return [batch for batch in np.array_split(undecided, num_batches) if len(batch)]


def _escapes(
    mesh: trimesh.Trimesh, caster: object, chosen: IntArray, *, directions: Float32Array, generator: np.random.Generator
) -> IntArray:
    """Return, for each chosen triangle, whether any of its rays meets nothing."""
    corners = np.asarray(mesh.vertices)[np.asarray(mesh.faces)[chosen]].astype(np.float32)
    first, second = generator.random((2, *directions.shape[:2], 1), dtype=np.float32)
    first = np.sqrt(first)  # evenly over the triangle (Turk 1990)
    origins = (1 - first) * corners[:, None, 0] + first * (1 - second) * corners[:, None, 1]
    origins += first * second * corners[:, None, 2] + directions * np.float32(_offset_m(mesh))
    meets = caster.intersects_any(origins.reshape(-1, 3), directions.reshape(-1, 3))  # type: ignore[attr-defined]
    return ~meets.reshape(directions.shape[:2]).all(axis=1)  # type: ignore[no-any-return]


def _offset_m(mesh: trimesh.Trimesh) -> float:
    """Rays start this far from their triangle, so as not to meet it: float32 in the ray caster."""
    return 2e-5 * float(np.linalg.norm(mesh.extents))


def _with_rim(part: Part, visible: IntArray) -> IntArray:
    """Add the triangles that touch a visible one, at corners that lie at one place."""
    places = weld(part.mesh.vertices_m)[part.mesh.triangles]
    is_seen = np.zeros(places.max() + 1, bool)
    is_seen[places[visible].ravel()] = True
    return visible | is_seen[places].any(axis=1)
