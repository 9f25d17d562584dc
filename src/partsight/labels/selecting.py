"""Which of the judged pictures come in, and with which boxes: nothing is a negative unless somebody said so."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from partsight.labels.balance import BalanceSheet
from partsight.labels.judging import Judged, LabeledPicture, LeftOutBox

EmptyRule: TypeAlias = Literal["ask", "nothing", "leave-out"]
DROPPED = "-"
"""In place of a class name: boxes of this class are left out."""
_MOST = 0.5
_UNSAID = "nothing is drawn on it, and most pictures are so: not annotated yet? (`empty` = 'nothing' takes them as showing nothing)"


@dataclass(frozen=True, slots=True)
class ImportRules:
    """What the user said about the export."""

    becomes: Mapping[str, str]
    """Class of the export → ours, or DROPPED."""
    empty: EmptyRule = "ask"
    """What pictures are on which nothing is drawn and of which nobody said that nothing is there: negatives, or left out. `ask`
    takes few of them as negatives and leaves most of them out."""


def select(judged: Judged, rules: ImportRules, sheet: BalanceSheet) -> list[LabeledPicture]:
    """Return the pictures to import, their labels under our class names; what stays out is counted."""
    for one in judged.left_out:
        sheet.add("pictures", "left out", one.reason, place=one.name)
        sheet.add("boxes", "left out", f"their picture: {one.reason}", place=one.name, count=one.num_boxes)
    usable = [kept for picture in judged.pictures if (kept := _usable(picture, rules, sheet)) is not None]
    unsaid = [picture for picture in usable if is_unsaid(picture)]
    if rules.empty == "nothing" or (rules.empty == "ask" and not are_most(unsaid, usable)):
        unsaid = []
    for picture in unsaid:
        sheet.add("pictures", "left out", _UNSAID, place=picture.name)
    left_out = {picture.path for picture in unsaid}
    return [_renamed(picture, rules, sheet) for picture in usable if picture.path not in left_out]


def unsaid_pictures(judged: Judged) -> list[LabeledPicture]:
    """Return the pictures on which nothing is drawn and of which nobody said that nothing is there, when they are most."""
    unsaid = [picture for picture in judged.pictures if is_unsaid(picture)]
    return unsaid if are_most(unsaid, judged.pictures) else []


def is_unsaid(picture: LabeledPicture) -> bool:
    """Return whether nothing is drawn on a picture, and nobody said that nothing is there."""
    return not picture.labels and not picture.left_out and not picture.is_said_empty


def are_most(some: Sequence[LabeledPicture], of: Sequence[LabeledPicture]) -> bool:
    """Return whether these are more than half of those."""
    return len(some) > _MOST * len(of)


def _usable(picture: LabeledPicture, rules: ImportRules, sheet: BalanceSheet) -> LabeledPicture | None:
    """Return a picture with all its labels, those cut at the border included; None when one is missing that may hide a part."""
    wanted = [box for box in picture.left_out if rules.becomes.get(box.class_name) != DROPPED]
    cut = [box.cut for box in wanted if box.cut is not None]
    lost = [box for box in picture.left_out if box.cut is None or box not in wanted]
    kept = replace(picture, labels=(*picture.labels, *cut))
    missing = next(_hiding(kept, wanted), None)
    if missing is None:
        _count_lost(lost, sheet)
        return kept
    sheet.add("pictures", "left out", f"a label of it cannot be used: {missing.reason}", place=picture.name)
    sheet.add(
        "boxes", "left out", f"their picture: {missing.reason}", place=missing.where,
        count=len(picture.labels) + len(picture.left_out),
    )  # fmt: skip
    return None


def _hiding(picture: LabeledPicture, wanted: Sequence[LeftOutBox]) -> Iterator[LeftOutBox]:
    """Yield what is left out of a picture without being replaced, and where nothing else is drawn all that is left out."""
    for box in wanted:
        if box.cut is None and (box.hides_part or not picture.labels):
            yield box


def _count_lost(boxes: Sequence[LeftOutBox], sheet: BalanceSheet) -> None:
    for box in boxes:
        sheet.add("boxes", "left out", box.reason, place=box.where)


def _renamed(picture: LabeledPicture, rules: ImportRules, sheet: BalanceSheet) -> LabeledPicture:
    kept = []
    for label in picture.labels:
        name = rules.becomes[label.class_name]
        if name == DROPPED:
            sheet.add("boxes", "left out", f"class {label.class_name} is left out, as was said", place=label.where)
        else:
            kept.append(replace(label, class_name=name))
    return replace(picture, labels=tuple(kept))
