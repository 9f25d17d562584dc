"""Labeled pictures that training reads: our YOLO layout or COCO JSON, read whole or not at all.

What an import would leave out with a word is an error here: a picture without label file, a brush stroke, a stated size that is not
the picture's.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from partsight.errors import DatasetError
from partsight.labels.export_folder import ExportFolder, PictureIndex
from partsight.labels.findings import Findings
from partsight.labels.formats.coco import find_coco_files, read_coco_files
from partsight.labels.formats.yolo.names import NAME_FILES
from partsight.labels.formats.yolo.reading import read_yolo_labels
from partsight.labels.judging import LabeledPicture, judge
from partsight.labels.label import boxes_of, class_ids_of, name_problems, outlines_drawn, raise_problems, sample_id_of
from partsight.pictures import files_below, list_pictures, picture_size
from partsight.structures.dataset import Dataset
from partsight.structures.sample import Sample

SessionOf = Callable[[str], str]
PassOver = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class OwnFolder:
    """Where pictures and their labels lie, and how pictures of it are taken."""

    images: Path
    class_names: Sequence[str]
    """Of the recipe: classes are renumbered to these by name."""
    session_of: SessionOf
    """Names the session of a picture by its path below `images`."""
    pass_over: PassOver | None = None
    """Told of each picture that cannot be read; None: such pictures are errors."""


def read_yolo(
    folder: Path, class_names: Sequence[str], session_of: SessionOf, *, pass_over: PassOver | None = None
) -> Dataset:
    """Read `images/**`, `labels/**/<same name>.txt` and the class names beside them.

    An empty label file says that nothing is there. Raises DatasetError with all problems, each with file and line.
    """
    images = folder / "images"
    index = PictureIndex(list_pictures(images), [folder])
    named = [folder / name for name in (*sorted(NAME_FILES), "data.yaml")]
    labels = files_below(folder / "labels") if (folder / "labels").is_dir() else []
    export = ExportFolder(folder, (*(path for path in named if path.is_file()), *labels), index)
    _check_names(export, folder)
    return _dataset(read_yolo_labels(export), OwnFolder(images, class_names, session_of, pass_over), folder)


def read_coco(
    path: Path,
    images: Path,
    class_names: Sequence[str],
    session_of: SessionOf,
    *,
    pass_over: PassOver | None = None,
) -> Dataset:
    """Read COCO JSON; pictures listed without boxes are negatives, pictures that are not listed are not read.

    Raises DatasetError with all problems.
    """
    if not path.is_file():
        raise DatasetError(f"{path}: no such file. Expected the labels as COCO JSON.")
    export = ExportFolder(path.parent, (path,), PictureIndex([], [images]))
    if not find_coco_files(export):
        raise DatasetError(
            f"{path}: not COCO detection labels. Expected one JSON object with images, annotations, categories."
        )
    names = (str(image.get("file_name")) for image in export.json(path)["images"] if isinstance(image, dict))
    named = PictureIndex([images / name for name in names if (images / name).is_file()], [images])
    found = read_coco_files(ExportFolder(path.parent, (path,), named))
    return _dataset(found, OwnFolder(images, class_names, session_of, pass_over), path)


def _check_names(export: ExportFolder, folder: Path) -> None:
    if not export.files or not any(path.name in NAME_FILES or path.name == "data.yaml" for path in export.files):
        raise DatasetError(f"{folder}: neither classes.txt nor data.yaml. Expected the class names there, one a line.")


def _dataset(found: Findings, own: OwnFolder, where: Path) -> Dataset:
    judged = judge(found, picture_size, is_keeping_doubles=True)
    problems = [*judged.problems, *(judged.unreadable if own.pass_over is None else ())]
    if own.pass_over is not None:
        for told in judged.unreadable:
            own.pass_over(told)
    for picture in judged.pictures:
        problems += name_problems(picture.labels, own.class_names)
    raise_problems(problems, where)
    samples = tuple(_sample(picture, own) for picture in judged.pictures)
    return Dataset(tuple(own.class_names), samples)


def _sample(picture: LabeledPicture, own: OwnFolder) -> Sample:
    relative = Path(os.path.relpath(picture.path, own.images))
    return Sample(
        sample_id=picture.sample_id or sample_id_of(relative),
        image_path=picture.path,
        size_wh=picture.size_wh,
        boxes_xyxy=boxes_of(picture.labels, picture.size_wh),
        class_ids=np.array(class_ids_of(picture.labels, own.class_names), np.int64),
        source="photo",
        session=own.session_of(relative.as_posix()),
        class_names=tuple(own.class_names),
        outlines=outlines_drawn(picture.labels),
    )
