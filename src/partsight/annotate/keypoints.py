"""Named points of parts: where they lie, where they are seen, and whether something is before them."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from partsight.annotate.footprints import Rays
from partsight.annotate.see_through import hiding_part
from partsight.annotate.tracing import Hits, trace_hits
from partsight.config.sections.cad import KeypointPlace
from partsight.errors import CadError, first_of
from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.traced.keypoint import Keypoint, SeenKeypoints, Visibility
from partsight.structures.world.camera import pixels_at
from partsight.structures.world.part import Part, diagonal_m
from partsight.structures.world.scene import Scene
from partsight.structures.world.transform import inverse, moved

SURFACE_TOLERANCE = 0.01
"""Share of the part's diagonal by which a point may lie below a surface and still be seen."""


def find_keypoints(part: Part, places: Mapping[str, KeypointPlace]) -> tuple[Keypoint, ...]:
    """Return the keypoints of a part: CAD coordinates in millimeters, or the center of the nodes that match patterns.

    Raises CadError for patterns that match no node, coordinates far from the part, and parts of which the CAD origin is not known.
    """
    return tuple(
        Keypoint(name, *_center(part, name, place))
        if isinstance(place[0], str)
        else Keypoint(name, _from_cad(part, name, np.asarray(place, np.float64) / 1000))
        for name, place in places.items()
    )


def see_keypoints(scene: Scene, instance_id: int, keypoints: Sequence[Keypoint]) -> SeenKeypoints:
    """Return where an instance's keypoints are seen; a point behind something is hidden, its place is known all the same."""
    instance, camera = scene.instances[instance_id], scene.camera
    camera_from_part = inverse(camera.world_from_camera) @ instance.world_from_part
    points = np.array([one.position_m for one in keypoints]).reshape(-1, 3)
    in_camera = moved(camera_from_part, points)
    is_before = in_camera[:, 2] > 0
    offsets = in_camera[:, :2] / np.where(is_before, in_camera[:, 2], 1.0)[:, None]
    pixels = pixels_at(camera.intrinsics, offsets)
    is_inside = is_before & (pixels >= 0).all(axis=1) & (pixels < camera.intrinsics.size_wh).all(axis=1)
    tolerance_m = SURFACE_TOLERANCE * diagonal_m(instance.part.mesh)
    is_seen = _is_seen(scene, instance_id, keypoints, pixels=pixels, limits_m=in_camera[:, 2] - tolerance_m)
    visibilities = np.where(is_inside, np.where(is_seen, Visibility.VISIBLE, Visibility.HIDDEN), Visibility.OUTSIDE)
    shown = np.where(is_inside[:, None], pixels, 0.0)
    return SeenKeypoints(tuple(one.name for one in keypoints), shown, visibilities)


def _is_seen(
    scene: Scene, instance_id: int, keypoints: Sequence[Keypoint], *, pixels: FloatArray, limits_m: FloatArray
) -> BoolArray:
    """Return for which points nothing is nearer than the limit, or what is nearest is the sub-part that they stand for."""
    everything = range(len(scene.instances))
    hiding = [_hits(scene, number, hiding_part(scene.instances[number]), pixels).depths_m for number in everything]
    nearest = np.min(hiding, axis=0)
    instance = scene.instances[instance_id]
    is_own = np.zeros(len(keypoints), bool)
    for part in {instance.part.key: instance.part, hiding_part(instance).key: hiding_part(instance)}.values():
        hits = _hits(scene, instance_id, part, pixels)
        nodes = _nodes(part, hits)
        is_node = [node in one.node_ids for node, one in zip(nodes, keypoints, strict=True)]
        is_own |= (hits.depths_m <= nearest) & np.array(is_node, bool)
    seen: BoolArray = (nearest >= limits_m) | is_own
    return seen


def _hits(scene: Scene, instance_id: int, part: Part, pixels: FloatArray) -> Hits:
    """Return where rays through pixels meet a part, or some of it, at the place of an instance."""
    instance = scene.instances[instance_id]
    camera_from_part = inverse(scene.camera.world_from_camera) @ instance.world_from_part
    rays = Rays(part, inverse(camera_from_part), scene.camera.intrinsics)
    return trace_hits(part, rays.origin_m, rays.directions_at(pixels))


def _nodes(part: Part, hits: Hits) -> list[int]:
    return [int(part.node_ids[triangle]) if triangle >= 0 else -1 for triangle in hits.triangle_ids.tolist()]


def _from_cad(part: Part, name: str, position_m: FloatArray) -> FloatArray:
    if part.cad_center_m is None:
        raise CadError(
            f"{part.name}: keypoint '{name}' has CAD coordinates, but where the origin of the CAD file lies was not kept when this "
            "part was read. Delete the folders 'cad' and 'cad_files' of the runs and run the same command again."
        )
    found: FloatArray = position_m - np.asarray(part.cad_center_m)
    if np.linalg.norm(found) > 2 * diagonal_m(part.mesh):
        low, high = part.mesh.vertices_m.min(axis=0), part.mesh.vertices_m.max(axis=0)
        ends = " … ".join(str(np.round((end + part.cad_center_m) * 1000, 1).tolist()) for end in (low, high))
        raise CadError(
            f"{part.name}: keypoint '{name}' at {(position_m * 1000).tolist()} mm is far from the part, which reaches {ends} mm. "
            "Give CAD coordinates in millimeters."
        )
    return found


def _center(part: Part, name: str, patterns: Sequence[str]) -> tuple[FloatArray, tuple[int, ...]]:
    """Return the middle of the bounding box of all nodes that match, and their numbers."""
    names = list(enumerate(part.node_names))
    matching = tuple(number for number, node in names if any(_matches(node, pattern) for pattern in patterns))
    used = part.mesh.triangles[np.isin(part.node_ids, matching)]
    if not used.size:
        told = ", ".join(f"'{pattern}'" for pattern in patterns)
        raise CadError(
            f"{part.name}: keypoint '{name}': no node matches {told}. Its nodes: {first_of(part.node_names, 30)}."
        )
    corners = part.mesh.vertices_m[used.ravel()]
    return (corners.min(axis=0) + corners.max(axis=0)) / 2, matching


def _matches(name: str, pattern: str) -> bool:
    return name == pattern or fnmatchcase(name.lower(), pattern.lower())
