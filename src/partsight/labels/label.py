"""What all label formats share: a label as read, the checks on its box, and the report of all problems at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from partsight.errors import DatasetError, first_of
from partsight.structures.arrays import FloatArray
from partsight.structures.polygon import clip_polygon, extent_of

TOLERANCE_PX = 1.0
"""Boxes may overshoot the picture by this much, because tools round to whole pixels; they are cut at the border."""

_MAX_SHOWN = 50
_MAX_PLACES = 3


Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the upright picture."""
OutlineCorners: TypeAlias = tuple[tuple[float, float], ...]
"""Corners of a closed path; empty where there is only a box."""


@dataclass(frozen=True, slots=True)
class Label:
    """One box and its class."""

    box_xyxy: Box
    class_name: str
    where: str = field(default="", compare=False)
    """Where it was read, for messages: file and line."""
    drawn_as: str = field(default="rectangle", compare=False)
    """What it was in the tool that drew it: rectangle, polygon, ellipse …"""
    outline: OutlineCorners = field(default=(), compare=False)
    """Corners in pixels of the upright picture, where more than a box was drawn; the box is their extent, to a pixel."""


def box_problem(box_xyxy: Sequence[float], size_wh: tuple[int, int]) -> str | None:
    """Return what is wrong with a box in pixels, or None."""
    left, top, right, bottom = box_xyxy
    width, height = size_wh
    if not np.isfinite(box_xyxy).all():
        return "the box is not a number"
    if right <= left or bottom <= top:
        return "the box has no area"
    overshoot_px = max(-left, -top, right - width, bottom - height)
    if overshoot_px > TOLERANCE_PX:
        return f"the box leaves the picture ({width}×{height}) by {overshoot_px:.1f} px"
    if min(right, width) <= max(left, 0) or min(bottom, height) <= max(top, 0):
        return f"the box lies outside of the picture ({width}×{height})"
    return None


def cut_box(box_xyxy: Box, size_wh: tuple[int, int]) -> Box:
    """Return a box cut at the picture's border."""
    left, top, right, bottom = box_xyxy
    return max(left, 0.0), max(top, 0.0), min(right, float(size_wh[0])), min(bottom, float(size_wh[1]))


def cut_outline(outline: OutlineCorners, box_xyxy: Box, size_wh: tuple[int, int]) -> OutlineCorners:
    """Return an outline cut at the picture's border; none where its extent is not the box, or nothing of it is inside."""
    points = np.array(outline, float).reshape(-1, 2)
    if len(points) < 3 or not np.isfinite(points).all() or np.abs(extent_of(points) - box_xyxy).max() > TOLERANCE_PX:
        return ()
    inside = clip_polygon(points, np.array([0.0, 0.0, *size_wh]))
    return tuple((x, y) for x, y in inside.tolist()) if len(inside) > 2 else ()


def boxes_of(labels: Sequence[Label], size_wh: tuple[int, int]) -> FloatArray:
    """Return the (N, 4) boxes of the labels, cut at the picture's border."""
    boxes = np.array([label.box_xyxy for label in labels], float).reshape(-1, 4)
    clipped: FloatArray = np.clip(boxes, 0.0, np.array([*size_wh, *size_wh], float))
    return clipped


def outlines_drawn(labels: Sequence[Label]) -> tuple[FloatArray | None, ...]:
    """Return the (P, 2) outline of each label, None for those that have a box only; nothing where none has one."""
    drawn = tuple(np.array(label.outline, float) if label.outline else None for label in labels)
    return drawn if any(one is not None for one in drawn) else ()


def class_ids_of(labels: Sequence[Label], class_names: Sequence[str]) -> list[int]:
    """Return the class numbers of the labels; names outside `class_names` must have been refused before."""
    return [class_names.index(label.class_name) for label in labels]


def name_problems(labels: Sequence[Label], class_names: Sequence[str]) -> list[str]:
    """Return one problem for each label whose class the recipe does not know."""
    known = f"is not in the recipe, whose classes are {first_of(class_names)}. Give its CAD files a table"
    return [
        f"{label.where}: class {label.class_name!r} {known} [parts.{label.class_name}], or rename the class in the labels"
        for label in labels
        if label.class_name not in class_names
    ]


def sample_id_of(relative: Path) -> str:
    """Return the sample's id: its path below the images folder, without suffix, folders joined by two underscores."""
    return "__".join(relative.with_suffix("").parts)


def raise_problems(problems: Sequence[str], where: Path) -> None:
    """Raise one DatasetError that lists all problems, if there are any; what is said of many places is said once."""
    if problems:
        lines = list(_gathered(problems))
        shown = "\n".join(f"  {line}" for line in lines[:_MAX_SHOWN])
        more = f"\n  … and {len(lines) - _MAX_SHOWN} more" if len(lines) > _MAX_SHOWN else ""
        raise DatasetError(f"{where}: {len(problems)} problem(s)\n{shown}{more}")


def _gathered(problems: Sequence[str]) -> Iterator[str]:
    """Return problems, `place: what is wrong`; where many places are wrong in the same way, the first of them in one line."""
    places: dict[str, list[str]] = {}
    for problem in problems:
        place, _, wrong = problem.partition(": ")
        places.setdefault(wrong, []).append(place)
    for wrong, found in places.items():
        lines = found if len(found) <= _MAX_PLACES else [first_of(found, _MAX_PLACES)]
        yield from (f"{line}: {wrong}" if wrong else line for line in lines)
