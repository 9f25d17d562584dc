"""Labels of other tools → the photos folder: images/<session>/, labels/<session>/, classes.txt."""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from partsight.errors import DatasetError
from partsight.files import hash_file, write_bytes, write_text
from partsight.labels.class_names import check_unique_names
from partsight.labels.foreign import ForeignPicture
from partsight.labels.formats.yolo.reading import names_from_text
from partsight.labels.label import boxes_of, yolo_text
from partsight.pictures import PICTURE_SUFFIXES

DROPPED = "-"
"""In place of a class name: boxes of this class are left out."""


@dataclass(frozen=True, slots=True)
class ClassMapping:
    """What becomes of one class of an export."""

    found: str
    num_boxes: int
    becomes: str
    """A class of ours, or DROPPED."""
    is_sure: bool
    """Whether the names are equal but for case, blanks and hyphens, or the user said so; else it is a guess or a new class."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What was written, and what was left as it was."""

    num_pictures: int
    num_boxes: int
    num_null: int
    """Pictures that show nothing, among those written."""
    num_known: int
    """Pictures that were there already, by content."""
    sessions: tuple[str, ...]
    remarks: tuple[str, ...]


def map_classes(
    pictures: Sequence[ForeignPicture], class_names: Sequence[str], known: Sequence[str], said: Mapping[str, str]
) -> tuple[ClassMapping, ...]:
    """Say what becomes of each class of an export.

    `said` by the user comes first, then a known class of the same name but for case, blanks, hyphens; else the most similar known
    class as a guess, else a new class of the same name. Raises DatasetError when the user speaks of a class that is not there.
    """
    counts = Counter(label.class_name for picture in pictures for label in picture.labels)
    names = list(dict.fromkeys([*class_names, *sorted(counts)]))
    unknown = sorted(set(said) - set(names))
    if unknown:
        raise DatasetError(f"`mapping` {unknown[0]}=…: the export has no such class. Its classes: {', '.join(names)}.")
    return tuple(_mapped(name, counts[name], known, said) for name in names)


def import_pictures(
    pictures: Sequence[ForeignPicture],
    mapping: Sequence[ClassMapping],
    folder: Path,
    session_of: Callable[[str], str],
) -> Imported:
    """Copy pictures and write their labels, one session's pictures in one folder; nothing that is there is changed.

    A picture whose content is already in the folder is not copied again, whatever its name. Raises DatasetError for sessions
    that are no folder names, StorageError when the disk refuses.
    """
    becomes = {entry.found: entry.becomes for entry in mapping}
    class_names = extend_classes(folder, [name for name in becomes.values() if name != DROPPED])
    present = _hashes_below(folder / "images")
    remarks: list[str] = []
    written: list[tuple[str, int]] = []
    for picture in pictures:
        content_hash = hash_file(picture.path)
        if content_hash in present:
            remarks += _differing_labels(picture, present[content_hash], becomes, folder=folder, names=class_names)
            continue
        session = _checked_session(session_of(picture.name), picture.name)
        target = _free_name(folder / "images" / session, picture)
        text = _label_text(picture, becomes, class_names)
        write_text(_labels_path(folder, target), text)
        write_bytes(target, picture.path.read_bytes())
        present[content_hash] = target
        written.append((session, text.count("\n")))
    return Imported(
        num_pictures=len(written),
        num_boxes=sum(count for _, count in written),
        num_null=sum(count == 0 for _, count in written),
        num_known=len(pictures) - len(written),
        sessions=tuple(sorted({session for session, _ in written})),
        remarks=tuple(remarks),
    )


def known_classes(folder: Path) -> list[str]:
    """Return the classes of a photos folder, none when it is new."""
    path = folder / "classes.txt"
    return names_from_text(path) if path.is_file() else []


def _mapped(name: str, num_boxes: int, known: Sequence[str], said: Mapping[str, str]) -> ClassMapping:
    if name in said:
        return ClassMapping(name, num_boxes, said[name], is_sure=True)
    same = [candidate for candidate in known if _plain(candidate) == _plain(name)]
    if same:
        return ClassMapping(name, num_boxes, same[0], is_sure=True)
    close = difflib.get_close_matches(_plain(name), [_plain(candidate) for candidate in known], 1, 0.8)
    if close:
        guess = next(candidate for candidate in known if _plain(candidate) == close[0])
        return ClassMapping(name, num_boxes, guess, is_sure=False)
    return ClassMapping(name, num_boxes, name, is_sure=not known)


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name).lower()


def extend_classes(folder: Path, wanted: Sequence[str]) -> list[str]:
    """Append new classes to classes.txt and return all; the numbers of those that are there stay. Raises DatasetError."""
    known = known_classes(folder)
    names = list(dict.fromkeys([*known, *wanted]))
    check_unique_names(names, str(folder / "classes.txt"))
    if names != known:
        write_text(folder / "classes.txt", "".join(f"{name}\n" for name in names))
    return names


def _hashes_below(folder: Path) -> dict[str, Path]:
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in PICTURE_SUFFIXES)
    return {hash_file(path): path for path in paths}


def _checked_session(session: str, name: str) -> str:
    if not session or not re.fullmatch(r"[^\\/:*?\"<>|\x00-\x1f]+", session) or session.strip(". ") != session:
        raise DatasetError(f"{name}: session {session!r} cannot be a folder name. Choose another `session`.")
    return session


def _free_name(folder: Path, picture: ForeignPicture) -> Path:
    """Return a path whose stem no other picture of the session has."""
    stem = re.sub(r"[\\/:*?\"<>|\x00-\x1f]+", "_", picture.name).strip(". ") or "picture"
    taken = {path.stem.lower() for path in folder.iterdir()} if folder.is_dir() else set()
    number = 1
    candidate = stem
    while candidate.lower() in taken:
        number += 1
        candidate = f"{stem}-{number}"
    return folder / f"{candidate}{picture.path.suffix.lower()}"


def _labels_path(folder: Path, image: Path) -> Path:
    return folder / "labels" / image.relative_to(folder / "images").with_suffix(".txt")


def _label_text(picture: ForeignPicture, becomes: Mapping[str, str], class_names: Sequence[str]) -> str:
    kept = [label for label in picture.labels if becomes[label.class_name] != DROPPED]
    boxes = boxes_of(kept, picture.size_wh).tolist()
    numbered = [(class_names.index(becomes[label.class_name]), box) for label, box in zip(kept, boxes, strict=True)]
    return yolo_text(numbered, picture.size_wh)


def _differing_labels(
    picture: ForeignPicture, present: Path, becomes: Mapping[str, str], *, folder: Path, names: Sequence[str]
) -> list[str]:
    """Remark on a known picture whose labels are others than those there."""
    path = _labels_path(folder, present)
    there = path.read_text() if path.is_file() else ""
    if sorted(there.splitlines()) == sorted(_label_text(picture, becomes, names).splitlines()):
        return []
    return [f"{picture.name}: is there already as {present.name}, with other labels; those there are kept"]
