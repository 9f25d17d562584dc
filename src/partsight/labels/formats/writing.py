"""Datasets written as other tools read them; what is written comes back the same."""

import itertools
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from partsight.errors import DatasetError, StorageError
from partsight.files import write_text
from partsight.labels.formats.coco import write_coco
from partsight.labels.formats.cvat import cvat_text
from partsight.labels.formats.label_studio import label_studio_json
from partsight.labels.formats.voc import voc_text
from partsight.labels.formats.yolo.lines import yolo_label_text
from partsight.labels.judging import LabeledPicture
from partsight.labels.label import Label, outlines_drawn
from partsight.labels.shapes import as_points
from partsight.structures.dataset import Dataset
from partsight.structures.names import as_file_stem
from partsight.structures.sample import Sample


def write_export(dataset: Dataset, target: str, folder: Path) -> None:
    """Write a dataset with copies of its pictures into a new folder, which appears when it is whole.

    Signs of names that some system, tool or XML refuses become underscores. Raises DatasetError for an unknown target or a folder that
    is not empty; StorageError when the disk refuses.
    """
    if target not in WRITERS:
        raise DatasetError(f"{target}: unknown format (`to`). Known: {', '.join(WRITERS)}.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DatasetError(f"{folder}: is not empty. Choose a new folder (`out`).")
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        _write_all(dataset, target, unfinished)
        unfinished.replace(folder)
    except OSError as error:
        raise StorageError(
            f"{folder}: cannot be written ({error.strerror or error}). Free some space, or choose another folder (`out`)."
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write_all(dataset: Dataset, target: str, folder: Path) -> None:
    write, images = WRITERS[target]
    folder.mkdir(parents=True)
    stems = file_stems([sample.sample_id for sample in dataset.samples])
    pictures = [
        _copied(sample, dataset, folder / images / stem) for sample, stem in zip(dataset.samples, stems, strict=True)
    ]
    write(folder, pictures, list(dataset.class_names))


def file_stems(sample_ids: Sequence[str]) -> list[str]:
    """Return a name for each picture that every tool takes, no two alike, whatever the case."""
    taken: dict[str, str] = {}
    for sample_id in sample_ids:
        stem = as_file_stem(sample_id)
        names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
        name = next(name for name in names if name.lower() not in taken)
        taken[name.lower()] = name
    return list(taken.values())


def _copied(sample: Sample, dataset: Dataset, target: Path) -> LabeledPicture:
    """Copy a picture to a path that still lacks its suffix."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path = target.with_name(f"{target.name}{sample.image_path.suffix.lower()}")
    shutil.copyfile(sample.image_path, path)
    labels = tuple(_label(sample, dataset, number) for number in range(len(sample.class_ids)))
    return LabeledPicture(path, path.stem, sample.size_wh, labels)


def _label(sample: Sample, dataset: Dataset, number: int) -> Label:
    left, top, right, bottom = sample.boxes_xyxy[number].tolist()
    outline = sample.outlines[number] if sample.outlines else None
    name, where = dataset.class_names[int(sample.class_ids[number])], f"{sample.sample_id}: {number}"
    return Label((left, top, right, bottom), name, where, outline=() if outline is None else as_points(outline))


def _write_yolo(folder: Path, pictures: list[LabeledPicture], class_names: list[str]) -> None:
    """Write boxes where not every label has an outline: trainers that find both in one dataset drop the outlines, or worse."""
    are_outlined = all(label.outline for picture in pictures for label in picture.labels)
    for picture in pictures:
        labels = picture.labels if are_outlined else [replace(label, outline=()) for label in picture.labels]
        text = yolo_label_text(labels, class_names, picture.size_wh)
        write_text(folder / "labels" / f"{picture.path.stem}.txt", text)
    write_text(folder / "classes.txt", "".join(f"{name}\n" for name in class_names))


def _write_coco(folder: Path, pictures: list[LabeledPicture], class_names: list[str]) -> None:
    samples = tuple(_sample(picture, class_names) for picture in pictures)
    write_coco(Dataset(tuple(class_names), samples), folder / "coco.json")


def _sample(picture: LabeledPicture, class_names: list[str]) -> Sample:
    boxes = np.array([label.box_xyxy for label in picture.labels], float).reshape(-1, 4)
    class_ids = np.array([class_names.index(label.class_name) for label in picture.labels], np.int64)
    sample = Sample(picture.name, picture.path, picture.size_wh, boxes, class_ids, "photo", "export")
    return replace(sample, outlines=outlines_drawn(picture.labels))


def _write_voc(folder: Path, pictures: list[LabeledPicture], class_names: list[str]) -> None:
    for picture in pictures:
        text = voc_text(picture.path.name, picture.size_wh, picture.labels)
        write_text(folder / "Annotations" / f"{picture.path.stem}.xml", text)
    write_text(folder / "labels.txt", "".join(f"{name}\n" for name in class_names))


def _write_cvat(folder: Path, pictures: list[LabeledPicture], class_names: list[str]) -> None:
    write_text(folder / "annotations.xml", cvat_text(pictures, class_names))


def _write_label_studio(folder: Path, pictures: list[LabeledPicture], class_names: list[str]) -> None:
    write_text(folder / "classes.txt", "".join(f"{name}\n" for name in class_names))
    write_text(folder / "label_studio.json", label_studio_json(pictures))


WRITERS: dict[str, tuple[Callable[[Path, list[LabeledPicture], list[str]], None], str]] = {
    "yolo": (_write_yolo, "images"),
    "coco": (_write_coco, "images"),
    "voc": (_write_voc, "JPEGImages"),
    "cvat": (_write_cvat, "images"),
    "label-studio": (_write_label_studio, "images"),
}
"""Target: its writer, and the folder of its pictures."""
