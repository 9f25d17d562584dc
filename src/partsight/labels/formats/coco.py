"""COCO detection format: one JSON file of pictures, boxes and categories (https://cocodataset.org/#format-data)."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from partsight.errors import DatasetError
from partsight.files import write_json
from partsight.labels.class_names import check_unique_names
from partsight.labels.label import (
    Label,
    box_problem,
    boxes_of,
    class_ids_of,
    name_problems,
    raise_problems,
    sample_id_of,
)
from partsight.pictures import picture_size
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample, Source


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


def read_coco(
    path: Path,
    images_folder: Path,
    class_names: Sequence[str],
    session_of: Callable[[str], str],
    source: Source = "photo",
) -> Dataset:
    """Read COCO JSON, its classes renumbered by name to `class_names`.

    Pictures listed without boxes are negatives; pictures that are not listed are not read. `session_of` names the
    session of a picture by its `file_name`, which is relative to `images_folder`. Raises DatasetError with all
    problems.
    """
    content = _read_content(path)
    labels = _labels_by_image(content)
    sizes, problems = _read_sizes(content, images_folder)
    problems += _reference_problems(content)
    for image in content.images:
        problems += _label_problems(labels[image.id], sizes.get(image.id), class_names)
    raise_problems(problems, path)
    read = _Reading(images_folder, class_names, session_of, source)
    return Dataset(
        tuple(class_names), tuple(read.sample(image, labels[image.id], sizes[image.id]) for image in content.images)
    )


class _Image(BaseModel):
    model_config = ConfigDict(frozen=True)
    id: int
    file_name: str
    width: int
    height: int
    sample_id: str | None = None


class _Box(BaseModel):
    model_config = ConfigDict(frozen=True)
    id: int
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    iscrowd: int = 0


class _Category(BaseModel):
    model_config = ConfigDict(frozen=True)
    id: int
    name: str


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True)
    images: list[_Image]
    annotations: list[_Box]
    categories: list[_Category]


@dataclass(frozen=True, slots=True)
class _Reading:
    """What all samples of one file share."""

    images_folder: Path
    class_names: Sequence[str]
    session_of: Callable[[str], str]
    source: Source

    def sample(self, image: _Image, labels: Sequence[Label], size_wh: tuple[int, int]) -> Sample:
        """Return one picture with its boxes."""
        return Sample(
            sample_id=image.sample_id or sample_id_of(Path(image.file_name)),
            image_path=self.images_folder / image.file_name,
            size_wh=size_wh,
            boxes_xyxy=boxes_of(labels, size_wh),
            class_ids=np.array(class_ids_of(labels, self.class_names), np.int64),
            source=self.source,
            session=self.session_of(image.file_name),
            class_names=tuple(self.class_names),
        )


def _image_record(image_id: int, sample: Sample, folder: Path) -> dict[str, Any]:
    width, height = sample.size_wh
    file_name = Path(os.path.relpath(sample.image_path, folder)).as_posix()
    return {"id": image_id, "file_name": file_name, "width": width, "height": height, "sample_id": sample.sample_id}


def _box_record(sample: Sample, index: int) -> dict[str, Any]:
    left, top, right, bottom = sample.boxes_xyxy[index].tolist()
    width, height = right - left, bottom - top
    return {
        "category_id": int(sample.class_ids[index]) + 1,
        "bbox": [left, top, width, height],
        "area": width * height,
        "iscrowd": 0,
    }


def _read_content(path: Path) -> _Content:
    try:
        content = _Content.model_validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: no such file. Expected the labels as COCO JSON.") from error
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read ({error})") from error
    except ValidationError as error:
        problems = [".".join(str(part) for part in item["loc"]) + f": {item['msg']}" for item in error.errors()]
        raise DatasetError(f"{path}: not COCO detection labels\n  " + "\n  ".join(problems[:20])) from error
    check_unique_names([category.name for category in content.categories], str(path))
    return content


def _labels_by_image(content: _Content) -> Mapping[int, list[Label]]:
    """Return the boxes of each picture, by image id."""
    names = {category.id: category.name for category in content.categories}
    labels: dict[int, list[Label]] = defaultdict(list)
    for box in content.annotations:
        left, top, width, height = box.bbox
        name = names.get(box.category_id, f"(category {box.category_id}, not listed)")
        labels[box.image_id].append(Label((left, top, left + width, top + height), name, f"annotation {box.id}"))
    return labels


def _read_sizes(content: _Content, images_folder: Path) -> tuple[dict[int, tuple[int, int]], list[str]]:
    """Return the size of each readable picture, and the pictures that are missing or of another size than stated."""
    sizes: dict[int, tuple[int, int]] = {}
    problems: list[str] = []
    for image in content.images:
        try:
            sizes[image.id] = picture_size(images_folder / image.file_name)
        except DatasetError as error:
            problems.append(str(error))
            continue
        if sizes[image.id] != (image.width, image.height):
            stated, found = f"{image.width}×{image.height}", "{}×{}".format(*sizes[image.id])
            problems.append(
                f"{image.file_name}: stated as {stated}, found {found}: these labels belong to another picture"
            )
    return sizes, problems


def _reference_problems(content: _Content) -> list[str]:
    """Return numbers and names used twice, boxes of unknown pictures, and regions of crowds."""
    ids = Counter(image.id for image in content.images)
    names = Counter(image.sample_id or sample_id_of(Path(image.file_name)) for image in content.images)
    categories = Counter(category.id for category in content.categories)
    return [
        *(f"image id {number} occurs {count} times" for number, count in ids.items() if count > 1),
        *(f"picture {name} occurs {count} times: rename or delete" for name, count in names.items() if count > 1),
        *(f"category id {number} occurs {count} times" for number, count in categories.items() if count > 1),
        *(
            f"annotation {box.id}: image id {box.image_id} is not listed"
            for box in content.annotations
            if box.image_id not in ids
        ),
        *(
            f"annotation {box.id}: marks a crowd; mark each part by its own box"
            for box in content.annotations
            if box.iscrowd
        ),
    ]


def _label_problems(labels: Sequence[Label], size_wh: tuple[int, int] | None, class_names: Sequence[str]) -> list[str]:
    """Return what is wrong with the boxes of one picture; of an unreadable picture only the names are judged."""
    found = [(label, box_problem(label.box_xyxy, size_wh)) for label in labels] if size_wh else []
    return name_problems(labels, class_names) + [f"{label.where}: {problem}" for label, problem in found if problem]
