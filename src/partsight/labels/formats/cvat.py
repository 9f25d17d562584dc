"""CVAT for images 1.1 and CVAT for video 1.1: annotations.xml with images/ beside it (https://docs.cvat.ai, "CVAT" formats).

Images list shapes picture by picture; those of a video are called by frame, without suffix. Videos list tracks, read by
`cvat_tracks`. Projects put the pictures of each subset into a folder; several tasks may lie in one export. Export with "Save images"
on.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from partsight.labels.export_folder import ExportFolder, missing_reason
from partsight.labels.findings import Findings, Mark, PictureEntry, bad_mark
from partsight.labels.formats.cvat_shapes import NOT_DRAWN, cvat_shape
from partsight.labels.formats.cvat_tracks import track_entries
from partsight.labels.formats.xml_files import parse_xml, root_tag
from partsight.labels.judging import LabeledPicture
from partsight.labels.label import Label


def find_cvat_files(export: ExportFolder) -> list[Path]:
    """Return the XML files that hold CVAT's annotations."""
    return [path for path in export.ending(".xml") if root_tag(path) == "annotations"]


def read_cvat_files(export: ExportFolder) -> Findings:
    """Read every CVAT file of an export. Raises DatasetError for what is not XML."""
    found = Findings(export)
    for path in find_cvat_files(export):
        root = parse_xml(path)
        found.add_class_names([label.findtext("name") or "" for label in root.iterfind("meta//labels/label")])
        found.entries += [_image_entry(image, path, export) for image in root.iterfind("image")]
        found.entries += track_entries(root, path, export)
        found.remarks += _remarks(root, export.named(path))
    return found


def cvat_text(pictures: Sequence[LabeledPicture], class_names: Sequence[str]) -> str:
    """Return the annotations.xml of CVAT for images 1.1."""
    from lxml import etree

    root = etree.Element("annotations")
    etree.SubElement(root, "version").text = "1.1"
    labels = etree.SubElement(etree.SubElement(etree.SubElement(root, "meta"), "task"), "labels")
    for name in class_names:
        etree.SubElement(etree.SubElement(labels, "label"), "name").text = name
    for number, picture in enumerate(pictures):
        width, height = picture.size_wh
        sizes = {"width": str(width), "height": str(height)}
        image = etree.SubElement(root, "image", id=str(number), name=picture.path.name, **sizes)
        for label in picture.labels:
            tag, numbers = _drawn(label)
            etree.SubElement(image, tag, label=label.class_name, source="manual", occluded="0", **numbers, z_order="0")
    return str(etree.tostring(root, pretty_print=True, encoding="unicode"))


def _drawn(label: Label) -> tuple[str, dict[str, str]]:
    """Return the element that draws a label, and its numbers."""
    if label.outline:
        return "polygon", {"points": ";".join(f"{x!r},{y!r}" for x, y in label.outline)}
    edges = zip(("xtl", "ytl", "xbr", "ybr"), label.box_xyxy, strict=True)
    return "box", {name: repr(float(edge)) for name, edge in edges}


def _image_entry(image: Any, path: Path, export: ExportFolder) -> PictureEntry:
    name = "/".join(part for part in (image.get("subset"), image.get("name", "")) if part)
    picture = export.index.find(name, path)
    marks = tuple(_marks(image, name))
    flaw = "" if picture is not None else missing_reason(name, export)
    return PictureEntry(name, picture, marks, _stated_wh(image), flaw=flaw, near=path)


def _marks(image: Any, name: str) -> Iterator[Mark]:
    for number, shape in enumerate(shape for shape in image if shape.tag not in NOT_DRAWN):
        where = f"{name}: {shape.tag} {number + 1}"
        if shape.get("outside") == "1":
            continue
        try:
            yield Mark(cvat_shape(shape), shape.get("label") or "", where)
        except (TypeError, ValueError) as error:
            yield bad_mark(where, f"not as CVAT writes it ({error})", shape.get("label") or "")


def _stated_wh(image: Any) -> tuple[int, int] | None:
    width, height = image.get("width", ""), image.get("height", "")
    return (int(width), int(height)) if width.isdigit() and height.isdigit() else None


def _remarks(root: Any, shown: str) -> list[str]:
    num_tags = len(root.findall("image/tag"))
    return [f"{shown}: {num_tags} tags speak of whole pictures, not of boxes, and are not read"] if num_tags else []
