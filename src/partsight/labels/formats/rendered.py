"""The exact labels of a render: a JSON file with its parts, and a picture whose value is the instance number plus one."""

import functools
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pillow

from partsight.errors import DatasetError, StorageError
from partsight.files import read_json
from partsight.structures.arrays import IntArray, locked
from partsight.structures.labeled_instance import LabeledInstance
from partsight.structures.sample import Sample
from partsight.structures.world.annotation import Annotation, InstanceAnnotation, Occluder
from partsight.structures.world.scene import Scene

_ADVICE = "Delete its folder and render again."


def label_path(output_dir: Path, index: int) -> Path:
    """Return where the labels of picture `index` lie; a picture is finished when they do."""
    return output_dir / "labels" / f"{index:06d}.json"


def mask_path(labels: Path) -> Path:
    """Return where the picture of masks lies that belongs to a file of labels."""
    return labels.parents[1] / "masks" / f"{labels.stem}.png"


def encode_masks(annotation: Annotation) -> bytes:
    """Return a PNG whose value is the instance number plus one, 0 for nothing."""
    buffer = io.BytesIO()
    depth = np.uint8 if annotation.instance_mask.max(initial=0) < 255 else np.uint16
    Pillow.fromarray((annotation.instance_mask + 1).astype(depth)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def describe_render(scene: Scene, annotation: Annotation) -> Mapping[str, Any]:
    """Return what a file of labels says about the scene, JSON-like."""
    return {
        "parts": [number for number, instance in enumerate(scene.instances) if instance.class_id is not None],
        "objects": [_describe_object(instance) for instance in annotation.objects],
        "num_unseen": annotation.num_unseen,
        "num_hidden": annotation.num_hidden,
    }


def read_instances(sample: Sample) -> tuple[LabeledInstance, ...]:
    """Read the labeled parts of a render, in the order of its boxes. Raises DatasetError."""
    path = sample.label_path
    if path is None:
        raise ValueError(f"{sample.sample_id} has no file of labels")
    try:
        objects = read_json(path)["objects"]
        found = tuple(_instance(sample, place, entry) for place, entry in enumerate(objects))
    except (OSError, StorageError, LookupError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: not the labels of a render ({error}). {_ADVICE}") from error
    if [one.class_id for one in found] != sample.class_ids.tolist():
        raise DatasetError(f"{path}: holds other parts than the sample {sample.sample_id}. {_ADVICE}")
    return found


@functools.lru_cache(maxsize=4)
def read_masks(path: Path) -> IntArray:
    """Read a picture of masks as (H, W) instance numbers, −1 for nothing. Raises DatasetError."""
    try:
        with Pillow.open(path) as picture:
            return locked(np.asarray(picture).astype(np.int64) - 1, np.int64, (None, None))
    except (OSError, SyntaxError, ValueError) as error:
        raise DatasetError(f"{path}: not a readable picture of masks ({error}). {_ADVICE}") from error


def _describe_object(instance: InstanceAnnotation) -> Mapping[str, Any]:
    return {
        "instance_id": instance.instance_id,
        "class_id": instance.class_id,
        "box_xyxy": instance.box_xyxy.tolist(),
        "num_visible_px": instance.num_visible_px,
        "visible_fraction": round(instance.visible_fraction, 6),
        "truncated_fraction": round(instance.truncated_fraction, 6),
        "camera_from_part": instance.camera_from_part.tolist(),
        "hidden_by": [_describe_occluder(one) for one in instance.hidden_by],
    }


def _describe_occluder(occluder: Occluder) -> Mapping[str, Any]:
    return {
        "instance_id": occluder.instance_id,
        "name": occluder.name,
        "class_id": occluder.class_id,
        "fraction": round(occluder.fraction, 6),
    }


def _instance(sample: Sample, place: int, entry: Mapping[str, Any]) -> LabeledInstance:
    return LabeledInstance(
        class_id=entry["class_id"],
        class_name=sample.class_name(entry["class_id"]),
        box_xyxy=np.array(entry["box_xyxy"]),
        camera_from_part=np.array(entry["camera_from_part"]),
        visible_fraction=entry["visible_fraction"],
        truncated_fraction=entry["truncated_fraction"],
        hidden_by=tuple(Occluder(**one) for one in entry["hidden_by"]),
        num_visible_px=entry["num_visible_px"],
        instance_id=entry["instance_id"],
        mask_path=None if sample.label_path is None else mask_path(sample.label_path),
        place=place,
        layers_path=sample.layers_path,
    )
