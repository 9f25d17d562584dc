"""Pascal VOC: one XML file for each picture (devkit of VOC 2012, section 4).

Layouts: Annotations/x.xml with JPEGImages/x.jpg (VOC, CVAT), Annotations/ with images/ (Label Studio), or all in one folder (labelImg,
Roboflow). Corners count pixels from 1 in the devkit; all tools named here write them from 0, and so does this module.
"""

from pathlib import Path
from typing import Any

from partsight.errors import DatasetError
from partsight.labels.foreign import Findings, ForeignPicture, PictureIndex, index_pictures
from partsight.labels.formats.roboflow_names import original_name
from partsight.labels.formats.xml_files import parse_xml
from partsight.labels.label import Label, box_problem
from partsight.pictures import picture_size


def find_voc_files(folder: Path) -> list[Path]:
    """Return the XML files that hold VOC labels."""
    return [path for path in sorted(folder.rglob("*.xml")) if b"<annotation>" in path.read_bytes()[:400]]


def read_voc(folder: Path) -> Findings:
    """Read all VOC files below a folder."""
    found = Findings()
    index = index_pictures([folder])
    for path in find_voc_files(folder):
        _read_file(path, index, found)
    found.class_names = sorted({label.class_name for picture in found.pictures for label in picture.labels})
    return found


def voc_text(file_name: str, size_wh: tuple[int, int], labels: list[Label]) -> str:
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


def _read_file(path: Path, index: PictureIndex, found: Findings) -> None:
    root = parse_xml(path)
    name = root.findtext("filename") or path.stem
    picture = index.find(name) or _beside(path, index)
    if picture is None:
        found.problems.append(f"{path.name}: its picture {name!r} is not in the export, or several have that name")
        return
    try:
        size_wh = picture_size(picture)
    except DatasetError as error:
        found.problems.append(str(error))
        return
    labels = []
    for number, thing in enumerate(root.iterfind("object"), start=1):
        label = _label(thing, f"{path.name}: object {number}", found)
        problem = box_problem(label.box_xyxy, size_wh) if label else None
        found.problems += [f"{path.name}: object {number}: {problem}"] if problem else []
        labels += [label] if label else []
    found.pictures.append(ForeignPicture(picture, original_name(Path(name).stem), size_wh, tuple(labels)))


def _beside(path: Path, index: PictureIndex) -> Path | None:
    """Return the picture of the same stem."""
    return next((found for suffix in (".jpg", ".jpeg", ".png") if (found := index.find(path.stem + suffix))), None)


def _label(thing: Any, where: str, found: Findings) -> Label | None:
    box = thing.find("bndbox")
    try:
        left, top, right, bottom = (float(box.findtext(name)) for name in ("xmin", "ymin", "xmax", "ymax"))
    except (AttributeError, TypeError, ValueError):
        found.problems.append(f"{where}: has no bndbox of four numbers")
        return None
    return Label((left, top, right, bottom), str(thing.findtext("name")), where)
