"""Pictures small enough to travel inside the page, with boxes to be drawn over them."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from PIL import Image as PillowImage

from partsight.labels.outlines import mask_outlines
from partsight.pictures import read_picture
from partsight.report.content import ReportPicture
from partsight.structures.arrays import FloatArray

_FINEST_PX = 100
MarkKind: TypeAlias = Literal["label", "truth", "missed", "right", "wrong", "plain"]


@dataclass(frozen=True, slots=True)
class BoxMark:
    """One box in the thumbnail's pixels."""

    kind: MarkKind
    """label, truth (found), missed: given boxes; right, wrong, plain (truth unknown): detections."""
    x: float
    y: float
    width: float
    height: float
    text: str
    """Written at the box; empty where another box already says it."""
    path: str = ""
    """The way around its pixels, as SVG writes it; empty where only the box is known."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture as data URI with its boxes."""

    data_uri: str
    width: int
    height: int
    marks: tuple[BoxMark, ...]
    caption: str
    alt: str


@dataclass(frozen=True, slots=True)
class Encoding:
    """How much a thumbnail may weigh."""

    longer_side_px: int
    jpeg_quality: int


def make_thumbnail(picture: ReportPicture, class_names: Sequence[str], encoding: Encoding) -> Thumbnail:
    """Return the picture reduced, never enlarged, with its boxes. Raises DatasetError for an unreadable picture."""
    full = PillowImage.fromarray(read_picture(picture.image_path))
    small = _reduced(full, encoding)
    marks = _marks(picture, class_names, small.width / full.width)
    described = "; ".join(f"{mark.kind}: {mark.text}" for mark in marks if mark.text) or "no boxes"
    alt = f"{picture.caption or picture.image_path.name} ({described})"
    return Thumbnail(_jpeg_uri(small, encoding), small.width, small.height, marks, picture.caption, alt)


def make_card_uri(picture_png: bytes, encoding: Encoding) -> str:
    """Return a part's picture, reduced and put on white, as data URI."""
    with PillowImage.open(io.BytesIO(picture_png)) as opened:
        picture = opened.convert("RGBA")
    ground = PillowImage.new("RGBA", picture.size, "white")
    return _jpeg_uri(_reduced(PillowImage.alpha_composite(ground, picture).convert("RGB"), encoding), encoding)


def _reduced(picture: PillowImage.Image, encoding: Encoding) -> PillowImage.Image:
    scale = min(1.0, encoding.longer_side_px / max(picture.size))
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), PillowImage.Resampling.LANCZOS)


def _jpeg_uri(picture: PillowImage.Image, encoding: Encoding) -> str:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=encoding.jpeg_quality, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()


def _marks(picture: ReportPicture, class_names: Sequence[str], scale: float) -> tuple[BoxMark, ...]:
    boxes = picture.boxes_xyxy * scale
    names = [class_names[class_id] for class_id in picture.class_ids]
    if picture.scores is None:
        return tuple(_mark("label", box, name) for box, name in zip(boxes, names, strict=True))
    texts = [f"{name} {score:.2f}" for name, score in zip(names, picture.scores, strict=True)]
    kinds = _detection_kinds(picture)
    prefixes = ("✗ " if kind == "wrong" else "" for kind in kinds)
    found = [
        replace(_mark(kind, box, prefix + text), path=path)
        for kind, box, prefix, text, path in zip(kinds, boxes, prefixes, texts, _paths(picture, scale), strict=True)
    ]
    return (*_truth_marks(picture, class_names, scale), *found)


def _paths(picture: ReportPicture, scale: float) -> list[str]:
    """Return the way around each detection's pixels."""
    if picture.masks is None:
        return [""] * len(picture.boxes_xyxy)
    ways = (mask_outlines(mask, finest_px=_FINEST_PX) for mask in picture.masks)
    return ["".join(_closed(ring * scale) for ring in rings) for rings in ways]


def _closed(ring: FloatArray) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring.tolist()) + "Z"


def _detection_kinds(picture: ReportPicture) -> list[MarkKind]:
    if picture.truth_class_ids is None or picture.truth_ids is None:
        return ["plain"] * len(picture.boxes_xyxy)
    pairs = zip(picture.truth_ids.tolist(), picture.class_ids.tolist(), strict=True)
    is_right = [truth_id >= 0 and picture.truth_class_ids[truth_id] == class_id for truth_id, class_id in pairs]
    return ["right" if right else "wrong" for right in is_right]


def _truth_marks(picture: ReportPicture, class_names: Sequence[str], scale: float) -> list[BoxMark]:
    """Return the true boxes; only those that were missed or confused are written on."""
    if picture.truth_boxes_xyxy is None or picture.truth_class_ids is None or picture.truth_ids is None:
        return []
    taken_as = {
        truth_id: class_id
        for truth_id, class_id in zip(picture.truth_ids.tolist(), picture.class_ids.tolist(), strict=True)
        if truth_id >= 0
    }
    marks = []
    for truth_id, (box, class_id) in enumerate(zip(picture.truth_boxes_xyxy, picture.truth_class_ids, strict=True)):
        kind: MarkKind = "truth" if truth_id in taken_as else "missed"
        marks.append(_mark(kind, box * scale, "" if taken_as.get(truth_id) == class_id else class_names[class_id]))
    return marks


def _mark(kind: MarkKind, box_xyxy: FloatArray, text: str) -> BoxMark:
    x1, y1, x2, y2 = np.round(box_xyxy, 1).tolist()
    return BoxMark(kind, x1, y1, round(x2 - x1, 1), round(y2 - y1, 1), text)
