"""Tables of boxes, one a row: _annotations.csv of Roboflow and TensorFlow (filename, width, height, class, xmin, ymin, xmax, ymax)."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from partsight.errors import DatasetError
from partsight.labels.export_folder import ExportFolder, missing_reason
from partsight.labels.findings import Findings, Mark, PictureEntry, bad_mark
from partsight.labels.formats.yolo.lines import read_text
from partsight.labels.shapes import rectangle

_PICTURES = ("filename", "file_name", "image", "image_name", "image_path", "path")
_CLASSES = ("class", "label", "class_name", "name", "category")
_EDGES = (("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"), ("x_min", "y_min", "x_max", "y_max"))


def find_box_tables(export: ExportFolder) -> list[Path]:
    """Return the CSV files whose columns name a picture, a class and four edges."""
    return [path for path in export.ending(".csv") if _columns(_header(path)) is not None]


def read_box_tables(export: ExportFolder) -> Findings:
    """Read all tables of an export. Raises DatasetError for what is no text."""
    found = Findings(export)
    for path in find_box_tables(export):
        found.entries += _entries(path, export)
    found.add_class_names(sorted({mark.class_name for entry in found.entries for mark in entry.marks}))
    return found


def _header(path: Path) -> list[str]:
    try:
        first = read_text(path).partition("\n")[0]
    except DatasetError:
        return []
    return [name.strip().lower() for name in next(csv.reader([first]), [])]


def _columns(header: Sequence[str]) -> tuple[str, str, tuple[str, ...]] | None:
    """Return the names of the columns of pictures, classes and edges."""
    picture = next((name for name in _PICTURES if name in header), None)
    class_name = next((name for name in _CLASSES if name in header), None)
    edges = next((names for names in _EDGES if set(names) <= set(header)), None)
    return (picture, class_name, edges) if picture and class_name and edges else None


def _entries(path: Path, export: ExportFolder) -> list[PictureEntry]:
    header = _header(path)
    columns = _columns(header)
    if columns is None:
        return []
    rows: dict[str, list[tuple[int, dict[str, str]]]] = {}
    body = read_text(path).partition("\n")[2]
    for number, row in enumerate(csv.DictReader(io.StringIO(body), fieldnames=header), start=2):
        rows.setdefault((row.get(columns[0]) or "").strip(), []).append((number, row))
    return [_entry(name, of_picture, columns, path, export) for name, of_picture in rows.items()]


def _entry(
    name: str, rows: Sequence[tuple[int, Mapping[str, str]]], columns: tuple[str, str, tuple[str, ...]], path: Path,
    export: ExportFolder,
) -> PictureEntry:  # fmt: skip
    picture = export.index.find(name, path) if name else None
    marks = [
        _mark(row, columns, f"{export.named(path)}:{number}")
        for number, row in rows
        if any((row.get(edge) or "").strip() for edge in columns[2])
    ]
    flaw = "" if picture is not None else missing_reason(name, export)
    return PictureEntry(name or export.named(path), picture, tuple(marks), _stated_wh(rows[0][1]), flaw=flaw, near=path)


def _mark(row: Mapping[str, str], columns: tuple[str, str, tuple[str, ...]], where: str) -> Mark:
    name = row.get(columns[1]) or ""
    try:
        return Mark(rectangle([float(row[edge]) for edge in columns[2]]), name, where)
    except (TypeError, ValueError):
        return bad_mark(where, "the edges are not four numbers", name)


def _stated_wh(row: Mapping[str, str]) -> tuple[int, int] | None:
    try:
        return int(float(row["width"])), int(float(row["height"]))
    except (KeyError, TypeError, ValueError):
        return None
