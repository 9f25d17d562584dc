"""CreateML: a JSON list of pictures, boxes by their middle and sides in pixels (Apple, "Building an object detector data source")."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from partsight.labels.export_folder import ExportFolder, missing_reason
from partsight.labels.findings import Findings, Mark, PictureEntry, bad_mark
from partsight.labels.shapes import DrawnShape, span

_NAMES, _LISTS = ("image", "imagefilename"), ("annotations", "annotation")


def find_createml_files(export: ExportFolder) -> list[Path]:
    """Return the JSON files that are lists of pictures with annotations."""
    return [path for path in export.ending(".json") if _is_createml(export.json(path))]


def read_createml_files(export: ExportFolder) -> Findings:
    """Read all CreateML files of an export."""
    found = Findings(export)
    for path in find_createml_files(export):
        found.entries += [_entry(entry, path, export) for entry in export.json(path)]
    found.add_class_names(sorted({mark.class_name for entry in found.entries for mark in entry.marks}))
    return found


def _is_createml(content: Any) -> bool:
    return isinstance(content, list) and bool(content) and all(_is_entry(entry) for entry in content)


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict) and isinstance(_first(entry, _NAMES), str) and isinstance(_first(entry, _LISTS), list)
    )


def _first(entry: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((entry[key] for key in keys if key in entry), None)


def _entry(entry: Mapping[str, Any], path: Path, export: ExportFolder) -> PictureEntry:
    name = _first(entry, _NAMES)
    picture = export.index.find(name, path)
    flaw = "" if picture is not None else missing_reason(name, export)
    return PictureEntry(name, picture, tuple(_marks(_first(entry, _LISTS), name)), flaw=flaw, near=path)


def _marks(annotations: list[Any], name: str) -> Iterator[Mark]:
    for number, annotation in enumerate(annotations, start=1):
        where = f"{name}: annotation {number}"
        try:
            yield Mark(_shape(annotation["coordinates"]), str(annotation.get("label") or ""), where)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            yield bad_mark(where, f"not as CreateML says ({type(error).__name__}: {error})")


def _shape(coordinates: Mapping[str, Any]) -> DrawnShape:
    middle_x, middle_y, across, down = (float(coordinates[key]) for key in ("x", "y", "width", "height"))
    return span(middle_x - across / 2, middle_y - down / 2, across, down)
