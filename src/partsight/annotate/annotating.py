"""Exact labels of a scene: one ray through every pixel center, against every instance that can be there.

Each instance is traced alone, over the rectangle of its projection; the nearest depth wins the pixel. So the same rays
tell which instance a pixel shows, and which pixels the instance would cover if nothing stood before it and the picture
had no borders. Depths are counted along the optical axis, in meters: they can be compared between instances.

What can be seen through hides nothing: a second depth of such instances is that of their other triangles.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from partsight.annotate.regions import Region, common, outside, picture_region, projected_region
from partsight.annotate.see_through import hiding_part
from partsight.annotate.tracing import NOTHING, trace
from partsight.config.sections.annotate import AnnotateSection
from partsight.structures.arrays import BoolArray, Float32Array, FloatArray, IntArray
from partsight.structures.world.annotation import Annotation, InstanceAnnotation, Occluder
from partsight.structures.world.camera import Camera, Intrinsics, offsets_at
from partsight.structures.world.part import Mesh, Part
from partsight.structures.world.scene import Instance, Scene
from partsight.structures.world.transform import Transform, inverse, moved

MAX_OUTSIDE_RAYS = 100_000
"""Beyond the picture's borders, larger regions are sampled by a grid of about this many rays.

Each ray then stands for a block of pixels. Measured on spheres and bars that reach far out of a picture of 400 × 400,
the error of the lone area is 0.01 % in the median, 0.13 % at worst; what lies inside the picture is always counted
pixel by pixel.
"""


_SAME_DEPTH = 1e-5
"""Depths of one surface, found by way of two meshes, differ by less than this share."""
_NO_CLASSES: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True, eq=False)
class TracedScene:
    """A scene and what its camera's rays met: all that labels are made from, traced once however often it is asked."""

    scene: Scene
    footprints: "tuple[_Footprint, ...]"
    """Of each instance."""
    hiding: "_Nearest"
    """What is nearest of all that cannot be seen through."""


def annotate_scene(scene: Scene, section: AnnotateSection, class_ids: Mapping[str, int] = _NO_CLASSES) -> Annotation:
    """Return the exact labels of a scene: `annotate_traced` of `trace_scene`."""
    return annotate_traced(trace_scene(scene), section, class_ids)


def trace_scene(scene: Scene) -> TracedScene:
    """Send the camera's rays through every pixel center, against every instance that can be there."""
    footprints = tuple(_footprint(instance, scene.camera) for instance in scene.instances)
    hiding = _nearest(footprints, [footprint.hiding_m for footprint in footprints], scene.camera.intrinsics)
    return TracedScene(scene, footprints, hiding)


def annotate_traced(
    traced: TracedScene, section: AnnotateSection, class_ids: Mapping[str, int] = _NO_CLASSES
) -> Annotation:
    """Return the exact labels of a traced scene; instances without a class hide others but are not labeled.

    Regions of classed instances are labeled too, with the numbers that `class_ids` has for their classes. The instance mask
    knows whole instances only.
    """
    scene, hiding = traced.scene, traced.hiding
    seen: list[InstanceAnnotation | None] = []
    for instance_id, (instance, footprint) in enumerate(zip(scene.instances, traced.footprints, strict=True)):
        if instance.class_id is not None:
            shown = hiding.mask[_slices(footprint.inside)]
            is_visible = (shown == instance_id) | _is_before(footprint, hiding)
            seen.append(_describe(scene, instance_id, instance.class_id, _Seen(footprint, shown, is_visible)))
            seen.extend(_describe_regions(scene, instance_id, footprint, hiding=hiding, class_ids=class_ids))
    mask = _with_see_through(scene, traced.footprints, hiding)
    visible = [annotation for annotation in seen if annotation is not None]
    kept = tuple(annotation for annotation in visible if _is_labeled(annotation, section))
    return Annotation(mask, kept, num_unseen=len(seen) - len(visible), num_hidden=len(visible) - len(kept))


def trace_picture(scene: Scene) -> tuple[IntArray, Float32Array]:
    """Return (H, W) which instance is nearest, see-through or not, −1 for none, and its depth in meters, infinite for none."""
    unclassed = [replace(one, class_id=None) for one in scene.instances]  # nothing is counted beyond the borders
    footprints = [_footprint(instance, scene.camera) for instance in unclassed]
    nearest = _nearest(footprints, [footprint.depths_m for footprint in footprints], scene.camera.intrinsics)
    return nearest.mask, nearest.depths_m


@dataclass(frozen=True, slots=True, eq=False)
class _Footprint:
    """What an instance covers when it is alone."""

    camera_from_part: Transform
    inside: Region
    """The rectangle of its projection, cut by the picture."""
    depths_m: Float32Array
    """Depth of each pixel of `inside`, `NOTHING` where the instance is not."""
    hiding_m: Float32Array
    """The same of what hides things behind it: of what cannot be seen through."""
    num_outside_px: int
    """Pixels it would cover beyond the picture's borders; only counted for classed instances."""

    @property
    def num_px(self) -> int:
        return int(np.count_nonzero(self.depths_m < NOTHING)) + self.num_outside_px


def _footprint(instance: Instance, camera: Camera) -> _Footprint:
    camera_from_part = inverse(camera.world_from_camera) @ instance.world_from_part
    nowhere = Region(0, 0, 0, 0)
    region = projected_region(moved(camera_from_part, instance.part.mesh.vertices_m), camera.intrinsics) or nowhere
    rays = _Rays(instance.part, inverse(camera_from_part), camera.intrinsics)
    picture = picture_region(camera.intrinsics)
    inside = common(region, picture)
    bands = outside(region, picture) if instance.class_id is not None else []
    depths_m = _depths(rays, inside, 1)
    hiding = hiding_part(instance)
    hiding_m = depths_m if hiding is instance.part else _depths(replace(rays, part=hiding), inside, 1)
    return _Footprint(camera_from_part, inside, depths_m, hiding_m, _count_pixels(rays, bands))


@dataclass(frozen=True, slots=True, eq=False)
class _Rays:
    """The camera's rays in the frame of one part."""

    part: Part
    part_from_camera: Transform
    intrinsics: Intrinsics


def _count_pixels(rays: _Rays, bands: Sequence[Region]) -> int:
    """Return how many pixels of the bands the part covers, sampled by a grid where there are too many."""
    num_px = sum(band.num_px for band in bands)
    stride = max(1, int(np.ceil(np.sqrt(num_px / MAX_OUTSIDE_RAYS))))
    return sum(_covered_px(_depths(rays, band, stride), band) for band in bands)


def _covered_px(depths_m: Float32Array, band: Region) -> int:
    return round(float(np.mean(depths_m < NOTHING)) * band.num_px)


def _depths(rays: _Rays, region: Region, stride: int) -> Float32Array:
    """Return the (rows, columns) depths seen through the centers of the region's stride × stride blocks of pixels."""
    columns = _centers(region.left, region.right, stride)
    rows = _centers(region.top, region.bottom, stride)
    directions = _directions(rays, columns, rows)
    depths = trace(rays.part, rays.part_from_camera[:3, 3], directions.reshape(-1, 3))
    return depths.reshape(directions.shape[:2])


def _centers(low: int, high: int, stride: int) -> FloatArray:
    """Return the middles of equal steps of about the stride from low to high; of pixels when the stride is 1."""
    num_steps = -(-(high - low) // stride)
    return np.asarray(low + (np.arange(num_steps) + 0.5) * ((high - low) / max(1, num_steps)), np.float64)


def _directions(rays: _Rays, columns: FloatArray, rows: FloatArray) -> Float32Array:
    """Return (rows, columns, 3) directions in the part's frame, one meter long along the optical axis."""
    rotation, intrinsics = rays.part_from_camera[:3, :3], rays.intrinsics
    if intrinsics.lens is not None:
        offsets = offsets_at(intrinsics, np.stack(np.meshgrid(columns, rows), axis=-1))
        return (offsets @ rotation[:, :2].T + rotation[:, 2]).astype(np.float32)
    center_x, center_y = intrinsics.principal_point_px
    across = np.outer((columns - center_x) / intrinsics.focal_px, rotation[:, 0])
    down = np.outer((rows - center_y) / intrinsics.focal_px, rotation[:, 1]) + rotation[:, 2]
    return np.add(down[:, None], across[None], dtype=np.float32, casting="same_kind")


@dataclass(frozen=True, slots=True, eq=False)
class _Nearest:
    """What is nearest at each pixel."""

    mask: IntArray
    """(H, W) instance, −1 for none."""
    depths_m: Float32Array


def _nearest(footprints: Sequence[_Footprint], depths: Sequence[Float32Array], intrinsics: Intrinsics) -> _Nearest:
    """Return which instance is nearest by these depths of the footprints; of two at one depth, the first."""
    width, height = intrinsics.size_wh
    mask = np.full((height, width), -1, np.int64)
    nearest_m = np.full((height, width), NOTHING, np.float32)
    for instance_id, (footprint, depths_m) in enumerate(zip(footprints, depths, strict=True)):
        slices = _slices(footprint.inside)
        is_nearer = depths_m < nearest_m[slices]
        np.copyto(nearest_m[slices], depths_m, where=is_nearer)
        np.copyto(mask[slices], instance_id, where=is_nearer)
    return _Nearest(mask, nearest_m)


def _is_before(footprint: _Footprint, hiding: _Nearest) -> BoolArray:
    """Return where a footprint stands before all that hides: only what is see-through can."""
    is_before: BoolArray = footprint.depths_m < hiding.depths_m[_slices(footprint.inside)]
    return is_before


def _with_see_through(scene: Scene, footprints: Sequence[_Footprint], hiding: _Nearest) -> IntArray:
    """Give see-through instances the pixels where no instance with a class is seen through them."""
    mask = hiding.mask.copy()
    is_classed = np.array([*(instance.class_id is not None for instance in scene.instances), False])
    for instance_id, footprint in enumerate(footprints):
        if footprint.hiding_m is not footprint.depths_m:
            slices = _slices(footprint.inside)
            is_free = _is_before(footprint, hiding) & ~is_classed[mask[slices]]
            np.copyto(mask[slices], instance_id, where=is_free)
    return mask


def _slices(region: Region) -> tuple[slice, slice]:
    return slice(region.top, region.bottom), slice(region.left, region.right)


def _describe_regions(
    scene: Scene, instance_id: int, whole: _Footprint, *, hiding: _Nearest, class_ids: Mapping[str, int]
) -> Iterator[InstanceAnnotation | None]:
    """Yield what can be seen of each region of an instance: where the instance is seen, and no other part of it is nearer."""
    instance = scene.instances[instance_id]
    for number, region in enumerate(instance.part.regions):
        if region.class_name in class_ids:
            part = region_part(instance.part, number)
            footprint = _footprint(replace(instance, part=part), scene.camera)
            in_whole = _shifted(footprint.inside, -whole.inside.left, -whole.inside.top)
            is_front = footprint.depths_m <= whole.hiding_m[_slices(in_whole)] * (1 + _SAME_DEPTH)
            shown = hiding.mask[_slices(footprint.inside)]
            is_visible = (is_front & (shown == instance_id)) | _is_before(footprint, hiding)
            seen = _Seen(footprint, shown, is_visible)
            yield _describe(scene, instance_id, class_ids[region.class_name], seen)


def _shifted(region: Region, columns: int, rows: int) -> Region:
    return Region(region.left + columns, region.top + rows, region.right + columns, region.bottom + rows)


@functools.lru_cache(maxsize=32)
def region_part(part: Part, number: int) -> Part:
    """Return the triangles of a part's region as a part in the same frame."""
    chosen = np.isin(part.node_ids, part.regions[number].node_ids)
    used, renumbered = np.unique(part.mesh.triangles[chosen], return_inverse=True)
    return replace(
        part,
        mesh=Mesh(part.mesh.vertices_m[used], part.mesh.normals[used], renumbered.reshape(-1, 3)),
        material_ids=part.material_ids[chosen],
        node_ids=part.node_ids[chosen],
        key=f"{part.key}-region-{number}",
        regions=(),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What a footprint became in the picture; both arrays are of the size of its rectangle."""

    footprint: _Footprint
    shown: IntArray
    """Which instance each pixel shows at the end of the ray, past all that is see-through."""
    is_visible: BoolArray
    """Where this one is seen."""


def _describe(scene: Scene, instance_id: int, class_id: int, seen: _Seen) -> InstanceAnnotation | None:
    """Return what can be seen of one instance or region, or None when that is nothing."""
    footprint, is_visible = seen.footprint, seen.is_visible
    num_visible_px = int(np.count_nonzero(is_visible))
    if num_visible_px == 0:
        return None
    return InstanceAnnotation(
        instance_id=instance_id,
        class_id=class_id,
        box_xyxy=_tight_box(is_visible) + np.array([footprint.inside.left, footprint.inside.top] * 2),
        num_visible_px=num_visible_px,
        visible_fraction=num_visible_px / footprint.num_px,
        truncated_fraction=footprint.num_outside_px / footprint.num_px,
        camera_from_part=footprint.camera_from_part,
        hidden_by=_occluders(scene, seen),
    )


def _occluders(scene: Scene, seen: _Seen) -> tuple[Occluder, ...]:
    """Return what is seen where a footprint is not, most pixels first."""
    is_hidden = (seen.footprint.depths_m < NOTHING) & ~seen.is_visible
    counts = np.bincount(seen.shown[is_hidden], minlength=1)
    hiding = sorted(np.flatnonzero(counts).tolist(), key=lambda place: (-counts[place], place))
    things = ((place, scene.instances[place]) for place in hiding)
    total = seen.footprint.num_px
    return tuple(Occluder(place, one.part.name, one.class_id, int(counts[place]) / total) for place, one in things)


def _tight_box(is_visible: BoolArray) -> FloatArray:
    """Return the box of the True pixels, right and lower edges exclusive."""
    columns = np.flatnonzero(is_visible.any(axis=0))
    rows = np.flatnonzero(is_visible.any(axis=1))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)


def _is_labeled(annotation: InstanceAnnotation, section: AnnotateSection) -> bool:
    left, top, right, bottom = annotation.box_xyxy
    is_visible_enough = annotation.visible_fraction >= section.min_visible_fraction
    return is_visible_enough and min(right - left, bottom - top) >= section.min_side_px
