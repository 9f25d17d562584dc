"""Lines of YOLO label files, read and written in one place.

class cx cy w h                       a box, in shares of the picture
class x1 y1 x2 y2 x3 y3 …             a polygon, or a turned box by its corners
class cx cy w h x1 y1 [v1] x2 y2 …    a box with keypoints, where `kpt_shape` is stated or every third value is 0, 1 or 2
x1 y1 … x4 y4 name difficulty         a turned box in pixels (DOTA's labelTxt)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from partsight.errors import DatasetError
from partsight.labels.findings import Mark, bad_mark
from partsight.labels.label import Label, cut_box
from partsight.labels.shapes import DrawnShape, in_shares, outline, rectangle
from partsight.structures.arrays import FloatArray

_DIGITS = 12
"""Of a share of the picture's side: boxes come back within a millionth of a pixel."""
_POINT_DIGITS = 7
"""Of a point: a hundredth of a pixel of any picture."""
_VISIBILITIES = frozenset({0.0, 1.0, 2.0})
_DOTA_HEADERS = ("imagesource", "gsd")


@dataclass(frozen=True, slots=True)
class LineRules:
    """What numbers of a line mean in one dataset."""

    names: Sequence[str]
    keypoints: tuple[int, int] | None = None
    """Number of keypoints and of values of each, as `kpt_shape` states them."""


def read_lines(path: Path, rules: LineRules, shown: str) -> list[Mark]:
    """Return what the lines of a label file draw; `shown` is the file's name in messages. Raises DatasetError for no text."""
    lines = enumerate(read_text(path).splitlines(), start=1)
    told = ((number, line.split()) for number, line in lines if line.strip())
    return [_mark(fields, rules, f"{shown}:{number}") for number, fields in told if not _is_header(fields)]


def looks_like_labels(path: Path) -> bool:
    """Return whether a text file could hold labels: it is empty, or its first line is numbers, but for a class name at either end."""
    try:
        lines = [line.split() for line in read_text(path).splitlines() if line.strip()]
    except DatasetError:
        return False
    drawn = [fields for fields in lines if not _is_header(fields)]
    return not drawn or _is_dota(drawn[0]) or (len(drawn[0]) >= 2 and all(map(_is_number, drawn[0][1:])))


def yolo_line(class_id: int, box_xyxy: Sequence[float], size_wh: tuple[int, int]) -> str:
    """Return one line: class and box in shares of the picture."""
    (left, top, right, bottom), (width, height) = box_xyxy, size_wh
    shares = (left + right) / 2 / width, (top + bottom) / 2 / height, (right - left) / width, (bottom - top) / height
    return f"{class_id} " + " ".join(f"{share:.{_DIGITS}f}" for share in shares) + "\n"


def yolo_text(numbered: Iterable[tuple[int, Sequence[float]]], size_wh: tuple[int, int]) -> str:
    """Return a label file: one line for each (class number, box in pixels)."""
    return "".join(yolo_line(class_id, box, size_wh) for class_id, box in numbered)


def yolo_points_line(class_id: int, points: FloatArray, size_wh: tuple[int, int]) -> str:
    """Return one line: class and the (N, 2) corners of a polygon or a turned box in shares of the picture."""
    shares = (points / np.asarray(size_wh, float)).ravel().tolist()
    return f"{class_id} " + " ".join(f"{share:.{_POINT_DIGITS}f}" for share in shares) + "\n"


def yolo_pose_line(class_id: int, box_xyxy: Sequence[float], points: FloatArray, size_wh: tuple[int, int]) -> str:
    """Return one line: class, box, and (N, 3) keypoints as shares of the picture with 0, 1 or 2 for outside, hidden, visible."""
    scaled = points / np.array([*size_wh, 1.0])
    told = (f"{x:.{_POINT_DIGITS}f} {y:.{_POINT_DIGITS}f} {round(flag)}" for x, y, flag in scaled.tolist())
    return " ".join([yolo_line(class_id, box_xyxy, size_wh).rstrip("\n"), *told]) + "\n"


def yolo_label_text(labels: Iterable[Label], class_names: Sequence[str], size_wh: tuple[int, int]) -> str:
    """Return a label file: for each label its outline where it has one, else its box, cut at the picture's border."""
    return "".join(_label_line(label, class_names.index(label.class_name), size_wh) for label in labels)


def yolo_outline_line(class_id: int, outline_px: FloatArray, size_wh: tuple[int, int]) -> str:
    """Return one line: class and a polygon; one of four corners repeats the first, for four alone would be a turned box."""
    points = outline_px if len(outline_px) != 4 else np.concatenate([outline_px, outline_px[:1]])
    return yolo_points_line(class_id, points, size_wh)


def read_text(path: Path) -> str:
    """Return a text file of another tool. Raises DatasetError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: no such file.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path}: cannot be read as text ({error})") from error


def _label_line(label: Label, class_id: int, size_wh: tuple[int, int]) -> str:
    if label.outline:
        return yolo_outline_line(class_id, np.array(label.outline, float), size_wh)
    return yolo_line(class_id, cut_box(label.box_xyxy, size_wh), size_wh)


def _mark(fields: list[str], rules: LineRules, where: str) -> Mark:
    if _is_dota(fields):
        corners = [float(field) for field in fields[:8]]
        return Mark(outline("rotated rectangle", zip(corners[::2], corners[1::2], strict=True)), fields[8], where)
    if not all(map(_is_number, fields)):
        return bad_mark(where, f"found {' '.join(fields)!r}, expected numbers")
    number, values = float(fields[0]), [float(field) for field in fields[1:]]
    if number not in range(len(rules.names)):
        most = len(rules.names)
        return bad_mark(where, f"class {fields[0]} is not among the {most} classes (0…{most - 1})")
    name = rules.names[int(number)]
    shape = _shape(values, rules.keypoints)
    if shape is None:
        return bad_mark(where, _columns_fault(len(fields), rules.keypoints), name)
    return Mark(in_shares(shape), name, where)


def _shape(values: list[float], keypoints: tuple[int, int] | None) -> DrawnShape | None:
    """Return what the columns after the class draw; None when their number is wrong."""
    if len(values) == 4:
        return _box(values)
    if keypoints is not None:
        return _box(values[:4]) if len(values) == 4 + keypoints[0] * keypoints[1] else None
    if _has_visibilities(values):
        return _box(values[:4])
    if len(values) >= 6 and len(values) % 2 == 0:
        kind = "rotated rectangle" if len(values) == 8 else "polygon"
        return outline(kind, zip(values[::2], values[1::2], strict=True))
    return None


def _box(values: Sequence[float]) -> DrawnShape:
    center_x, center_y, across, down = values
    edges = center_x - across / 2, center_y - down / 2, center_x + across / 2, center_y + down / 2
    return rectangle(edges) if across > 0 and down > 0 else rectangle((center_x, center_y, center_x, center_y))


def _has_visibilities(values: list[float]) -> bool:
    """Say whether values after a box are keypoints of three values each, the third of which says whether it can be seen."""
    flags = values[6::3]
    is_one_flag_each = len(values) >= 7 and len(values) % 3 == 1 and set(flags) <= _VISIBILITIES
    # An even number of values could be a polygon along the border, in which no coordinate is 2.
    return is_one_flag_each and (len(values) % 2 == 1 or 2.0 in flags)


def _columns_fault(num_columns: int, keypoints: tuple[int, int] | None) -> str:
    if keypoints is not None:
        return f"{num_columns} columns, expected {5 + keypoints[0] * keypoints[1]}, as data.yaml states kpt_shape {list(keypoints)}"
    return (
        f"{num_columns} columns, expected 5 (class cx cy w h) or 1 + 2n (class and n ≥ 3 corners); for keypoints state "
        "kpt_shape in data.yaml"
    )


def _is_dota(fields: Sequence[str]) -> bool:
    return len(fields) in {9, 10} and all(map(_is_number, fields[:8])) and not _is_number(fields[8])


def _is_header(fields: Sequence[str]) -> bool:
    return fields[0].partition(":")[0].lower() in _DOTA_HEADERS


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True
