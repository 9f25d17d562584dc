"""Tables of boxes, one a row: _annotations.csv of Roboflow and TensorFlow (filename, width, height, class, xmin, ymin, xmax, ymax)."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from partsight.errors import DatasetError
from partsight.labels.export_folder import ExportFolder, missing_reason
from partsight.labels.findings import Findings, Mark, PictureEntry, bad_mark
from partsight.labels.formats.yolo.lines import read_text
from partsight.labels.shapes import rectangle

_PICTURES = ("filename", "file_name", "image", "image_name", "image_path", "path")
_CLASSES = ("class", "label", "class_name", "name", "category")
_Row: TypeAlias = tuple[int, Mapping[str, str]]
"""Line number and values."""
_EDGES = (("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"), ("x_min", "y_min", "x_max", "y_max"))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Names of the columns that are read."""

    picture: str
    class_name: str
    edges: tuple[str, ...]


def find_box_tables(export: ExportFolder) -> list[Path]:
    """Return the CSV files whose columns name a picture, a class and four edges."""
    return [path for path in export.ending(".csv") if _columns(_header(path)) is not None]


def read_box_tables(export: ExportFolder) -> Findings:
    """Read all tables of an export. Raises DatasetError for what is no text."""
    found = Findings(export)
    for path in find_box_tables(export):
        columns = _columns(_header(path))
        if columns is not None:
            found.entries += [_entry(rows, columns, path, export) for rows in _rows_by_picture(path, columns)]
    found.add_class_names(sorted({mark.class_name for entry in found.entries for mark in entry.marks}))
    return found


def _header(path: Path) -> list[str]:
    try:
        first = read_text(path).partition("\n")[0]
    except DatasetError:
        return []
    return [name.strip().lower() for name in next(csv.reader([first]), [])]


def _columns(header: Sequence[str]) -> _Columns | None:
    picture = next((name for name in _PICTURES if name in header), None)
    class_name = next((name for name in _CLASSES if name in header), None)
    edges = next((names for names in _EDGES if set(names) <= set(header)), None)
    return _Columns(picture, class_name, edges) if picture and class_name and edges else None


def _rows_by_picture(path: Path, columns: _Columns) -> Iterable[list[_Row]]:
    rows: dict[str, list[_Row]] = {}
    body = read_text(path).partition("\n")[2]
    for number, row in enumerate(csv.DictReader(io.StringIO(body), fieldnames=_header(path)), start=2):
        rows.setdefault((row.get(columns.picture) or "").strip(), []).append((number, row))
    return rows.values()


def _entry(rows: Sequence[_Row], columns: _Columns, path: Path, export: ExportFolder) -> PictureEntry:
    name = (rows[0][1].get(columns.picture) or "").strip()
    picture = export.index.find(name, path) if name else None
    drawn = [(number, row) for number, row in rows if any((row.get(edge) or "").strip() for edge in columns.edges)]
    marks = tuple(_mark(row, columns, f"{export.named(path)}:{number}") for number, row in drawn)
    flaw = "" if picture is not None else missing_reason(name, export)
    return PictureEntry(name or export.named(path), picture, marks, _stated_wh(rows[0][1]), flaw=flaw, near=path)


def _mark(row: Mapping[str, str], columns: _Columns, where: str) -> Mark:
    name = row.get(columns.class_name) or ""
    try:
        return Mark(rectangle([float(row[edge]) for edge in columns.edges]), name, where)
    except (TypeError, ValueError):
        return bad_mark(where, "the edges are not four numbers", name)


def _stated_wh(row: Mapping[str, str]) -> tuple[int, int] | None:
    try:
        return int(float(row["width"])), int(float(row["height"]))
    except (KeyError, TypeError, ValueError):
        return None
