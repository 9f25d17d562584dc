"""Parts and scenes as a notebook shows them, drawn by ray casting: no renderer is started."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from partsight.annotate.annotating import trace_picture
from partsight.cad.views.drawing import CORNER, SIDES, draw_views
from partsight.deploy.overlay import class_color, draw_boxes
from partsight.notebook.markup import beside, figure, frame, table
from partsight.structures.arrays import BoolArray, Float32Array, FloatArray, Image, IntArray
from partsight.structures.world.camera import Intrinsics, offsets_at, pixel_centers
from partsight.structures.world.material import srgb_from_linear
from partsight.structures.world.part import Part, bounding_box_m, diagonal_m
from partsight.structures.world.scene import Instance, Scene

_VIEW_PX = 190
_SCENE_PX = 420
_GROUND = 0.93
_GRAY = 0.75
_MOST_NAMES = 8


def show_part(part: Part) -> str:
    """Return four drawings of a part at one scale, and its facts."""
    directions = {"corner": CORNER, **{side: SIDES[side] for side in ("front", "right", "above")}}
    drawings = draw_views(part, list(directions.values()), _VIEW_PX)
    views = beside(figure(drawing, name) for name, drawing in zip(directions, drawings, strict=True))
    low, high = bounding_box_m(part.mesh)
    size = " × ".join(f"{1000 * side:.4g}" for side in high - low)
    facts = f"{size} mm, {len(part.mesh.triangles)} triangles"
    return frame(part.name, facts, views, table((), _part_rows(part)))


def show_scene(scene: Scene) -> str:
    """Return a plain drawing of what the camera sees, parts in the colors of their classes, and the facts of the scene."""
    labeled = [one for one in scene.instances if one.class_id is not None]
    intrinsics = scene.camera.intrinsics
    width, height = intrinsics.size_wh
    facts = f"{len(labeled)} parts of classes among {len(scene.instances)} things, {width} × {height} px"
    rows = [
        ("Parts", _named([one.part.name for one in labeled])),
        ("Other things", _named([one.part.name for one in scene.instances if one.class_id is None])),
        (
            "Camera",
            f"focal length {intrinsics.focal_px:.0f} px, {'with' if intrinsics.lens else 'without'} lens distortion",
        ),
        ("Light", f"{len(scene.lamps)} lamps and an environment map"),
        ("Background", "the environment map" if scene.background is None else "a picture"),
    ]
    return frame(
        "Scene", facts, beside([figure(draw_scene(scene, _SCENE_PX), "drawn plainly, not rendered"), table((), rows)])
    )


def draw_scene(scene: Scene, longer_side_px: int) -> Image:
    """Return a small shaded drawing with boxes, traced at that size."""
    small = _reduced(scene, longer_side_px)
    mask, depth_m = trace_picture(small)
    colors = np.array([[_GROUND] * 3, *(_color(instance) for instance in small.instances)])[mask + 1]
    is_seen = mask >= 0
    shaded = colors * np.where(is_seen, _facing(small.camera.intrinsics, depth_m, is_seen), 1.0)[..., None]
    image = np.rint(srgb_from_linear(np.minimum(shaded, 1.0)) * 255).astype(np.uint8)
    boxes, seen = _boxes(mask, small.instances)
    class_ids = np.array([one.class_id for one in seen], np.int64)
    return draw_boxes(image, boxes, class_ids, [one.part.name for one in seen])


def _reduced(scene: Scene, longer_side_px: int) -> Scene:
    intrinsics = scene.camera.intrinsics
    scale = min(1.0, longer_side_px / max(intrinsics.size_wh))
    width, height = (max(1, round(side * scale)) for side in intrinsics.size_wh)
    x, y = intrinsics.principal_point_px
    smaller = replace(
        intrinsics,
        size_wh=(width, height),
        focal_px=intrinsics.focal_px * scale,
        principal_point_px=(x * scale, y * scale),
    )
    return replace(scene, camera=replace(scene.camera, intrinsics=smaller), background=None)


def _color(instance: Instance) -> FloatArray:
    """Return a linear color: that of the class, gray for what has none."""
    if instance.class_id is None:
        return np.full(3, _GRAY)
    color = class_color(instance.class_id)
    return np.array([(int(color[start : start + 2], 16) / 255) ** 2.2 for start in (1, 3, 5)]) * 0.8 + 0.2


def _facing(intrinsics: Intrinsics, depth_m: Float32Array, is_seen: BoolArray) -> FloatArray:
    """Return (H, W) how bright each pixel is by a light at the camera, from the slope of the depths."""
    width, height = intrinsics.size_wh
    offsets = offsets_at(intrinsics, pixel_centers(intrinsics.size_wh)).reshape(height, width, 2)
    depth = np.where(is_seen, depth_m, 0.0)[..., None]
    points = np.concatenate([offsets * depth, depth], axis=2)
    normals = np.cross(np.gradient(points, axis=1), np.gradient(points, axis=0))
    lengths = np.linalg.norm(normals, axis=2) * np.linalg.norm(points, axis=2)
    cosine = np.abs((normals * points).sum(axis=2)) / np.maximum(lengths, 1e-30)
    facing: FloatArray = 0.3 + 0.7 * cosine
    return facing


def _boxes(mask: IntArray, instances: Sequence[Instance]) -> tuple[FloatArray, list[Instance]]:
    """Return the boxes of the classed instances that are seen."""
    boxes, seen = [], []
    for place, instance in enumerate(instances):
        rows, columns = np.nonzero(mask == place)
        if instance.class_id is not None and len(rows):
            boxes.append((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1))
            seen.append(instance)
    return np.array(boxes, float).reshape(-1, 4), seen


def _part_rows(part: Part) -> list[tuple[str, str]]:
    return [
        ("Diagonal", f"{1000 * diagonal_m(part.mesh):.4g} mm"),
        ("Materials", _named([material.name for material in part.materials])),
        ("Sub-parts", _named(list(part.node_names))),
        *([("Labeled on it", _named([region.class_name for region in part.regions]))] if part.regions else []),
        ("Key", part.key),
    ]


def _named(names: Sequence[str]) -> str:
    """Return names with their numbers, the first few of them."""
    counts = {name: names.count(name) for name in dict.fromkeys(names)}
    texts = [name if count == 1 else f"{count} × {name}" for name, count in counts.items()]
    more = f" and {len(texts) - _MOST_NAMES} more" if len(texts) > _MOST_NAMES else ""
    return (", ".join(texts[:_MOST_NAMES]) + more) or "–"
