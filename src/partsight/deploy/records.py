"""Detections of many pictures as JSON, JSON lines, CSV or COCO."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.deploy.posing import PosedPicture
from partsight.errors import SourceError
from partsight.files import write_text
from partsight.labels.formats.run_lengths import packed_mask
from partsight.labels.outlines import mask_outlines
from partsight.pose.finding import FoundPose
from partsight.pose.optics import as_plain_camera
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask
from partsight.structures.world.transform import quaternion_wxyz

COLUMNS = ("source", "frame", "time_s", "width", "height", "class", "score", "left", "top", "right", "bottom")
POSE_COLUMNS = ("x_m", "y_m", "z_m", "qw", "qx", "qy", "qz", "fit", "focal_px")
_DIGITS = 2
"""Hundredths of a pixel."""


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """What was found in one picture."""

    source: str
    frame: int | None
    time_s: float | None
    size_wh: tuple[int, int]
    detections: Detections
    posed: PosedPicture | None = None
    """None where poses were not asked for."""


def record_as_json(record: Record, class_names: Sequence[str]) -> dict[str, Any]:
    """Return one picture's detections as JSON-like values; frame and time only for videos."""
    at = {} if record.frame is None else {"frame": record.frame, "time_s": _rounded(record.time_s or 0.0, 3)}
    size = {"width": record.size_wh[0], "height": record.size_wh[1]}
    parts = [
        {
            "class": class_names[class_id],
            "score": _rounded(score, 4),
            "box_xyxy": [_rounded(side, _DIGITS) for side in box],
            **({} if mask is None else {"outlines": _outlines(mask)}),
            **pose,
        }
        for (box, score, class_id, mask), pose in zip(_rows(record.detections), _poses(record), strict=True)
    ]
    camera = {} if record.posed is None else {"camera": as_plain_camera(record.posed.camera)}
    return {"source": record.source, **at, **size, **camera, "parts": parts}


def as_json(records: Sequence[Record], class_names: Sequence[str]) -> str:
    """Return all records as one JSON document."""
    pictures = [record_as_json(record, class_names) for record in records]
    return json.dumps({"class_names": list(class_names), "pictures": pictures}, ensure_ascii=False, indent=1) + "\n"


def as_json_lines(records: Iterable[Record], class_names: Sequence[str]) -> str:
    """Return one JSON object a line, one line a picture."""
    return "".join(json.dumps(record_as_json(record, class_names), ensure_ascii=False) + "\n" for record in records)


def as_csv(records: Iterable[Record], class_names: Sequence[str]) -> str:
    """Return one line a detection, with its pose where poses were asked for."""
    records = list(records)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    has_poses = any(record.posed is not None for record in records)
    writer.writerow(COLUMNS + POSE_COLUMNS * has_poses)
    for record in records:
        at = ("", "") if record.frame is None else (record.frame, _rounded(record.time_s or 0.0, 3))
        for number, (box, score, class_id, _) in enumerate(_rows(record.detections)):
            sides = (_rounded(side, _DIGITS) for side in box)
            pose = _pose_row(record, number) if has_poses else ()
            row = [record.source, *at, *record.size_wh, class_names[class_id], _rounded(score, 4), *sides, *pose]
            writer.writerow(row)
    return stream.getvalue()


def as_coco(records: Sequence[Record], class_names: Sequence[str]) -> str:
    """Return a COCO detection file with scores; frames of videos are named `video.mp4#12`."""
    images, annotations = [], []
    for image_id, record in enumerate(records, start=1):
        name = record.source if record.frame is None else f"{record.source}#{record.frame}"
        images.append({"id": image_id, "file_name": name, "width": record.size_wh[0], "height": record.size_wh[1]})
        annotations += [_coco_box(image_id, *row) for row in _rows(record.detections)]
    numbered = [{"id": number, **annotation} for number, annotation in enumerate(annotations, start=1)]
    categories = [{"id": number, "name": name} for number, name in enumerate(class_names, start=1)]
    return json.dumps({"images": images, "annotations": numbered, "categories": categories}, ensure_ascii=False) + "\n"


FORMATS: dict[str, Callable[[Sequence[Record], Sequence[str]], str]] = {
    "json": as_json, "jsonl": as_json_lines, "csv": as_csv, "coco": as_coco,
}  # fmt: skip


def write_records(records: Sequence[Record], class_names: Sequence[str], kind: str, path: Path) -> None:
    """Write records as json, jsonl, csv or coco. Raises StorageError."""
    if kind not in FORMATS:
        raise SourceError(f"{kind}: unknown kind of file. Known: {', '.join(FORMATS)}")
    write_text(path, FORMATS[kind](records, class_names))


def _poses(record: Record) -> list[dict[str, Any]]:
    """Return what JSON says about the pose of each part; nothing where poses were not asked for, null where none was found."""
    if record.posed is None:
        return [{} for _ in range(len(record.detections))]
    return [{"pose": None if pose is None else _pose_as_json(pose)} for pose in record.posed.poses]


def _pose_as_json(pose: FoundPose) -> dict[str, Any]:
    matrix = [[_rounded(value, 6) for value in row] for row in pose.camera_from_part]
    return {"camera_from_part": matrix, "fit": _rounded(pose.fit, 3)}


def _pose_row(record: Record, number: int) -> list[float | str]:
    """Return position, rotation as a unit quaternion, fit and focal length; empty where no pose was found."""
    pose = record.posed.poses[number] if record.posed else None
    if pose is None or record.posed is None:
        return [""] * len(POSE_COLUMNS)
    values = (*pose.camera_from_part[:3, 3], *quaternion_wxyz(pose.camera_from_part[:3, :3]))
    focal_px = record.posed.camera.intrinsics.focal_px
    return [*(_rounded(value, 6) for value in values), _rounded(pose.fit, 3), _rounded(focal_px, _DIGITS)]


def _rows(found: Detections) -> Iterable[tuple[list[float], float, int, Mask | None]]:
    masks = found.masks or [None] * len(found)
    return zip(found.boxes_xyxy.tolist(), found.scores.tolist(), found.class_ids.tolist(), masks, strict=True)


def _outlines(mask: Mask) -> list[list[list[float]]]:
    """Return the ways around a mask's pieces and holes, the largest first, as lists of x and y."""
    return [[[_rounded(x, 1), _rounded(y, 1)] for x, y in ring.tolist()] for ring in mask_outlines(mask)]


def _coco_box(image_id: int, box: list[float], score: float, class_id: int, mask: Mask | None) -> dict[str, Any]:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    return {
        "image_id": image_id,
        "category_id": class_id + 1,
        "bbox": [_rounded(side, _DIGITS) for side in (left, top, width, height)],
        "area": _rounded(width * height, _DIGITS) if mask is None else mask.num_px,
        "iscrowd": 0,
        "score": _rounded(score, 4),
        **({} if mask is None else {"segmentation": packed_mask(mask)}),
    }


def _rounded(value: float, digits: int) -> float:
    return round(float(value), digits)
