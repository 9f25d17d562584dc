"""COCO instances with modal and amodal masks as run lengths, and keypoints.

annotations/instances_<split>.json    and the pictures of each split in a folder of its name, as cocodataset.org lays them out

`segmentation` is what is seen; `amodal_segmentation` what would be seen if nothing stood before the part. Coordinates are continuous:
the top left pixel covers [0, 1) × [0, 1), for boxes and for keypoints.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from partsight.labels.formats.run_lengths import packed_mask
from partsight.structures.arrays import BoolArray
from partsight.structures.mask import Mask
from partsight.structures.traced.picture_truth import PictureTruth, keypoint_rows
from partsight.structures.traced.silhouette import in_picture, tight_box
from partsight.structures.world.annotation import InstanceAnnotation


@dataclass(frozen=True, slots=True)
class CocoPicture:
    """What is written of one picture."""

    file_name: str
    sample_id: str
    size_wh: tuple[int, int]
    annotations: Sequence[Mapping[str, Any]]
    """Without ids of their own and of the picture."""


def coco_annotations(truth: PictureTruth, keypoint_names: Mapping[int, tuple[str, ...]]) -> list[dict[str, Any]]:
    """Return the annotations of a picture's labels; `keypoint_names` by class number."""
    named = ((place, label, keypoint_names.get(label.class_id, ())) for place, label in truth.labels)
    return [_annotation(truth, place, label, names) for place, label, names in named]


def coco_file(
    pictures: Sequence[CocoPicture], class_names: Sequence[str], keypoint_names: Mapping[int, tuple[str, ...]]
) -> dict[str, Any]:
    """Return the content of a split's JSON file."""
    annotations = [
        {"image_id": image_id, **annotation}
        for image_id, picture in enumerate(pictures, start=1)
        for annotation in picture.annotations
    ]
    return {
        "images": [_image(image_id, picture) for image_id, picture in enumerate(pictures, start=1)],
        "annotations": [{"id": number, **annotation} for number, annotation in enumerate(annotations, start=1)],
        "categories": [_category(class_id, name, keypoint_names) for class_id, name in enumerate(class_names)],
    }


def run_lengths(mask: BoolArray) -> dict[str, Any]:
    """Return an (H, W) mask as COCO's run lengths."""
    return packed_mask(Mask.of(mask))


def _annotation(truth: PictureTruth, place: int, label: InstanceAnnotation, names: tuple[str, ...]) -> dict[str, Any]:
    silhouette = truth.traced.silhouettes[place]
    rows = keypoint_rows(truth.keypoints[place], names)
    whole = in_picture(silhouette.whole, silhouette.left_top, truth.size_wh)
    return {
        "category_id": label.class_id + 1,
        "bbox": _xywh(label.box_xyxy.tolist()),
        "area": label.num_visible_px,
        "iscrowd": 0,
        "segmentation": run_lengths(truth.full(silhouette, whole=False)),
        "amodal_segmentation": run_lengths(whole),
        "amodal_bbox": _xywh(tight_box(whole).tolist()),
        "visible_fraction": round(label.visible_fraction, 6),
        "truncated_fraction": round(label.truncated_fraction, 6),
        "camera_from_part": label.camera_from_part.tolist(),
        **({"keypoints": rows.ravel().tolist(), "num_keypoints": int((rows[:, 2] > 0).sum())} if names else {}),
    }


def _image(image_id: int, picture: CocoPicture) -> dict[str, Any]:
    width, height = picture.size_wh
    return {
        "id": image_id,
        "file_name": picture.file_name,
        "width": width,
        "height": height,
        "sample_id": picture.sample_id,
    }


def _category(class_id: int, name: str, keypoint_names: Mapping[int, tuple[str, ...]]) -> dict[str, Any]:
    names = keypoint_names.get(class_id, ())
    return {"id": class_id + 1, "name": name, **({"keypoints": list(names), "skeleton": []} if names else {})}


def _xywh(box: Sequence[float]) -> list[float]:
    left, top, right, bottom = box
    return [left, top, right - left, bottom - top]
