"""Layers of renders on disk, one file for each picture, named like it.

depth/000007.png      16 bits, steps of `depth_step_mm` of the picture's JSON; 0 where nothing is
depth/000007.exr      32-bit floats, meters along the optical axis, channel Y; infinite where nothing is
normals/000007.exr    32-bit floats, unit normals in camera axes (x right, y down, z forward) as R, G, B; zeros where nothing is
sub-parts/000007.png  16 bits, 1 + the number in sub-parts.json; 0 for what is none of the parts
masks/000007.json     for each label, in order: visible and whole pixels as COCO run lengths
poses/000007.json     camera, and for each label, in order: class, pose, box, visibility, keypoints; written last
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from partsight.errors import DatasetError, StorageError
from partsight.files import read_json, storage_errors
from partsight.labels.formats.exact.coco_instances import run_lengths
from partsight.labels.formats.run_lengths import unpacked_mask
from partsight.structures.arrays import BoolArray, Float32Array, IntArray, locked
from partsight.structures.traced.picture_truth import PictureTruth
from partsight.structures.world.annotation import InstanceAnnotation

_ADVICE = "Delete its folder and write the layers again."


def write_exr(path: Path, channels: Mapping[str, Float32Array]) -> None:
    """Write (H, W) channels of 32-bit floats so that the file is never seen half-written. Raises StorageError."""
    import OpenEXR

    partial = path.with_name(f"{path.name}.partial")
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            OpenEXR.File(header, {name: np.ascontiguousarray(values) for name, values in channels.items()}).write(
                str(partial)
            )
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def read_exr(path: Path, names: tuple[str, ...]) -> Float32Array:
    """Read channels of an EXR file as (H, W, N). Raises DatasetError."""
    import OpenEXR

    try:
        with OpenEXR.File(str(path), separate_channels=True) as file:
            found = file.channels()
            return np.stack([found[name].pixels for name in names], axis=-1).astype(np.float32)
    except (OSError, RuntimeError, LookupError, ValueError) as error:
        raise DatasetError(f"{path}: not a readable layer ({error}). {_ADVICE}") from error


def describe_picture(truth: PictureTruth, class_names: tuple[str, ...], depth_step_mm: float) -> dict[str, Any]:
    """Return what a picture's JSON says."""
    intrinsics = truth.intrinsics
    lens = None if intrinsics.lens is None else {"k1": intrinsics.lens.k1, "edge": intrinsics.lens.edge}
    return {
        "camera": {
            "size_wh": intrinsics.size_wh,
            "focal_px": intrinsics.focal_px,
            "principal_point_px": intrinsics.principal_point_px,
            "lens": lens,
            "world_from_camera": truth.world_from_camera.tolist(),
        },
        "depth_step_mm": depth_step_mm,
        "objects": [
            _describe_label(truth, place, label) | {"class": class_names[label.class_id]}
            for place, label in truth.labels
        ],
    }


def describe_masks(truth: PictureTruth) -> list[dict[str, Any]]:
    """Return the masks of a picture's labels, in their order."""
    return [
        {
            "visible": run_lengths(truth.full(silhouette, whole=False)),
            "whole": run_lengths(truth.full(silhouette, whole=True)),
        }
        for silhouette in (truth.traced.silhouettes[place] for place, _ in truth.labels)
    ]


def read_depth(layers: Path, stem: str) -> Float32Array | None:
    """Read (H, W) depths in meters, None where that layer was not written. Raises DatasetError."""
    path = layers / "depth" / f"{stem}.exr"
    return locked(read_exr(path, ("Y",))[..., 0], np.float32, (None, None)) if path.is_file() else None


def read_normals(layers: Path, stem: str) -> Float32Array | None:
    """Read (H, W, 3) normals, None where that layer was not written. Raises DatasetError."""
    path = layers / "normals" / f"{stem}.exr"
    return locked(read_exr(path, ("R", "G", "B")), np.float32, (None, None, 3)) if path.is_file() else None


def read_sub_parts(layers: Path, stem: str) -> IntArray | None:
    """Read (H, W) numbers in the table of sub-parts, −1 for none, None where that layer was not written. Raises DatasetError."""
    from PIL import Image as Pillow

    path = layers / "sub-parts" / f"{stem}.png"
    if not path.is_file():
        return None
    try:
        with Pillow.open(path) as picture:
            return locked(np.asarray(picture).astype(np.int64) - 1, np.int64, (None, None))
    except (OSError, SyntaxError, ValueError) as error:
        raise DatasetError(f"{path}: not a readable layer ({error}). {_ADVICE}") from error


def read_mask(layers: Path, stem: str, place: int, kind: str) -> BoolArray | None:
    """Read the (H, W) 'visible' or 'whole' mask of a label, None where that layer was not written. Raises DatasetError."""
    path = layers / "masks" / f"{stem}.json"
    if not path.is_file():
        return None
    try:
        return unpacked_mask(read_json(path)[place][kind]).pixels
    except (StorageError, LookupError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: not a readable layer ({error}). {_ADVICE}") from error


def _describe_label(truth: PictureTruth, place: int, label: InstanceAnnotation) -> dict[str, Any]:
    seen = truth.keypoints[place]
    rows = () if seen is None else zip(seen.names, seen.pixels.tolist(), seen.visibilities.tolist(), strict=True)
    return {
        "instance_id": label.instance_id,
        "part": truth.part_keys[place],
        "camera_from_part": label.camera_from_part.tolist(),
        "box_xyxy": label.box_xyxy.tolist(),
        "visible_fraction": round(label.visible_fraction, 6),
        "truncated_fraction": round(label.truncated_fraction, 6),
        "keypoints": {name: {"pixel": pixel, "visibility": flag} for name, pixel, flag in rows},
    }
