"""YOLO folders of every tool, read in one way: each picture has one text file of its name, in the place of labels or beside it.

    Roboflow          data.yaml, {train,valid,test}/images/x.jpg, {train,valid,test}/labels/x.txt
    Ultralytics, CVAT data.yaml, images/train/x.jpg, labels/train/x.txt
    CVAT YOLO 1.1     obj.names, obj_train_data/**/x.jpg with x.txt beside it
    Label Studio      classes.txt, images/x.jpg, labels/x.txt
    labelImg          classes.txt, x.jpg with x.txt beside it
    DOTA              images/x.jpg, labelTxt/x.txt, class names in the lines

A picture without a label file counts as not labeled; an empty file says that nothing is there.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from partsight.errors import DatasetError
from partsight.labels.export_folder import ExportFolder
from partsight.labels.findings import Findings, Mark, PictureEntry
from partsight.labels.formats.yolo.lines import LineRules, looks_like_labels, read_lines
from partsight.labels.formats.yolo.names import NAME_FILES, StatedNames, find_names

NO_LABEL_FILE = "no label file (an empty one would say that nothing is there)"
_NO_LABELS = NAME_FILES | {"labels.txt"}
_LABEL_FOLDERS = frozenset({"labels", "labeltxt"})
_DARKNET_FOLDER = re.compile(r"obj_\w+_data")
_SPLIT_FOLDERS = ("train", "valid", "val", "test")


def find_yolo_labels(export: ExportFolder) -> list[Path]:
    """Return the text files that hold labels: named after a picture, or in a folder of labels."""
    texts = [path for path in export.ending(".txt") if _may_hold_labels(path, export)]
    pairs = _pairs(texts, export)
    return [path for path in texts if path in pairs or _is_in_labels(path, export)]


def yolo_layout(export: ExportFolder) -> str:
    """Return which tool's layout it is, in words."""
    if any(path.name == "obj.names" for path in export.files):
        return "YOLO 1.1 (CVAT)"
    has_splits = any((export.root / split / "images").is_dir() for split in _SPLIT_FOLDERS)
    return "Roboflow YOLO" if (export.root / "data.yaml").is_file() and has_splits else "YOLO"


def read_yolo_labels(export: ExportFolder) -> Findings:
    """Read a YOLO folder. Raises DatasetError when class names are missing or contradict each other."""
    texts = find_yolo_labels(export)
    stated = find_names(export) or _names_in_lines(texts, export)
    rules = LineRules(stated.names, stated.keypoints)
    found = Findings(export)
    found.add_class_names(list(stated.names))
    pairs = _pairs(texts, export)
    labeled = {picture: path for path, picture in pairs.items()}
    found.entries = [_entry(path, labeled.get(path), rules, export) for path in export.index.paths]
    found.entries += [_orphan(path, rules, export) for path in texts if path not in pairs]
    return found


def _pairs(texts: Sequence[Path], export: ExportFolder) -> dict[Path, Path]:
    """Return the picture of each label file: that of its place, else the only one of its name.

    By name alone goes what lies in the folder of pictures that was given, and all where no label file has a picture in its place.
    """
    pairs = {path: shared[0] for path in texts if (shared := export.index.sharing(path))}
    taken, is_by_name = set(pairs.values()), not pairs
    for path in texts:
        picture = export.index.find(path.stem, path) if path not in pairs else None
        if picture is not None and picture not in taken and (is_by_name or export.is_given(picture)):
            pairs[path] = picture
            taken.add(picture)
    return pairs


def _may_hold_labels(path: Path, export: ExportFolder) -> bool:
    name = path.name.lower()
    if name in _NO_LABELS or name.startswith("readme"):
        return False
    return _is_in_labels(path, export) or looks_like_labels(path)


def _is_in_labels(path: Path, export: ExportFolder) -> bool:
    folders = [part.lower() for part in Path(export.named(path)).parts[:-1]]
    return any(name in _LABEL_FOLDERS or _DARKNET_FOLDER.fullmatch(name) for name in folders)


def _orphan(path: Path, rules: LineRules, export: ExportFolder) -> PictureEntry:
    marks = read_lines(path, rules, export.named(path))
    return PictureEntry(
        export.named(path), None, tuple(marks), flaw="no picture of this name: give its folder (`pictures`)"
    )


def _entry(path: Path, labels: Path | None, rules: LineRules, export: ExportFolder) -> PictureEntry:
    shown = export.named(path)
    if len(export.index.sharing(path)) > 1:
        flaw = "shares its name with another picture. Labels cannot be told apart: rename one"
        return PictureEntry(shown, path, flaw=flaw)
    if labels is None:
        return PictureEntry(shown, path, flaw=NO_LABEL_FILE, is_fault=False)
    marks = read_lines(labels, rules, export.named(labels))
    return PictureEntry(shown, path, tuple(marks))


def _names_in_lines(texts: Sequence[Path], export: ExportFolder) -> StatedNames:
    """Return the names that lines of DOTA hold. Raises DatasetError when lines hold numbers."""
    marks: list[Mark] = [mark for path in texts for mark in read_lines(path, LineRules(()), export.named(path))]
    named = sorted({mark.class_name for mark in marks if not mark.fault})
    if not named:
        raise DatasetError(
            f"{export.root}: class names missing: the label files hold numbers only. Put the names, one a line in the order "
            "of their numbers, into classes.txt there, or bring the data.yaml that belongs to them."
        )
    return StatedNames(tuple(named), None, ())
