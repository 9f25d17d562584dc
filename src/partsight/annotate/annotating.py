"""Exact labels of a scene: one ray through every pixel center, against every instance that can be there.

What can be seen through hides nothing: a second depth of such instances is that of their other triangles.
"""

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from partsight.annotate.footprints import LoneFootprint, Nearest, footprint_of, is_before, nearest_of, slices_of
from partsight.annotate.regions import Region
from partsight.annotate.tracing import NOTHING
from partsight.config.sections.annotate import AnnotateSection
from partsight.structures.arrays import BoolArray, Float32Array, IntArray
from partsight.structures.traced.silhouette import Silhouette, TracedPicture, tight_box
from partsight.structures.world.annotation import Annotation, InstanceAnnotation, Occluder
from partsight.structures.world.part import Part, part_of_triangles
from partsight.structures.world.scene import Scene

_SAME_DEPTH = 1e-5
"""Depths of one surface, found by way of two meshes, differ by less than this share."""
_NO_CLASSES: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True, eq=False)
class TracedScene:
    """A scene and what its camera's rays met: all that labels are made from, traced once however often it is asked."""

    scene: Scene
    footprints: tuple[LoneFootprint, ...]
    """Of each instance."""
    hiding: Nearest
    """What is nearest of all that cannot be seen through."""


def annotate_scene(scene: Scene, section: AnnotateSection, class_ids: Mapping[str, int] = _NO_CLASSES) -> Annotation:
    """Return the exact labels of a scene: `annotate_traced` of `trace_scene`."""
    return annotate_traced(trace_scene(scene), section, class_ids)


def trace_scene(scene: Scene) -> TracedScene:
    """Send the camera's rays through every pixel center, against every instance that can be there."""
    footprints = tuple(footprint_of(instance, scene.camera) for instance in scene.instances)
    hiding = nearest_of(footprints, [footprint.hiding_m for footprint in footprints], scene.camera.intrinsics)
    return TracedScene(scene, footprints, hiding)


def annotate_traced(
    traced: TracedScene, section: AnnotateSection, class_ids: Mapping[str, int] = _NO_CLASSES
) -> Annotation:
    """Return the exact labels of a traced scene; instances without a class hide others but are not labeled.

    Regions of classed instances are labeled too, with the numbers that `class_ids` has for their classes. The instance mask
    knows whole instances only.
    """
    return mask_traced(traced, section, class_ids).annotation


def annotate_with_masks(
    scene: Scene, section: AnnotateSection, class_ids: Mapping[str, int] = _NO_CLASSES
) -> TracedPicture:
    """Return the exact labels of a scene with the masks and the depth that they come from: `mask_traced` of `trace_scene`."""
    return mask_traced(trace_scene(scene), section, class_ids)


def mask_traced(
    traced: TracedScene, section: AnnotateSection, class_ids: Mapping[str, int] = _NO_CLASSES
) -> TracedPicture:
    """Return the exact labels of a traced scene with the masks and the depth that they come from."""
    scene, hiding = traced.scene, traced.hiding
    seen: list[_Seen] = []
    for instance_id, (instance, footprint) in enumerate(zip(scene.instances, traced.footprints, strict=True)):
        if instance.class_id is not None:
            shown = hiding.mask[slices_of(footprint.inside)]
            is_visible = (shown == instance_id) | is_before(footprint, hiding)
            seen.append(_Seen(instance_id, instance.class_id, footprint, shown, is_visible))
            seen.extend(_seen_regions(scene, instance_id, footprint, hiding=hiding, class_ids=class_ids))
    shown_last = _with_see_through(scene, traced.footprints, hiding)
    described = [_describe(scene, one) for one in seen]
    labels = [None if one is None or not _is_labeled(one, section) else one for one in described]
    kept = tuple(label for label in labels if label is not None)
    num_visible = sum(one is not None for one in described)
    annotation = Annotation(
        shown_last.mask, kept, num_unseen=len(seen) - num_visible, num_hidden=num_visible - len(kept)
    )
    return TracedPicture(annotation, tuple(map(_silhouette, seen, labels)), shown_last.depths_m)


def trace_picture(scene: Scene) -> tuple[IntArray, Float32Array]:
    """Return (H, W) which instance is nearest, see-through or not, −1 for none, and its depth in meters, infinite for none."""
    unclassed = [replace(one, class_id=None) for one in scene.instances]  # nothing is counted beyond the borders
    footprints = [footprint_of(instance, scene.camera) for instance in unclassed]
    nearest = nearest_of(footprints, [footprint.depths_m for footprint in footprints], scene.camera.intrinsics)
    return nearest.mask, nearest.depths_m


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What the footprint of an instance or region became in the picture; both arrays are of the size of its rectangle."""

    instance_id: int
    class_id: int
    footprint: LoneFootprint
    shown: IntArray
    """Which instance each pixel shows at the end of the ray, past all that is see-through."""
    is_visible: BoolArray
    """Where this one is seen."""
    region_id: int | None = None


def _silhouette(seen: _Seen, label: InstanceAnnotation | None) -> Silhouette:
    footprint = seen.footprint
    return Silhouette(
        instance_id=seen.instance_id,
        class_id=seen.class_id,
        camera_from_part=footprint.camera_from_part,
        left_top=(footprint.inside.left, footprint.inside.top),
        whole=footprint.depths_m < NOTHING,
        visible=seen.is_visible,
        num_px=footprint.num_px,
        region_id=seen.region_id,
        label=label,
    )


def _seen_regions(
    scene: Scene, instance_id: int, whole: LoneFootprint, *, hiding: Nearest, class_ids: Mapping[str, int]
) -> Iterator[_Seen]:
    """Yield each region of an instance: it is seen where the instance is seen, and no other part of it is nearer."""
    instance = scene.instances[instance_id]
    for number, region in enumerate(instance.part.regions):
        if region.class_name in class_ids:
            part = region_part(instance.part, number)
            footprint = footprint_of(replace(instance, part=part), scene.camera)
            in_whole = _shifted(footprint.inside, -whole.inside.left, -whole.inside.top)
            is_front = footprint.depths_m <= whole.hiding_m[slices_of(in_whole)] * (1 + _SAME_DEPTH)
            shown = hiding.mask[slices_of(footprint.inside)]
            is_visible = (is_front & (shown == instance_id)) | is_before(footprint, hiding)
            yield _Seen(instance_id, class_ids[region.class_name], footprint, shown, is_visible, number)


def _with_see_through(scene: Scene, footprints: Sequence[LoneFootprint], hiding: Nearest) -> Nearest:
    """Give see-through instances the pixels where no instance with a class is seen through them."""
    mask, depths_m = hiding.mask.copy(), hiding.depths_m.copy()
    is_classed = np.array([*(instance.class_id is not None for instance in scene.instances), False])
    for instance_id, footprint in enumerate(footprints):
        if footprint.hiding_m is not footprint.depths_m:
            slices = slices_of(footprint.inside)
            is_free = is_before(footprint, hiding) & ~is_classed[mask[slices]]
            np.copyto(mask[slices], instance_id, where=is_free)
            np.copyto(depths_m[slices], footprint.depths_m, where=is_free)
    return Nearest(mask, depths_m)


def _shifted(region: Region, columns: int, rows: int) -> Region:
    return Region(region.left + columns, region.top + rows, region.right + columns, region.bottom + rows)


@functools.lru_cache(maxsize=32)
def region_part(part: Part, number: int) -> Part:
    """Return the triangles of a part's region as a part in the same frame."""
    return part_of_triangles(part, np.isin(part.node_ids, part.regions[number].node_ids), f"region-{number}")


def _describe(scene: Scene, seen: _Seen) -> InstanceAnnotation | None:
    """Return what can be seen of one instance or region, or None when that is nothing."""
    footprint, is_visible = seen.footprint, seen.is_visible
    num_visible_px = int(np.count_nonzero(is_visible))
    if num_visible_px == 0:
        return None
    return InstanceAnnotation(
        instance_id=seen.instance_id,
        class_id=seen.class_id,
        box_xyxy=tight_box(is_visible) + np.array([footprint.inside.left, footprint.inside.top] * 2),
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


def _is_labeled(annotation: InstanceAnnotation, section: AnnotateSection) -> bool:
    left, top, right, bottom = annotation.box_xyxy
    is_visible_enough = annotation.visible_fraction >= section.min_visible_fraction
    is_inside_enough = annotation.truncated_fraction <= section.max_cut_off
    return is_visible_enough and is_inside_enough and min(right - left, bottom - top) >= section.min_side_px
