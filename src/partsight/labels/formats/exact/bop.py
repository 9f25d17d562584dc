"""BOP, the format of the benchmark for 6D poses (bop_toolkit, docs/bop_datasets_format.md).

camera.json                   of the first picture; each picture's own is in scene_camera.json
models/obj_000001.ply         millimeters; models_info.json: diameter, extent, symmetries
<split>_pbr/000000/           up to 1,000 pictures: scene_camera.json, scene_gt.json, scene_gt_info.json,
  rgb/ depth/ mask/ mask_visib/

BOP knows no lens: pictures and labels are those of a pinhole. Lengths are millimeters, and the center of the top left pixel is (0, 0),
not (0.5, 0.5) as here, so principal points move by half a pixel.
"""

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image as Pillow

from partsight.structures.arrays import BoolArray, Float32Array, FloatArray
from partsight.structures.traced.picture_truth import PictureTruth
from partsight.structures.traced.silhouette import Silhouette, tight_box
from partsight.structures.world.part import Part
from partsight.structures.world.symmetry import Symmetry
from partsight.structures.world.transform import Transform, inverse, moved

PICTURES_PER_SCENE = 1000
_MOST_STEPS = 2**16 - 1
_NOWHERE = [-1, -1, -1, -1]
_NEAREST_M = 1e-6


def bop_camera(truth: PictureTruth, depth_step_mm: float) -> dict[str, Any]:
    """Return a picture's entry of scene_camera.json; `depth_step_mm` is what one step of the depth picture means."""
    camera_from_world = inverse(truth.world_from_camera)
    return {
        "cam_K": camera_matrix(truth).ravel().tolist(),
        "depth_scale": depth_step_mm,
        "cam_R_w2c": camera_from_world[:3, :3].ravel().tolist(),
        "cam_t_w2c": (camera_from_world[:3, 3] * 1000).tolist(),
    }


def camera_matrix(truth: PictureTruth) -> FloatArray:
    """Return K (3×3) for pixel coordinates in which the center of the top left pixel is (0, 0)."""
    intrinsics = truth.intrinsics
    across, down = intrinsics.principal_point_px
    focal = intrinsics.focal_px
    return np.array([[focal, 0.0, across - 0.5], [0.0, focal, down - 0.5], [0.0, 0.0, 1.0]])


def bop_pose(camera_from_part: Transform, object_id: int) -> dict[str, Any]:
    """Return an instance's entry of scene_gt.json."""
    return {
        "cam_R_m2c": camera_from_part[:3, :3].ravel().tolist(),
        "cam_t_m2c": (camera_from_part[:3, 3] * 1000).tolist(),
        "obj_id": object_id,
    }


def bop_info(truth: PictureTruth, silhouette: Silhouette, part: Part, depth_steps: Any) -> dict[str, Any]:
    """Return an instance's entry of scene_gt_info.json: whole silhouettes are counted beyond the picture's borders, too."""
    num_visible = int(np.count_nonzero(silhouette.visible))
    whole = truth.full(silhouette, whole=True)
    return {
        "bbox_obj": _extent(truth, silhouette, part) if num_visible else _NOWHERE,
        "bbox_visib": _box(truth.full(silhouette, whole=False)) if num_visible else _NOWHERE,
        "px_count_all": silhouette.num_px,
        "px_count_valid": int(np.count_nonzero(depth_steps[whole])),
        "px_count_visib": num_visible,
        "visib_fract": num_visible / silhouette.num_px if silhouette.num_px else 0.0,
    }


def bop_model_info(part: Part, diameter_m: float, symmetry: Symmetry) -> dict[str, Any]:
    """Return a part's entry of models_info.json, in millimeters; keys that other tools do not know say which part it is."""
    low = part.mesh.vertices_m.min(axis=0) * 1000
    sides = part.mesh.vertices_m.max(axis=0) * 1000 - low
    info: dict[str, Any] = {"diameter": diameter_m * 1000}
    info |= {f"min_{axis}": float(value) for axis, value in zip("xyz", low, strict=True)}
    info |= {f"size_{axis}": float(value) for axis, value in zip("xyz", sides, strict=True)}
    if len(symmetry.discrete):
        scale = np.ones((4, 4))
        scale[:3, 3] = 1000
        info["symmetries_discrete"] = [(one * scale).ravel().tolist() for one in symmetry.discrete]
    if symmetry.continuous:
        info["symmetries_continuous"] = [
            {"axis": axis.direction.tolist(), "offset": (axis.offset_m * 1000).tolist()} for axis in symmetry.continuous
        ]
    return info | {"part": part.name}


def depth_steps(depth_m: Float32Array, step_mm: float) -> Any:
    """Return (H, W) 16-bit depths in steps; 0 where nothing is, and where it is farther than 65,535 steps."""
    steps = np.rint(np.where(np.isfinite(depth_m), depth_m, 0.0) * (1000 / step_mm))
    return np.where(steps <= _MOST_STEPS, steps, 0).astype(np.uint16)


def depth_step_mm(farthest_m: float) -> float:
    """Return the step in which depths up to this fit into 16 bits: 0.1 mm, or 1 mm."""
    return 0.1 if farthest_m * 10_000 <= _MOST_STEPS else 1.0


def gray_png(values: Any) -> bytes:
    """Return an (H, W) array of 8 or 16 bits as PNG."""
    buffer = io.BytesIO()
    Pillow.fromarray(values).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def mask_png(mask: BoolArray) -> bytes:
    """Return a mask as BOP has them: 255 inside."""
    return gray_png(mask.astype(np.uint8) * 255)


def by_number(entries: Mapping[int, Any]) -> dict[str, Any]:
    """Return entries as JSON has them, keys in numerical order."""
    return {str(number): entries[number] for number in sorted(entries)}


def _extent(truth: PictureTruth, silhouette: Silhouette, part: Part) -> list[int]:
    """Return the box of the whole silhouette, beyond the borders, too; of what lies in the picture for parts beside the camera."""
    points = moved(silhouette.camera_from_part, part.mesh.vertices_m)
    if points[:, 2].min() <= _NEAREST_M:
        return _box(truth.full(silhouette, whole=True))
    pixels = points[:, :2] / points[:, 2:] * truth.intrinsics.focal_px + truth.intrinsics.principal_point_px
    low, high = np.ceil(pixels.min(axis=0) - 0.5), np.floor(pixels.max(axis=0) - 0.5) + 1
    return [int(value) for value in (*low, *np.maximum(high - low, 1))]


def _box(mask: BoolArray) -> list[int]:
    left, top, right, bottom = (int(value) for value in tight_box(mask))
    return [left, top, right - left, bottom - top]
