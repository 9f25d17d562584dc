"""COCO JSON of other tools: Roboflow, CVAT, Label Studio, labelme converters.

Roboflow    {train,valid,test}/_annotations.coco.json beside its pictures; category 0 is a heading that nothing is labelled with
CVAT        annotations/instances_*.json, images/**
others      one JSON file, pictures beside it or in images/
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from partsight.errors import DatasetError
from partsight.labels.foreign import Findings, ForeignPicture, index_pictures
from partsight.labels.formats.roboflow_names import original_name
from partsight.labels.label import Label, box_problem
from partsight.pictures import picture_size


def find_coco_files(folder: Path) -> list[Path]:
    """Return the COCO files of an export: JSON objects with images, annotations and categories."""
    return [path for path in sorted(folder.rglob("*.json")) if _is_coco(path)]


def read_foreign_coco(folder: Path) -> Findings:
    """Read every COCO file below a folder."""
    found = Findings()
    for path in find_coco_files(folder):
        content = json.loads(path.read_bytes())
        _read_file(path, content, folder, found)
    return found


def _is_coco(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            if not stream.read(1000).lstrip().startswith(b"{"):
                return False
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"images", "annotations", "categories"} <= content.keys()


def _read_file(path: Path, content: dict[str, Any], folder: Path, found: Findings) -> None:
    index = index_pictures([path.parent, folder / "images", folder])
    try:
        names = {entry["id"]: str(entry["name"]) for entry in content["categories"]}
        boxes = defaultdict(list)
        for entry in content["annotations"]:
            boxes[entry["image_id"]].append(entry)
        used = {entry["category_id"] for entry in content["annotations"]}
        headings = {entry["id"] for entry in content["categories"] if entry.get("supercategory") == "none"} - used
        found.class_names += [
            name for key, name in names.items() if key not in headings and name not in found.class_names
        ]
        for image in content["images"]:
            _read_image(image, boxes[image["id"]], names, index=index, found=found)
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: not COCO labels ({type(error).__name__}: {error}). Export it again.") from error


def _read_image(
    image: dict[str, Any], boxes: list[dict[str, Any]], names: dict[Any, str], *, index: Any, found: Findings
) -> None:
    file_name = str(image["file_name"])
    path = index.find(file_name)
    if path is None:
        found.problems.append(f"{file_name}: no such picture in the export, or several of that name")
        return
    try:
        size_wh = picture_size(path)
    except DatasetError as error:
        found.problems.append(str(error))
        return
    if (image.get("width", size_wh[0]), image.get("height", size_wh[1])) != size_wh:
        stated = f"{image['width']}×{image['height']}"
        found.problems.append(f"{file_name}: stated as {stated}, found {size_wh[0]}×{size_wh[1]}")
        return
    labels = []
    for entry in boxes:
        label = _label(entry, names)
        problem = box_problem(label.box_xyxy, size_wh)
        found.problems += [f"{label.where}: {problem}"] if problem else []
        labels.append(label)
    found.pictures.append(ForeignPicture(path, original_name(Path(file_name).stem), size_wh, tuple(labels)))


def _label(entry: dict[str, Any], names: dict[Any, str]) -> Label:
    left, top, width, height = (float(value) for value in entry["bbox"])
    return Label((left, top, left + width, top + height), names[entry["category_id"]], f"annotation {entry['id']}")
