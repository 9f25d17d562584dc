"""labelme: one JSON file of shapes for each picture (https://github.com/wkentaro/labelme).

A file belongs to the picture that it is named after; `imagePath` counts where there is none.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from partsight.labels.export_folder import ExportFolder, missing_reason
from partsight.labels.findings import Findings, Mark, PictureEntry, bad_mark
from partsight.labels.shapes import DrawnShape, ellipse, no_box, outline, rectangle


def find_labelme_files(export: ExportFolder) -> list[Path]:
    """Return labelme's files: JSON objects with shapes and a picture's path or size."""
    return [path for path in export.ending(".json") if _is_labelme(export.json(path))]


def read_labelme_files(export: ExportFolder) -> Findings:
    """Read all labelme files of an export."""
    found = Findings(export)
    for path in find_labelme_files(export):
        found.entries.append(_entry(export.json(path), path, found))
    found.add_class_names(sorted({mark.class_name for entry in found.entries for mark in entry.marks}))
    return found


def _is_labelme(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get("shapes"), list) and "imagePath" in content


def _entry(content: Mapping[str, Any], path: Path, found: Findings) -> PictureEntry:
    index, shown = found.export.index, found.export.named(path)
    stated = str(content.get("imagePath") or "")
    named = index.find(stated, path) if stated else None
    own = index.beside(path) or index.find(path.stem, path)
    if own is not None and named is not None and own != named:
        found.remarks.append(f"{shown}: taken as the labels of {own.name}; its imagePath says {stated}")
    picture = own or named
    flaw = "" if picture is not None else missing_reason(stated or path.stem, found.export)
    name = shown if picture is None else found.export.named(picture)
    return PictureEntry(
        name, picture, tuple(_marks(content["shapes"], shown)), _stated_wh(content), flaw=flaw, near=path
    )


def _marks(shapes: list[Any], shown: str) -> Iterator[Mark]:
    for number, shape in enumerate(shapes, start=1):
        where = f"{shown}: shape {number}"
        try:
            yield Mark(_shape(shape), str(shape.get("label") or ""), where)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            yield bad_mark(where, f"not as labelme writes it ({type(error).__name__}: {error})")


def _shape(shape: Mapping[str, Any]) -> DrawnShape:
    kind, points = shape.get("shape_type") or "polygon", [(float(x), float(y)) for x, y in shape["points"]]
    if kind == "rectangle" and len(points) == 2:
        return rectangle((*points[0], *points[1]))
    if kind == "rectangle":
        return outline("rotated rectangle", points)
    if kind == "circle":
        radius = math.dist(points[0], points[1])
        return ellipse(points[0], (radius, radius))
    if kind == "mask":
        return outline("mask", points)
    if kind in {"polygon", "linestrip", "line", "points", "oriented_rectangle", "rotation"}:
        return outline(kind, points)
    return no_box(kind, "a single point has no extent" if kind == "point" else "is not read")


def _stated_wh(content: Mapping[str, Any]) -> tuple[int, int] | None:
    try:
        return int(content["imageWidth"]), int(content["imageHeight"])
    except (KeyError, TypeError, ValueError):
        return None
