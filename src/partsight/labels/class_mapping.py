"""What becomes of the classes of an export: matched by name with those that are known, digits to the letter."""

import difflib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from partsight.errors import DatasetError
from partsight.labels.findings import NAMELESS
from partsight.labels.judging import LabeledPicture

_ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class ClassMapping:
    """What becomes of one class of an export."""

    found: str
    num_boxes: int
    becomes: str
    """A class of ours, or `-` for none."""
    is_sure: bool
    """Whether the names are equal but for case, blanks and hyphens, or the user said so; else it is a guess or a new class."""


def map_classes(
    pictures: Sequence[LabeledPicture], class_names: Sequence[str], known: Sequence[str], said: Mapping[str, str]
) -> tuple[ClassMapping, ...]:
    """Say what becomes of each class of an export.

    `said` by the user comes first, then a known class of the same name but for case, blanks, hyphens; else the most similar known
    class with the same digits as a guess, else a new class of the same name. Raises DatasetError when the user speaks of a class that
    is not there.
    """
    counts = Counter(label.class_name for picture in pictures for label in picture.labels)
    counts.update(box.class_name for picture in pictures for box in picture.left_out)
    names = list(dict.fromkeys([*class_names, *sorted(counts)]))
    unknown = sorted(set(said) - set(names))
    if unknown:
        raise DatasetError(f"`mapping` {unknown[0]}=…: the export has no such class. Its classes: {', '.join(names)}.")
    return tuple(_mapped(name, counts[name], known, said) for name in names if name != NAMELESS or NAMELESS in said)


def _mapped(name: str, num_boxes: int, known: Sequence[str], said: Mapping[str, str]) -> ClassMapping:
    if name in said:
        return ClassMapping(name, num_boxes, said[name], is_sure=True)
    comparable = [candidate for candidate in known if _digits(candidate) == _digits(name)]
    same = [candidate for candidate in comparable if _plain(candidate) == _plain(name)]
    if same:
        return ClassMapping(name, num_boxes, same[0], is_sure=True)
    close = difflib.get_close_matches(_plain(name), [_plain(candidate) for candidate in comparable], 1, _ALIKE)
    if close:
        guess = next(candidate for candidate in comparable if _plain(candidate) == close[0])
        return ClassMapping(name, num_boxes, guess, is_sure=False)
    return ClassMapping(name, num_boxes, name, is_sure=not known or not num_boxes)


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name).lower()


def _digits(name: str) -> list[str]:
    """Return the numbers in a name: bolt_m6 is not bolt_m5."""
    return re.findall(r"\d+", name)
