"""What label files say → labeled pictures: sizes compared, shapes made boxes, every box and picture accounted for.

All formats pass here, so that what counts as a fault, and what is made of it, is the same for all.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from partsight.errors import DatasetError
from partsight.labels.export_folder import agreement, stem_of
from partsight.labels.findings import NAMELESS, Findings, Mark, PictureEntry, plain_name
from partsight.labels.label import Box, Label, OutlineCorners, box_problem, cut_box, cut_outline
from partsight.labels.original_names import original_name
from partsight.labels.shapes import RECTANGLE, as_points, upright
from partsight.pictures import stored_orientation

_SAME_SHAPE = 0.01
"""Pictures whose proportions differ by less are copies of one another: sides are rounded to whole pixels."""
_NO_NAME = f"has no class name (`mapping` '{NAMELESS}=our_class' gives it one)"
TWICE = "the same box twice"
_LEAST_INSIDE = 0.5
"""A box that is cut at the border keeps at least this share of its area; of less nobody knows what was meant."""


@dataclass(frozen=True, slots=True)
class LeftOutBox:
    """Something drawn that is no label as it stands."""

    class_name: str
    reason: str
    where: str
    is_fault: bool
    """Whether it is a fault of the export; a brush stroke or a point is none."""
    hides_part: bool
    """Whether a part may be there that would go unlabeled without it."""
    cut: Label | None = None
    """The box cut at the picture's border, where that is a way out."""


@dataclass(frozen=True, slots=True)
class LabeledPicture:
    """One picture and what was marked on it; without labels and anything left out it shows nothing that was marked."""

    path: Path
    name: str
    """Its name in the other tool, without folders and suffix, and without what the tool added."""
    size_wh: tuple[int, int]
    labels: tuple[Label, ...]
    left_out: tuple[LeftOutBox, ...] = ()
    is_said_empty: bool = False
    sample_id: str = ""


@dataclass(frozen=True, slots=True)
class LeftOutPicture:
    """A picture that cannot be used, or that is listed and not there."""

    name: str
    reason: str
    num_boxes: int
    is_fault: bool
    is_unreadable: bool = False
    """Whether it is there but cannot be read as a picture."""


@dataclass(frozen=True, slots=True)
class Judged:
    """All that was found, judged."""

    pictures: tuple[LabeledPicture, ...]
    left_out: tuple[LeftOutPicture, ...]
    remarks: tuple[str, ...]

    @property
    def faults(self) -> list[str]:
        """What is wrong with the export, place first."""
        of_boxes = [
            f"{box.where}: {box.reason}" for picture in self.pictures for box in picture.left_out if box.is_fault
        ]
        return [f"{one.name}: {one.reason}" for one in self.left_out if one.is_fault] + of_boxes

    @property
    def problems(self) -> list[str]:
        """All that is left out, faults or not, for data that must be read whole; unreadable pictures are said apart."""
        of_boxes = [f"{box.where}: {box.reason}" for picture in self.pictures for box in picture.left_out]
        return [f"{one.name}: {one.reason}" for one in self.left_out if not one.is_unreadable] + of_boxes

    @property
    def unreadable(self) -> list[str]:
        """Pictures that are there but cannot be read."""
        return [f"{one.name}: {one.reason}" for one in self.left_out if one.is_unreadable]


def judge(found: Findings, read_size: Callable[[Path], tuple[int, int]], *, is_keeping_doubles: bool = False) -> Judged:
    """Judge everything that a reader found.

    `read_size` gives (width, height) or raises DatasetError for unreadable pictures; doubles are boxes of one class in one place.
    """
    pictures: list[LabeledPicture] = []
    left_out: list[LeftOutPicture] = []
    remarks = list(found.remarks)
    for entry in _merged(found.entries, remarks):
        judged = _judge_entry(entry, read_size, remarks)
        if isinstance(judged, LabeledPicture):
            pictures.append(judged if is_keeping_doubles else _without_doubles(judged))
        else:
            left_out.append(judged)
    spoken_of = {entry.path for entry in found.entries}
    silent = (path for path in found.export.index.paths if path not in spoken_of)
    left_out += [
        LeftOutPicture(found.export.named(path), "no label file speaks of it", 0, is_fault=False) for path in silent
    ]
    return Judged(tuple(pictures), tuple(left_out), tuple(remarks))


def without_nameless(judged: Judged) -> Judged:
    """Return the same with labels that have no class name as faults."""
    return dataclasses.replace(judged, pictures=tuple(_named_only(picture) for picture in judged.pictures))


def _named_only(picture: LabeledPicture) -> LabeledPicture:
    nameless = tuple(
        LeftOutBox(label.class_name, _NO_NAME, label.where, is_fault=True, hides_part=True)
        for label in picture.labels
        if label.class_name == NAMELESS
    )
    named = tuple(label for label in picture.labels if label.class_name != NAMELESS)
    return dataclasses.replace(picture, labels=named, left_out=(*picture.left_out, *nameless))


def _merged(entries: Sequence[PictureEntry], remarks: list[str]) -> Iterator[PictureEntry]:
    """Yield one entry for each picture, and one for each that is not there.

    Of several entries that mean one picture those that fit it best are joined; the pictures of the others are missing.
    """
    by_path: dict[Path, list[PictureEntry]] = {}
    for entry in entries:
        if entry.path is None:
            yield entry
        else:
            by_path.setdefault(entry.path, []).append(entry)
    for path, found in by_path.items():
        fits = [agreement(path, entry.name, entry.near) for entry in found]
        best = [entry for entry, fit in zip(found, fits, strict=True) if fit == max(fits)]
        yield functools.reduce(_joined, best)
        if sum(bool(entry.marks) for entry in best) > 1:
            remarks.append(f"{best[0].name}: spoken of more than once; the boxes of all are taken")
        yield from (_missing(entry) for entry, fit in zip(found, fits, strict=True) if fit < max(fits))


def _missing(entry: PictureEntry) -> PictureEntry:
    place = f" ({entry.near.name})" if entry.near is not None else ""
    flaw = f"no such picture in the export; the only one of its name is labeled elsewhere{place}"
    return dataclasses.replace(entry, path=None, flaw=flaw, is_fault=True)


def _joined(one: PictureEntry, other: PictureEntry) -> PictureEntry:
    worse = one if one.flaw and one.is_fault else other if other.flaw and other.is_fault else None
    flaw = (one.flaw and other.flaw) if worse is None else worse.flaw
    return dataclasses.replace(
        one,
        marks=(*one.marks, *other.marks),
        stated_wh=one.stated_wh or other.stated_wh,
        is_said_empty=one.is_said_empty or other.is_said_empty,
        flaw=flaw,
        is_fault=worse is not None or one.is_fault,
    )


def _judge_entry(
    entry: PictureEntry, read_size: Callable[[Path], tuple[int, int]], remarks: list[str]
) -> LabeledPicture | LeftOutPicture:
    def out(reason: str, *, is_fault: bool = True) -> LeftOutPicture:
        return LeftOutPicture(entry.name, reason, len(entry.marks), is_fault)

    if entry.flaw or entry.path is None:
        return out(entry.flaw or "no such picture", is_fault=entry.is_fault)
    try:
        size_wh = read_size(entry.path)
        orientation = stored_orientation(entry.path) if _is_other(entry.stated_wh, size_wh) else 1
    except DatasetError as error:
        reason = str(error).removeprefix(f"{entry.path}: ")
        return LeftOutPicture(entry.name, reason, len(entry.marks), is_fault=True, is_unreadable=True)
    stated = entry.stated_wh or size_wh
    is_turned = orientation >= 5 and stated == size_wh[::-1]
    if _is_other(stated, size_wh) and not is_turned and not _is_scaled(entry, stated, size_wh):
        return out("stated as {}×{}, found {}×{}: its boxes may belong to another picture".format(*stated, *size_wh))
    turn = _turning(orientation, size_wh) if is_turned else None
    if turn is not None and entry.marks:
        remarks.append(f"{entry.name}: its boxes were drawn on the picture as it is stored, and are turned with it")
    return _labeled(entry, entry.path, size_wh, turn)


def _is_other(stated_wh: tuple[int, int] | None, size_wh: tuple[int, int]) -> bool:
    """Say whether a stated size is another one; zeros state nothing."""
    return stated_wh is not None and min(stated_wh) > 0 and stated_wh != size_wh


def _is_scaled(entry: PictureEntry, stated_wh: tuple[int, int], size_wh: tuple[int, int]) -> bool:
    """Say whether a picture is a smaller or larger copy of the one drawn on, which shapes in shares of its sides do not notice."""
    is_alike = abs(stated_wh[0] * size_wh[1] - stated_wh[1] * size_wh[0]) <= _SAME_SHAPE * stated_wh[0] * size_wh[1]
    return is_alike and all(mark.shape.is_in_shares or mark.shape.flaw for mark in entry.marks)


def _turning(orientation: int, size_wh: tuple[int, int]) -> Callable[[Box], Box]:
    """Return how boxes of the picture as it is stored are turned."""
    return lambda box: upright(box, orientation, (size_wh[1], size_wh[0]))


def _labeled(
    entry: PictureEntry, path: Path, size_wh: tuple[int, int], turn: Callable[[Box], Box] | None
) -> LabeledPicture:
    drawn_on = size_wh if turn is None else size_wh[::-1]
    judged = [_judge_mark(mark, drawn_on, size_wh, turn) for mark in entry.marks]
    labels = tuple(one for one in judged if isinstance(one, Label))
    left_out = tuple(one for one in judged if isinstance(one, LeftOutBox))
    name = original_name(stem_of(entry.name))
    return LabeledPicture(path, name, size_wh, labels, left_out, entry.is_said_empty, entry.sample_id)


def _judge_mark(
    mark: Mark, drawn_on: tuple[int, int], size_wh: tuple[int, int], turn: Callable[[Box], Box] | None
) -> Label | LeftOutBox:
    name, kind = plain_name(mark.class_name), mark.shape.kind
    if mark.fault or mark.shape.flaw:
        reason = mark.fault or mark.shape.flaw
        return LeftOutBox(name, reason, mark.where, is_fault=bool(mark.fault), hides_part=True)
    box = mark.shape.box(drawn_on) if turn is None else turn(mark.shape.box(drawn_on))
    label = Label(box, name, mark.where, kind, _outline(mark, box, drawn_on, size_wh, turn))
    problem = box_problem(box, size_wh)
    if problem is None:
        return label
    has_area = np.isfinite(box).all() and box[2] > box[0] and box[3] > box[1]
    cut = _cut(label, size_wh) if has_area else None
    if cut is not None and kind != RECTANGLE:
        return cut
    return LeftOutBox(name, problem, mark.where, is_fault=True, hides_part=bool(has_area), cut=cut)


def _outline(
    mark: Mark, box: Box, drawn_on: tuple[int, int], size_wh: tuple[int, int], turn: Callable[[Box], Box] | None
) -> OutlineCorners:
    """Return the outline of a mark inside of the picture; none where its extent is not the mark's box."""
    points = mark.shape.outline(drawn_on)
    if points is None:
        return ()
    placed = as_points(points)
    if turn is not None:
        placed = tuple(turn((x, y, x, y))[:2] for x, y in placed)
    return cut_outline(placed, box, size_wh)


def _cut(label: Label, size_wh: tuple[int, int]) -> Label | None:
    """Return a label cut at the border; None when too little of it lies inside."""
    left, top, right, bottom = cut_box(label.box_xyxy, size_wh)
    whole = (label.box_xyxy[2] - label.box_xyxy[0]) * (label.box_xyxy[3] - label.box_xyxy[1])
    if right <= left or bottom <= top or (right - left) * (bottom - top) < _LEAST_INSIDE * whole:
        return None
    kind = "boxes cut at the border" if label.drawn_as == RECTANGLE else label.drawn_as
    return dataclasses.replace(label, box_xyxy=(left, top, right, bottom), drawn_as=kind)


def _without_doubles(picture: LabeledPicture) -> LabeledPicture:
    kept = dict.fromkeys(picture.labels)
    rest = list(kept)
    twice = []
    for label in picture.labels:
        if rest and label is rest[0]:
            rest.pop(0)
        else:
            twice.append(LeftOutBox(label.class_name, TWICE, label.where, is_fault=False, hides_part=False))
    return dataclasses.replace(picture, labels=tuple(kept), left_out=(*picture.left_out, *twice))
