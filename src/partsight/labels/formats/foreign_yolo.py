"""YOLO label folders of other tools.

    Roboflow          data.yaml, {train,valid,test}/images/x_jpg.rf.HASH.jpg, {train,valid,test}/labels/….txt
    CVAT YOLO 1.1     obj.names, obj.data, train.txt, obj_train_data/**/x.jpg with x.txt beside it
    Ultralytics,      data.yaml or classes.txt, images/**/x.jpg, labels/**/x.txt
    Label Studio

A picture without a label file counts as not labelled and is left out with a remark, except in Roboflow exports and YOLO 1.1, where
it is a null picture: looked at, nothing there.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from partsight.errors import DatasetError
from partsight.labels.foreign import Findings, ForeignPicture
from partsight.labels.formats.roboflow_names import original_name
from partsight.labels.formats.yolo.reading import names_from_text, parse_line, read_names
from partsight.pictures import PICTURE_SUFFIXES, picture_size

ROBOFLOW_SPLITS = ("train", "valid", "test")
_SAID_EMPTY = "has no label file: left out (an empty file would say that nothing is there)"


def is_roboflow_yolo(folder: Path) -> bool:
    """Return whether a folder is laid out as Roboflow's YOLO exports."""
    return (folder / "data.yaml").is_file() and any((folder / name / "images").is_dir() for name in ROBOFLOW_SPLITS)


def is_darknet(folder: Path) -> bool:
    """Return whether a folder is laid out as CVAT's YOLO 1.1 exports."""
    return (folder / "obj.names").is_file()


def is_plain_yolo(folder: Path) -> bool:
    """Return whether a folder is laid out as Ultralytics wants it."""
    has_names = any((folder / name).is_file() for name in ("data.yaml", "classes.txt", "labels/classes.txt"))
    return has_names and (folder / "images").is_dir() and (folder / "labels").is_dir()


def read_roboflow_yolo(folder: Path) -> Findings:
    """Read a Roboflow YOLO export."""
    names = read_names(folder)
    found = Findings(class_names=names)
    for split in ROBOFLOW_SPLITS:
        images = folder / split / "images"
        for path in _pictures_below(images):
            labels = folder / split / "labels" / path.relative_to(images).with_suffix(".txt")
            _add(found, path, labels, names, is_null_without_labels=True)
    return found


def read_darknet(folder: Path) -> Findings:
    """Read a CVAT YOLO 1.1 export."""
    names = names_from_text(folder / "obj.names")
    found = Findings(class_names=names)
    for images in sorted(folder.glob("obj_*_data")):
        for path in _pictures_below(images):
            _add(found, path, path.with_suffix(".txt"), names, is_null_without_labels=True)
    return found


def read_plain_yolo(folder: Path) -> Findings:
    """Read an Ultralytics or Label Studio YOLO export."""
    names = read_names(folder)
    found = Findings(class_names=names)
    for path in _pictures_below(folder / "images"):
        labels = folder / "labels" / path.relative_to(folder / "images").with_suffix(".txt")
        _add(found, path, labels, names, is_null_without_labels=False)
    return found


def _pictures_below(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURE_SUFFIXES)


def _add(found: Findings, path: Path, labels: Path, names: Sequence[str], *, is_null_without_labels: bool) -> None:
    """Add one picture with its labels, or what is wrong with it."""
    if not labels.is_file() and not is_null_without_labels:
        found.remarks.append(f"{path.name}: {_SAID_EMPTY}")
        return
    try:
        size_wh = picture_size(path)
        text = labels.read_text(encoding="utf-8-sig") if labels.is_file() else ""
    except (DatasetError, OSError, UnicodeDecodeError) as error:
        found.problems.append(str(error))
        return
    boxes = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            label, problem = parse_line(line.split(), size_wh, names, f"{labels.name}:{number}")
            boxes += [label] if label else []
            found.problems += [f"{labels.name}:{number}: {problem}"] if problem else []
    found.pictures.append(ForeignPicture(path, original_name(path.stem), size_wh, tuple(boxes)))
