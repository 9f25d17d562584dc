"""Pascal VOC: one XML file for each picture (devkit of VOC 2012, section 4).

Layouts: Annotations/x.xml with JPEGImages/x.jpg (VOC, CVAT), Annotations/ with images/ (Label Studio), or all in one folder (labelImg,
Roboflow). A file belongs to the picture that it is named after; `<filename>` counts where there is none, since it goes stale when
files are renamed. Corners count pixels from 1 in the devkit; all tools named here write them from 0, and so does this module.
"""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from partsight.labels.export_folder import ExportFolder, missing_reason
from partsight.labels.findings import Findings, Mark, PictureEntry, bad_mark
from partsight.labels.formats.xml_files import parse_xml, root_tag
from partsight.labels.label import Label
from partsight.labels.shapes import DrawnShape, outline, rectangle


def find_voc_files(export: ExportFolder) -> list[Path]:
    """Return the XML files that hold VOC labels."""
    return [path for path in export.ending(".xml") if root_tag(path) == "annotation"]


def read_voc_files(export: ExportFolder) -> Findings:
    """Read all VOC files of an export. Raises DatasetError for what is not XML."""
    found = Findings(export)
    for path in find_voc_files(export):
        found.entries.append(_entry(parse_xml(path), path, found))
    found.add_class_names(sorted({mark.class_name for entry in found.entries for mark in entry.marks}))
    return found


def voc_text(file_name: str, size_wh: tuple[int, int], labels: Sequence[Label]) -> str:
    """Return the VOC XML of one picture."""
    from lxml import etree

    root = etree.Element("annotation")
    etree.SubElement(root, "filename").text = file_name
    size = etree.SubElement(root, "size")
    for name, value in zip(("width", "height", "depth"), (*size_wh, 3), strict=True):
        etree.SubElement(size, name).text = str(value)
    for label in labels:
        thing = etree.SubElement(root, "object")
        etree.SubElement(thing, "name").text = label.class_name
        box = etree.SubElement(thing, "bndbox")
        for name, edge in zip(("xmin", "ymin", "xmax", "ymax"), label.box_xyxy, strict=True):
            etree.SubElement(box, name).text = repr(float(edge))
    return str(etree.tostring(root, pretty_print=True, encoding="unicode"))


def _entry(root: Any, path: Path, found: Findings) -> PictureEntry:
    export, shown = found.export, found.export.named(path)
    stated = (root.findtext("filename") or "").strip()
    named = export.index.find(stated, path) if stated else None
    own = export.index.beside(path) or export.index.find(path.stem, path)
    if own is not None and named is not None and own != named:
        found.remarks.append(f"{shown}: taken as the labels of {own.name}; its <filename> says {stated}")
    picture = own or named
    flaw = "" if picture is not None else missing_reason(stated or path.stem, export)
    is_verified = (root.get("verified") or "").lower() in {"yes", "true"}
    name = shown if picture is None else export.named(picture)
    marks = tuple(_marks(root, shown))
    return PictureEntry(
        name, picture, marks, _stated_wh(root), is_said_empty=is_verified and not marks, flaw=flaw, near=path
    )


def _marks(root: Any, shown: str) -> Iterator[Mark]:
    for number, thing in enumerate(root.iterfind("object"), start=1):
        name, where = thing.findtext("name") or "", f"{shown}: object {number}"
        try:
            shape = _shape(thing)
        except (TypeError, ValueError, AttributeError):
            shape = None
        yield bad_mark(where, "has no bndbox of four numbers", name) if shape is None else Mark(shape, name, where)


def _shape(thing: Any) -> DrawnShape | None:
    """Return what an object draws, None when it draws nothing. Raises TypeError or ValueError for what is no number."""
    box, turned, polygon = thing.find("bndbox"), thing.find("robndbox"), thing.find("polygon")
    if box is not None:
        return rectangle([float(box.findtext(name)) for name in ("xmin", "ymin", "xmax", "ymax")])
    if turned is not None:
        middle_x, middle_y, across, down, angle = (
            float(turned.findtext(name)) for name in ("cx", "cy", "w", "h", "angle")
        )
        edges = middle_x - across / 2, middle_y - down / 2, middle_x + across / 2, middle_y + down / 2
        return rectangle(edges, angle_deg=math.degrees(angle))
    if polygon is not None:
        values = [float(element.text) for element in polygon if element.tag[0] in "xy"]
        return outline("polygon", zip(values[::2], values[1::2], strict=True))
    return None


def _stated_wh(root: Any) -> tuple[int, int] | None:
    try:
        return int(float(root.findtext("size/width"))), int(float(root.findtext("size/height")))
    except (TypeError, ValueError):
        return None
