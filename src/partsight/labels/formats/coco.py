"""COCO detection format: JSON of pictures, boxes and categories (https://cocodataset.org/#format-data), as every tool writes it.

    Roboflow      {train,valid,test}/_annotations.coco.json beside its pictures; category 0 is a heading that nothing is labeled with
    CVAT          annotations/instances_*.json, images/**; turned rectangles state `attributes.rotation` about their middle
    others        one or several JSON files, pictures beside them, in images/ or elsewhere

The box is `bbox`; where it is missing, the extent of `segmentation`, else of visible keypoints.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from partsight.errors import DatasetError
from partsight.files import write_json
from partsight.labels.export_folder import ExportFolder, missing_reason, twice_in
from partsight.labels.findings import NAMELESS, Findings, Mark, PictureEntry, bad_mark, plain_name
from partsight.labels.formats.run_lengths import unpacked_mask
from partsight.labels.outlines import joined_outline, outlines_of
from partsight.labels.shapes import DrawnShape, as_points, mask_extent, no_box, outline, rectangle, span
from partsight.structures.arrays import BoolArray, FloatArray
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample

_KEYS = frozenset({"images", "annotations", "categories"})


def find_coco_files(export: ExportFolder) -> list[Path]:
    """Return the JSON files that hold pictures, annotations and categories."""
    return [path for path in export.ending(".json") if _is_coco(export.json(path))]


def read_coco_files(export: ExportFolder) -> Findings:
    """Read every COCO file of an export. Raises DatasetError for files that are not as the format says."""
    found = Findings(export)
    for path in find_coco_files(export):
        file = _CocoFile.of(path, export)
        found.add_class_names(list(file.class_names()))
        found.entries += file.entries()
    return found


def write_coco(dataset: Dataset, path: Path) -> None:
    """Write a dataset as COCO JSON; `file_name` is relative to the JSON's folder. Raises StorageError."""
    numbered = list(enumerate(dataset.samples, start=1))
    boxes = [(image_id, index, sample) for image_id, sample in numbered for index in range(len(sample.boxes_xyxy))]
    content = {
        "images": [_image_record(image_id, sample, path.parent) for image_id, sample in numbered],
        "annotations": [
            {"id": number, "image_id": image_id, **_box_record(sample, index)}
            for number, (image_id, index, sample) in enumerate(boxes, start=1)
        ],
        "categories": [{"id": index, "name": name} for index, name in enumerate(dataset.class_names, start=1)],
    }
    write_json(path, content)


@dataclass(frozen=True, slots=True)
class _CocoFile:
    """One file, its annotations sorted by picture; ids are compared as text, since tools write both 5 and "5"."""

    path: Path
    export: ExportFolder
    images: Sequence[Mapping[str, Any]]
    boxes: Mapping[str, list[Mapping[str, Any]]]
    names: Mapping[str, str]
    used: frozenset[str]
    headings: frozenset[str]
    ambiguous: frozenset[str]
    """Category ids that stand for several names."""

    @classmethod
    def of(cls, path: Path, export: ExportFolder) -> "_CocoFile":
        """Sort the content of a file. Raises DatasetError."""
        content = export.json(path)
        lists = {key: _objects(path, key, content[key]) for key in _KEYS}
        boxes = defaultdict(list)
        for entry in lists["annotations"]:
            boxes[_id(entry.get("image_id"))].append(entry)
        pairs = {(_id(entry.get("id")), plain_name(entry.get("name"))) for entry in lists["categories"]}
        used = frozenset(_id(entry.get("category_id")) for entry in lists["annotations"])
        headings = {_id(entry.get("id")) for entry in lists["categories"] if entry.get("supercategory") == "none"}
        return cls(
            path, export, lists["images"], boxes,
            {_id(entry.get("id")): plain_name(entry.get("name")) for entry in lists["categories"]},
            used, frozenset(headings - used), frozenset(twice_in(number for number, _ in pairs)),
        )  # fmt: skip

    def class_names(self) -> Iterator[str]:
        """Yield the classes but headings, and but nameless ones that nothing is labeled with."""
        for number, name in self.names.items():
            if number not in self.headings and (name != NAMELESS or number in self.used):
                yield name

    def entries(self) -> Iterator[PictureEntry]:
        """Yield the pictures of the file, then those that only annotations speak of."""
        ids = [_id(image.get("id")) for image in self.images]
        listed = {(number, str(image.get("file_name"))): image for number, image in zip(ids, self.images, strict=True)}
        twice, seen = twice_in(number for number, _ in listed), set[str]()
        for (number, _), image in listed.items():
            marks = () if number in seen else tuple(self._mark(entry) for entry in self.boxes.get(number, ()))
            seen.add(number)
            yield self._entry(image, number, marks, is_ambiguous=number in twice)
        for number in sorted(set(self.boxes) - set(ids)):
            marks = tuple(self._mark(entry) for entry in self.boxes[number])
            named = f"{self.export.named(self.path)}: annotation {self.boxes[number][0].get('id')}"
            yield PictureEntry(named, None, marks, flaw=f"image id {number} is not listed")

    def _entry(
        self, image: Mapping[str, Any], number: str, marks: tuple[Mark, ...], *, is_ambiguous: bool
    ) -> PictureEntry:
        name = image.get("file_name")
        if not isinstance(name, str) or not name.strip():
            return PictureEntry(
                f"{self.export.named(self.path)}: image id {number}", None, marks, flaw="has no file_name"
            )
        path = self.export.index.find(name, self.path)
        flaw = (
            f"image id {number} occurs 2 times or more: its boxes may belong to either picture" if is_ambiguous else ""
        )
        if path is None:
            flaw = missing_reason(name, self.export)
        return PictureEntry(
            name, path, marks, _stated_wh(image), flaw=flaw, near=self.path, sample_id=str(image.get("sample_id") or "")
        )

    def _mark(self, entry: Mapping[str, Any]) -> Mark:
        where = f"annotation {entry.get('id')}"
        number = _id(entry.get("category_id"))
        if number in self.ambiguous:
            return bad_mark(where, f"category id {number} stands for several names")
        if number not in self.names:
            return bad_mark(where, f"category {number}, not listed")
        name = self.names[number]
        if entry.get("iscrowd") == 1:
            return Mark(no_box("crowd", "marks a crowd; mark each part by its own box"), name, where)
        try:
            return Mark(_shape(entry), name, where)
        except (TypeError, ValueError, KeyError, AttributeError):
            return bad_mark(where, f"bbox: found {entry.get('bbox')!r}, expected four numbers", name)


def _is_coco(content: Any) -> bool:
    return isinstance(content, dict) and content.keys() >= _KEYS


def _objects(path: Path, key: str, values: Any) -> list[Mapping[str, Any]]:
    if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
        raise DatasetError(f"{path}: not COCO labels: {key} is not a list of objects. Export it again.")
    return values


def _id(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _stated_wh(image: Mapping[str, Any]) -> tuple[int, int] | None:
    try:
        return int(image["width"]), int(image["height"])
    except (KeyError, TypeError, ValueError):
        return None


def _shape(entry: Mapping[str, Any]) -> DrawnShape:
    """Return what an annotation draws. Raises TypeError, ValueError, KeyError or AttributeError when it is not as the format says."""
    box = entry.get("bbox")
    if not box or (entry.get("segmentation") and min(box[2:4]) <= 0):
        return _shape_without_box(entry)
    left, top, across, down = (float(value) for value in box)
    angle = float((entry.get("attributes") or {}).get("rotation") or 0.0)
    if angle % 360 and not entry.get("segmentation"):
        return rectangle((left, top, left + across, top + down), angle_deg=angle)
    return replace(span(left, top, across, down), border=_border(entry.get("segmentation")))


def _shape_without_box(entry: Mapping[str, Any]) -> DrawnShape:
    segments, keypoints = entry.get("segmentation"), entry.get("keypoints")
    if isinstance(segments, list) and segments:
        rings = _rings(segments)
        return replace(outline("polygon", [point for ring in rings for point in ring.tolist()]), border=_closed(rings))
    if isinstance(segments, dict):
        mask = _mask(segments)
        extent = mask_extent(mask)
        if extent is None:
            return no_box("mask", "is empty")
        return DrawnShape("mask", (extent[:2], extent[2:]), border=_closed(outlines_of(mask)))
    if keypoints:
        triples = zip(keypoints[::3], keypoints[1::3], keypoints[2::3], strict=True)
        return outline("keypoints", ((x, y) for x, y, visible in triples if visible))
    return no_box("annotation", "has no bbox")


def _border(segments: Any) -> tuple[tuple[float, float], ...]:
    """Return the outline that stands beside a stated box; none where it is not as the format says, for the box counts."""
    try:
        if isinstance(segments, list) and segments:
            return _closed(_rings(segments))
        return _closed(outlines_of(_mask(segments))) if isinstance(segments, dict) else ()
    except (TypeError, ValueError, KeyError):
        return ()


def _rings(segments: list[Any]) -> list[FloatArray]:
    parts = segments if isinstance(segments[0], list) else [segments]
    return [np.array([float(value) for value in part]).reshape(-1, 2) for part in parts if part]


def _mask(segments: Mapping[str, Any]) -> BoolArray:
    return unpacked_mask(segments).pixels


def _closed(rings: list[FloatArray]) -> tuple[tuple[float, float], ...]:
    return as_points(joined_outline(rings)) if rings else ()


def _image_record(image_id: int, sample: Sample, folder: Path) -> dict[str, Any]:
    width, height = sample.size_wh
    file_name = Path(os.path.relpath(sample.image_path, folder)).as_posix()
    return {"id": image_id, "file_name": file_name, "width": width, "height": height, "sample_id": sample.sample_id}


def _box_record(sample: Sample, index: int) -> dict[str, Any]:
    left, top, right, bottom = sample.boxes_xyxy[index].tolist()
    width, height = right - left, bottom - top
    outline = sample.outlines[index] if sample.outlines else None
    drawn = {} if outline is None else {"segmentation": [outline.ravel().tolist()]}
    return {
        **drawn,
        "category_id": int(sample.class_ids[index]) + 1,
        "bbox": [left, top, width, height],
        "area": width * height,
        "iscrowd": 0,
    }
