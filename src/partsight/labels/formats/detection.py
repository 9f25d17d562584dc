"""Which tool wrote an export, told by what its files hold, and its one reader."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from partsight.errors import DatasetError, first_of
from partsight.labels.export_folder import ExportFolder
from partsight.labels.findings import Findings
from partsight.labels.formats.box_tables import find_box_tables, read_box_tables
from partsight.labels.formats.coco import find_coco_files, read_coco_files
from partsight.labels.formats.createml import find_createml_files, read_createml_files
from partsight.labels.formats.cvat import find_cvat_files, read_cvat_files
from partsight.labels.formats.label_studio import find_label_studio_files, read_label_studio_files
from partsight.labels.formats.labelme import find_labelme_files, read_labelme_files
from partsight.labels.formats.via import find_via_files, read_via_files
from partsight.labels.formats.voc import find_voc_files, read_voc_files
from partsight.labels.formats.yolo.names import find_names
from partsight.labels.formats.yolo.reading import find_yolo_labels, read_yolo_labels, yolo_layout

_LABEL_SUFFIXES = (".json", ".xml", ".csv")


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """A format: which files of an export hold it, and its reader."""

    name: str
    find: Callable[[ExportFolder], Sequence[Path]]
    read: Callable[[ExportFolder], Findings]


def _yolo_with_names(export: ExportFolder) -> Sequence[Path]:
    texts = find_yolo_labels(export)
    return texts if texts and find_names(export) is not None else []


FORMATS = (
    LabelFormat("Label Studio JSON", find_label_studio_files, read_label_studio_files),
    LabelFormat("YOLO", _yolo_with_names, read_yolo_labels),
    LabelFormat("CVAT XML", find_cvat_files, read_cvat_files),
    LabelFormat("COCO", find_coco_files, read_coco_files),
    LabelFormat("Pascal VOC", find_voc_files, read_voc_files),
    LabelFormat("labelme", find_labelme_files, read_labelme_files),
    LabelFormat("CreateML", find_createml_files, read_createml_files),
    LabelFormat("VIA", find_via_files, read_via_files),
    LabelFormat("table of boxes", find_box_tables, read_box_tables),
    LabelFormat("YOLO", find_yolo_labels, read_yolo_labels),
)
"""The first that fits is taken: YOLO without stated names last, since its files could be any text."""


def read_export(export: ExportFolder) -> tuple[str, Findings]:
    """Return the name of the format and what the export says. Raises DatasetError when no format fits or files are malformed."""
    for form in FORMATS:
        files = form.find(export)
        if files:
            found = form.read(export)
            found.remarks += _unread(export, files)
            return (yolo_layout(export) if form.name == "YOLO" else form.name), found
    names = ", ".join(dict.fromkeys(form.name for form in FORMATS))
    shown = first_of([export.named(path) for path in export.files]) or "nothing"
    raise DatasetError(f"{export.root}: no labels in a known layout; it holds {shown}. Known: {names}.{_half(export)}")


def _unread(export: ExportFolder, files: Sequence[Path]) -> list[str]:
    """Remark on files that could hold labels and were not read."""
    read = set(files)
    rest = [export.named(path) for path in export.ending(*_LABEL_SUFFIXES) if path not in read]
    return [f"not read: {first_of(rest, 5)}"] if rest else []


def _half(export: ExportFolder) -> str:
    """Say what is wrong with files that look like labels but are not whole."""
    broken = [path.name for path in export.ending(".json") if export.json(path) is None]
    return f" Not JSON: {first_of(broken, 3)}." if broken else ""
