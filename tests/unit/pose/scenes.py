"""A part without any symmetry, and pictures of it by the ray caster that makes labels: nothing of them comes from `pose`."""

import numpy as np

from partsight.annotate.annotating import annotate_with_masks
from partsight.annotate.surface import trace_surface
from partsight.config.sections.annotate import AnnotateSection
from partsight.pose.shapes.shape import PartShape, shape_of
from partsight.structures.world.camera import Camera, centered_intrinsics
from partsight.structures.world.part import Part
from partsight.structures.world.transform import inverse, look_at
from tests.unit.annotate.scenes import BOX_TRIANGLES, part_of, placed, scene_of

EVERYTHING = AnnotateSection(min_visible_fraction=0.0, min_side_px=0.0)
INTRINSICS = centered_intrinsics((320, 240), 330.0)
BLOCKS = (
    ((0.2, 0.1, 0.04), (0.0, 0.0, 0.0)),
    ((0.04, 0.1, 0.12), (-0.08, 0.0, 0.08)),
    ((0.05, 0.03, 0.06), (0.06, 0.03, 0.05)),
)


def block_part(blocks=BLOCKS) -> Part:
    corners = np.array([[x, y, z] for z in (-0.5, 0.5) for y in (-0.5, 0.5) for x in (-0.5, 0.5)])
    vertices = [corners * sides + middle for sides, middle in blocks]
    triangles = [BOX_TRIANGLES + 8 * number for number in range(len(blocks))]
    return part_of(np.concatenate(vertices), np.concatenate(triangles))


def block_shape(blocks=BLOCKS) -> PartShape:
    mesh = block_part(blocks).mesh
    nodes = np.repeat(np.arange(len(blocks)), len(BOX_TRIANGLES))
    return shape_of(
        mesh.vertices_m, mesh.triangles, node_ids=nodes, node_names=[f"block {k}" for k in range(len(blocks))]
    )


def picture_of(part: Part, eye_m, target_m=(0.0, 0.0, 0.03), roll_deg=0.0):
    """Return a noisy picture of a part on a speckled ground, its box and camera_from_part."""
    world_from_camera = look_at(np.asarray(eye_m, float), np.asarray(target_m, float), roll_deg)
    scene = scene_of(Camera(INTRINSICS, world_from_camera), placed(part, (0, 0, 0), class_id=0))
    traced = annotate_with_masks(scene, EVERYTHING)
    (label,) = traced.annotation.objects
    normals = trace_surface(scene, traced).normals
    rng = np.random.default_rng(3)
    light = 120 + 110 * normals @ np.array([0.62, -0.75, -0.22])
    ground = np.kron(rng.uniform(60, 130, (15, 20)), np.ones((16, 16)))
    picture = np.where(traced.annotation.instance_mask >= 0, light, ground) + rng.normal(0, 4, ground.shape)
    image = np.repeat(np.clip(picture, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    return image, label.box_xyxy, inverse(world_from_camera)
