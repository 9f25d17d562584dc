"""CVAT for images 1.1 and CVAT for video 1.1: one annotations.xml beside images/ (https://docs.cvat.ai, "CVAT" formats).

Images list boxes picture by picture. Videos list tracks: boxes at some frames; between two of them a box moves evenly, from one with
outside="1" on it is gone. Polygons, polylines and masks count by their extent. Export with "Save images" on.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from partsight.errors import DatasetError
from partsight.labels.foreign import Findings, ForeignPicture, PictureIndex, index_pictures
from partsight.labels.formats.xml_files import parse_xml
from partsight.labels.label import Label, box_problem
from partsight.pictures import picture_size

Box = tuple[float, float, float, float]
_FRAME_NAMES = ("frame_{:06d}.jpg", "frame_{:06d}.JPG", "frame_{:06d}.png", "frame_{:06d}.PNG")


def find_cvat_file(folder: Path) -> Path | None:
    """Return the annotations.xml of a CVAT export, None when there is none."""
    return next(
        (path for path in sorted(folder.rglob("annotations.xml")) if b"<annotations>" in path.read_bytes()[:400]), None
    )


def read_cvat(folder: Path) -> Findings:
    """Read a CVAT export of images or of a video."""
    path = find_cvat_file(folder)
    if path is None:
        raise DatasetError(f"{folder}: no annotations.xml of CVAT in it.")
    root = parse_xml(path)
    found = Findings(class_names=[label.findtext("name") or "" for label in root.iterfind("meta//labels/label")])
    index = index_pictures([path.parent / "images", path.parent])
    for image in root.iterfind("image"):
        labels = [_label(shape, f"image {image.get('id')}") for shape in image if shape.get("label")]
        _add(found, index.find(image.get("name", "")), image.get("name", ""), [label for label in labels if label])
    if root.find("track") is not None:
        _read_tracks(root, index, found)
    return found


def cvat_text(pictures: list[ForeignPicture], class_names: list[str]) -> str:
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
            edges = zip(("xtl", "ytl", "xbr", "ybr"), label.box_xyxy, strict=True)
            numbers = {name: repr(float(edge)) for name, edge in edges}
            etree.SubElement(
                image, "box", label=label.class_name, source="manual", occluded="0", **numbers, z_order="0"
            )
    return str(etree.tostring(root, pretty_print=True, encoding="unicode"))


def boxes_of_track(shapes: list[tuple[int, Box | None]], last_frame: int) -> dict[int, Box]:
    """Return the box of each frame from those at some frames; None where the track is outside."""
    boxes: dict[int, Box] = {}
    ordered = sorted(shapes, key=lambda shape: shape[0])
    for (frame, box), (next_frame, next_box) in zip(ordered, [*ordered[1:], (last_frame + 1, None)], strict=True):
        if box is None:
            continue
        for current in range(frame, next_frame):
            share = (current - frame) / (next_frame - frame) if next_box is not None else 0.0
            target = box if next_box is None else next_box
            left, top, right, bottom = (np.array(box) * (1 - share) + np.array(target) * share).tolist()
            boxes[current] = (left, top, right, bottom)
    return boxes


def _read_tracks(root: Any, index: PictureIndex, found: Findings) -> None:
    last_frame = _last_frame(root)
    by_frame: dict[int, list[Label]] = defaultdict(list)
    for track in root.iterfind("track"):
        shapes = [(int(shape.get("frame")), _extent(shape)) for shape in track if shape.get("frame")]
        where = f"track {track.get('id')}"
        for frame, box in boxes_of_track(shapes, last_frame).items():
            by_frame[frame].append(Label(box, track.get("label", ""), f"{where}, frame {frame}"))
    for frame in range(last_frame + 1):
        path = next(_frame_pictures(index, frame), None)
        if path is not None or by_frame[frame]:
            _add(found, path, f"frame_{frame:06d}", by_frame[frame])


def _frame_pictures(index: PictureIndex, frame: int) -> Iterator[Path]:
    for pattern in _FRAME_NAMES:
        path = index.find(pattern.format(frame))
        if path is not None:
            yield path


def _last_frame(root: Any) -> int:
    frames = [int(shape.get("frame")) for track in root.iterfind("track") for shape in track if shape.get("frame")]
    stated = [root.findtext("meta//size"), root.findtext("meta//stop_frame")]
    sizes = [int(text) for text in stated[:1] if text and text.isdigit()]
    return max([*frames, *(size - 1 for size in sizes)], default=0)


def _label(shape: Any, where: str) -> Label | None:
    box = _extent(shape)
    return Label(box, shape.get("label"), where) if box is not None else None


def _extent(shape: Any) -> Box | None:
    """Return a shape's box; None where it is outside the picture or no area."""
    if shape.get("outside") == "1":
        return None
    if shape.tag == "box":
        left, top, right, bottom = (float(shape.get(name)) for name in ("xtl", "ytl", "xbr", "ybr"))
        return left, top, right, bottom
    if shape.tag == "mask":
        left, top = float(shape.get("left")), float(shape.get("top"))
        return left, top, left + float(shape.get("width")), top + float(shape.get("height"))
    if shape.get("points"):
        points = np.array([pair.split(",") for pair in shape.get("points").split(";")], float)
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        return left, top, right, bottom
    return None


def _add(found: Findings, path: Path | None, name: str, labels: list[Label]) -> None:
    if path is None:
        found.problems.append(f"{name}: its picture is not in the export. Export with 'Save images' on.")
        return
    try:
        size_wh = picture_size(path)
    except DatasetError as error:
        found.problems.append(str(error))
        return
    for label in labels:
        problem = box_problem(label.box_xyxy, size_wh)
        found.problems += [f"{name}: {label.where}: {problem}"] if problem else []
    found.pictures.append(ForeignPicture(path, Path(name).stem, size_wh, tuple(labels)))
