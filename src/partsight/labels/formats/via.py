"""VGG Image Annotator 1 and 2: projects and region data as JSON, regions as CSV (https://www.robots.ox.ac.uk/~vgg/software/via).

The class is the region attribute called class, label, name or type, else the only one there is. All pictures that were loaded are
listed, annotated or not.
"""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from partsight.errors import DatasetError
from partsight.labels.export_folder import ExportFolder, missing_reason
from partsight.labels.findings import Findings, Mark, PictureEntry, bad_mark
from partsight.labels.formats.yolo.lines import read_text
from partsight.labels.shapes import DrawnShape, ellipse, no_box, outline, span
from partsight.texts import parse_json

_CLASS_KEYS = ("class", "label", "name", "type", "category", "object")
_COLUMNS = frozenset({"filename", "region_shape_attributes", "region_attributes"})


def find_via_files(export: ExportFolder) -> list[Path]:
    """Return VIA's files."""
    found = [path for path in export.ending(".json") if _listed(export.json(path)) is not None]
    return found + [path for path in export.ending(".csv") if _is_via_csv(path)]


def read_via_files(export: ExportFolder) -> Findings:
    """Read all VIA files of an export. Raises DatasetError for tables that are not as VIA writes them."""
    found = Findings(export)
    for path in find_via_files(export):
        listed = _from_csv(path) if path.suffix.lower() == ".csv" else _listed(export.json(path)) or []
        found.entries += [_entry(name, regions, path, export) for name, regions in listed]
    found.add_class_names(sorted({mark.class_name for entry in found.entries for mark in entry.marks}))
    return found


def _listed(content: Any) -> list[tuple[str, Sequence[Any]]] | None:
    """Return (file name, regions) of a project or of region data; None for other JSON."""
    pictures = content.get("_via_img_metadata", content) if isinstance(content, dict) else None
    if not isinstance(pictures, dict) or not pictures:
        return None
    entries = list(pictures.values())
    if not all(isinstance(entry, dict) and {"filename", "regions"} <= entry.keys() for entry in entries):
        return None
    return [(str(entry["filename"]), _as_list(entry["regions"])) for entry in entries]


def _as_list(regions: Any) -> Sequence[Any]:
    return list(regions.values()) if isinstance(regions, dict) else list(regions)


def _is_via_csv(path: Path) -> bool:
    try:
        first = read_text(path).partition("\n")[0]
    except DatasetError:
        return False
    return set(next(csv.reader([first.lstrip("#")]), [])) >= _COLUMNS


def _from_csv(path: Path) -> list[tuple[str, Sequence[Any]]]:
    rows: dict[str, list[Any]] = {}
    for number, row in enumerate(csv.DictReader(io.StringIO(read_text(path).lstrip("#"))), start=2):
        regions = rows.setdefault(row["filename"], [])
        try:
            shape, attributes = parse_json(row["region_shape_attributes"]), parse_json(row["region_attributes"])
        except (TypeError, ValueError) as error:
            raise DatasetError(f"{path}:{number}: not as VIA writes it ({error}). Export it again.") from error
        regions += [{"shape_attributes": shape, "region_attributes": attributes}] if shape else []
    return list(rows.items())


def _entry(name: str, regions: Sequence[Any], path: Path, export: ExportFolder) -> PictureEntry:
    picture = export.index.find(name, path)
    flaw = "" if picture is not None else missing_reason(name, export)
    return PictureEntry(name, picture, tuple(_marks(regions, name)), flaw=flaw, near=path)


def _marks(regions: Sequence[Any], name: str) -> Iterator[Mark]:
    for number, region in enumerate(regions, start=1):
        where = f"{name}: region {number}"
        try:
            yield Mark(_shape(region["shape_attributes"]), _class_name(region.get("region_attributes") or {}), where)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield bad_mark(where, f"not as VIA writes it ({type(error).__name__}: {error})")


def _class_name(attributes: Mapping[str, Any]) -> str:
    """Return the class among the attributes; those that are ticked boxes count by what is ticked."""
    usual = [value for key, value in attributes.items() if key.lower() in _CLASS_KEYS]
    value = usual[0] if usual else next(iter(attributes.values()), "") if len(attributes) == 1 else ""
    if isinstance(value, dict):
        ticked = [str(key) for key, is_ticked in value.items() if is_ticked]
        return ticked[0] if len(ticked) == 1 else ""
    return str(value)


def _shape(shape: Mapping[str, Any]) -> DrawnShape:
    kind = shape["name"]
    if kind == "rect":
        return span(*(float(shape[key]) for key in ("x", "y", "width", "height")))
    if kind in {"circle", "ellipse"}:
        radii = (shape["r"], shape["r"]) if kind == "circle" else (shape["rx"], shape["ry"])
        angle = math.degrees(float(shape.get("theta") or 0.0))
        return ellipse((float(shape["cx"]), float(shape["cy"])), (float(radii[0]), float(radii[1])), angle)
    if kind in {"polygon", "polyline"}:
        return outline(kind, zip(shape["all_points_x"], shape["all_points_y"], strict=True))
    return no_box(kind, "a single point has no extent" if kind == "point" else "is not read")
