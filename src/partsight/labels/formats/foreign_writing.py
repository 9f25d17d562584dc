"""Datasets written as other tools read them; what is written comes back the same."""

import shutil
from collections.abc import Callable
from pathlib import Path

from partsight.errors import DatasetError
from partsight.files import write_text
from partsight.labels.foreign import ForeignPicture
from partsight.labels.formats.coco import write_coco
from partsight.labels.formats.cvat import cvat_text
from partsight.labels.formats.label_studio import label_studio_json
from partsight.labels.formats.voc import voc_text
from partsight.labels.label import Label
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample


def write_export(dataset: Dataset, target: str, folder: Path) -> None:
    """Write a dataset with copies of its pictures into a new folder.

    Raises DatasetError for an unknown target, pictures that would share a name, or a folder that is not empty.
    """
    if target not in WRITERS:
        raise DatasetError(f"{target}: unknown format (`to`). Known: {', '.join(WRITERS)}.")
    if folder.exists() and any(folder.iterdir()):
        raise DatasetError(f"{folder}: is not empty. Choose a new folder (`out`).")
    write, images = WRITERS[target]
    pictures = [_copied(sample, dataset, folder / images) for sample in dataset.samples]
    write(folder, pictures, list(dataset.class_names))


def _copied(sample: Sample, dataset: Dataset, images: Path) -> ForeignPicture:
    images.mkdir(parents=True, exist_ok=True)
    path = images / f"{sample.sample_id}{sample.image_path.suffix.lower()}"
    if path.exists():
        raise DatasetError(f"{sample.image_path}: shares its name with another picture. Rename one.")
    shutil.copyfile(sample.image_path, path)
    labels = []
    for number, (box, class_id) in enumerate(zip(sample.boxes_xyxy.tolist(), sample.class_ids.tolist(), strict=True)):
        left, top, right, bottom = box
        labels.append(Label((left, top, right, bottom), dataset.class_names[class_id], f"{sample.sample_id}: {number}"))
    return ForeignPicture(path, path.stem, sample.size_wh, tuple(labels))


def _write_yolo(folder: Path, pictures: list[ForeignPicture], class_names: list[str]) -> None:
    for picture in pictures:
        lines = (_yolo_line(label, picture.size_wh, class_names) for label in picture.labels)
        write_text(folder / "labels" / f"{picture.path.stem}.txt", "".join(lines))
    write_text(folder / "classes.txt", "".join(f"{name}\n" for name in class_names))


def _yolo_line(label: Label, size_wh: tuple[int, int], class_names: list[str]) -> str:
    (left, top, right, bottom), (width, height) = label.box_xyxy, size_wh
    shares = (left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height
    return f"{class_names.index(label.class_name)} " + " ".join(f"{share:.12f}" for share in shares) + "\n"


def _write_coco(folder: Path, pictures: list[ForeignPicture], class_names: list[str]) -> None:
    samples = tuple(_sample(picture, class_names) for picture in pictures)
    write_coco(Dataset(tuple(class_names), samples), folder / "coco.json")


def _sample(picture: ForeignPicture, class_names: list[str]) -> Sample:
    import numpy as np

    boxes = np.array([label.box_xyxy for label in picture.labels], float).reshape(-1, 4)
    class_ids = np.array([class_names.index(label.class_name) for label in picture.labels], np.int64)
    return Sample(picture.name, picture.path, picture.size_wh, boxes, class_ids, "photo", "export")


def _write_voc(folder: Path, pictures: list[ForeignPicture], class_names: list[str]) -> None:
    for picture in pictures:
        text = voc_text(picture.path.name, picture.size_wh, list(picture.labels))
        write_text(folder / "Annotations" / f"{picture.path.stem}.xml", text)
    write_text(folder / "labels.txt", "".join(f"{name}\n" for name in class_names))


def _write_cvat(folder: Path, pictures: list[ForeignPicture], class_names: list[str]) -> None:
    write_text(folder / "annotations.xml", cvat_text(pictures, class_names))


def _write_label_studio(folder: Path, pictures: list[ForeignPicture], class_names: list[str]) -> None:
    write_text(folder / "classes.txt", "".join(f"{name}\n" for name in class_names))
    write_text(folder / "label_studio.json", label_studio_json(pictures))


WRITERS: dict[str, tuple[Callable[[Path, list[ForeignPicture], list[str]], None], str]] = {
    "yolo": (_write_yolo, "images"),
    "coco": (_write_coco, "images"),
    "voc": (_write_voc, "JPEGImages"),
    "cvat": (_write_cvat, "images"),
    "label-studio": (_write_label_studio, "images"),
}
"""Target: its writer, and the folder of its pictures."""
