"""YOLO label files of the tasks segment, obb and pose (docs.ultralytics.com, "datasets"), one line for each label.

segment   the outline of the visible pixels; pieces and holes are joined by bridges, since a line holds one polygon
obb       the smallest turned rectangle around the visible pixels, by its corners
pose      the box, and the keypoints of all classes in one order: those of other classes are 0 0 0
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from partsight.files import write_text
from partsight.labels.formats.yolo.lines import yolo_line, yolo_points_line, yolo_pose_line
from partsight.labels.outlines import joined_outline, outlines_of, smallest_rectangle
from partsight.structures.arrays import FloatArray
from partsight.structures.traced.picture_truth import PictureTruth, keypoint_rows
from partsight.structures.traced.silhouette import Silhouette, tight_box
from partsight.structures.world.annotation import InstanceAnnotation


def yolo_lines(target: str, truth: PictureTruth, keypoint_names: tuple[str, ...]) -> str:
    """Return the label file of a picture for yolo, yolo-seg, yolo-obb or yolo-pose; keypoints of all classes by name, in order."""
    return "".join(_WRITERS[target](truth, place, label, keypoint_names) for place, label in truth.labels)


def write_data_yaml(
    folder: Path, splits: Sequence[str], class_names: Sequence[str], keypoint_names: Sequence[str]
) -> None:
    """Write `data.yaml` for folders images/<split> and labels/<split>."""
    import yaml

    content: dict[str, Any] = {split: f"images/{split}" for split in splits}
    content["names"] = dict(enumerate(class_names))
    if keypoint_names:
        content["kpt_shape"] = [len(keypoint_names), 3]
        content["kpt_names"] = {class_id: list(keypoint_names) for class_id in range(len(class_names))}
    write_text(folder / "data.yaml", str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True)))


def turned_box(silhouette: Silhouette, size_wh: tuple[int, int]) -> FloatArray:
    """Return the (4, 2) corners of the smallest rectangle around what is visible.

    It may reach out of the picture; where its extent is larger than the picture, which trainers refuse, the upright box is returned.
    """
    corners: FloatArray = smallest_rectangle(silhouette.visible) + np.asarray(silhouette.left_top, float)
    low, high = corners.min(axis=0) / size_wh, corners.max(axis=0) / size_wh
    middle = (low + high) / 2
    if (high - low <= 1).all() and (middle >= 0).all() and (middle <= 1).all():
        return corners
    left, top, right, bottom = tight_box(silhouette.visible) + np.array([*silhouette.left_top] * 2)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], float)


def _box(truth: PictureTruth, place: int, label: InstanceAnnotation, names: tuple[str, ...]) -> str:
    del place, names
    return yolo_line(label.class_id, label.box_xyxy.tolist(), truth.size_wh)


def _outline(truth: PictureTruth, place: int, label: InstanceAnnotation, names: tuple[str, ...]) -> str:
    del names
    silhouette = truth.traced.silhouettes[place]
    path = joined_outline(outlines_of(silhouette.visible)) + np.asarray(silhouette.left_top, float)
    return yolo_points_line(label.class_id, path, truth.size_wh)


def _turned(truth: PictureTruth, place: int, label: InstanceAnnotation, names: tuple[str, ...]) -> str:
    del names
    corners = turned_box(truth.traced.silhouettes[place], truth.size_wh)
    return yolo_points_line(label.class_id, corners, truth.size_wh)


def _pose(truth: PictureTruth, place: int, label: InstanceAnnotation, names: tuple[str, ...]) -> str:
    rows = keypoint_rows(truth.keypoints[place], names)
    return yolo_pose_line(label.class_id, label.box_xyxy.tolist(), rows, truth.size_wh)


_WRITERS: Mapping[str, Callable[[PictureTruth, int, InstanceAnnotation, tuple[str, ...]], str]] = {
    "yolo": _box,
    "yolo-seg": _outline,
    "yolo-obb": _turned,
    "yolo-pose": _pose,
}
