"""Which tool wrote an export, told by its layout."""

from collections.abc import Callable
from pathlib import Path

from partsight.errors import DatasetError
from partsight.labels.foreign import Findings
from partsight.labels.formats.cvat import find_cvat_file, read_cvat
from partsight.labels.formats.foreign_coco import find_coco_files, read_foreign_coco
from partsight.labels.formats.foreign_yolo import (
    is_darknet,
    is_plain_yolo,
    is_roboflow_yolo,
    read_darknet,
    read_plain_yolo,
    read_roboflow_yolo,
)
from partsight.labels.formats.label_studio import find_label_studio_file, read_label_studio
from partsight.labels.formats.voc import find_voc_files, read_voc
from partsight.labels.label import raise_problems

FORMATS: dict[str, tuple[Callable[[Path], object], Callable[[Path], Findings]]] = {
    "Roboflow YOLO": (is_roboflow_yolo, read_roboflow_yolo),
    "YOLO 1.1 (CVAT)": (is_darknet, read_darknet),
    "YOLO": (is_plain_yolo, read_plain_yolo),
    "CVAT XML": (find_cvat_file, read_cvat),
    "COCO": (find_coco_files, read_foreign_coco),
    "Pascal VOC": (find_voc_files, read_voc),
}
"""Name: whether a folder is of this format, and its reader; the first that fits is taken."""


def read_export(folder: Path, pictures: Path | None = None) -> tuple[str, Findings]:
    """Return the name of the format and what a folder holds. Raises DatasetError with all problems."""
    root = _single_folder(folder)
    if find_label_studio_file(root) is not None:
        name, found = "Label Studio JSON", read_label_studio(root, pictures)
    else:
        name, read = _recognized(folder, root)
        found = read(root)
    raise_problems(found.problems, folder)
    return name, found


def _recognized(folder: Path, root: Path) -> tuple[str, Callable[[Path], Findings]]:
    for name, (fits, read) in FORMATS.items():
        if fits(root):
            return name, read
    shown = ", ".join(sorted(path.name for path in root.iterdir())[:10])
    raise DatasetError(
        f"{folder}: no labels in a known layout; it holds {shown}. Known: Label Studio JSON, {', '.join(FORMATS)}."
    )


def _single_folder(folder: Path) -> Path:
    """Return the only folder in a folder that holds nothing else: archives often have one on top."""
    entries = [path for path in folder.iterdir() if path.name not in {"__MACOSX", ".DS_Store"}]
    return _single_folder(entries[0]) if len(entries) == 1 and entries[0].is_dir() else folder
