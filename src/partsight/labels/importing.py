"""Labels of other tools → the photos folder: images/<session>/, labels/<session>/, classes.txt, and imports.json with the balance."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from partsight.errors import DatasetError, StorageError
from partsight.files import hash_content, hash_file, read_json, write_text
from partsight.labels.balance import Balance, BalanceSheet, balance_from
from partsight.labels.class_names import check_names
from partsight.labels.formats.yolo.lines import LineRules, read_lines, yolo_label_text
from partsight.labels.formats.yolo.names import names_from_text
from partsight.labels.judging import LabeledPicture
from partsight.labels.label import Box, Label
from partsight.labels.original_names import is_copy_name
from partsight.labels.shapes import RECTANGLE, outline_drawn
from partsight.pictures import HEIF_SUFFIXES, PICTURE_SUFFIXES, jpeg_bytes, pictures_below, read_picture
from partsight.staging import StagedFolder
from partsight.structures.names import as_file_stem, is_folder_name
from partsight.structures.polygon import area_of, extent_of

IMPORTS = "imports.json"
_JPEG_QUALITY = 95
_SAME_SHARE = 0.005
_SAME_PX = 0.5
"""Edges that differ by less are the same: some tools round to whole pixels."""


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
    originals: Mapping[str, str]
    """For each picture written that a tool made of another one its path below images/ and the name of that one."""
    changes: tuple[str, ...]
    """What replacing changed in labels that were there."""
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import and its balance, as imports.json keeps it."""

    source: str
    format: str
    sessions: tuple[str, ...]
    balance: Balance
    originals: Mapping[str, str] = field(default_factory=dict)
    """As `Imported.originals`."""


def import_pictures(
    pictures: Sequence[LabeledPicture],
    target: StagedFolder,
    session_of: Callable[[LabeledPicture], str],
    *,
    sheet: BalanceSheet | None = None,
    is_replacing: bool = False,
) -> Imported:
    """Prepare copies of pictures and their labels, one session's pictures in one folder; who holds the folder commits them.

    A picture whose content is already in the folder is not copied again, whatever its name; its labels there stay unless replaced.
    Raises DatasetError for sessions that are no folder names, StorageError when the disk refuses.
    """
    sessions = {picture.path: _checked_session(session_of(picture), picture.name) for picture in pictures}
    writer = _Writer(target, sheet or BalanceSheet(), is_replacing)
    writer.extend_classes([label.class_name for picture in pictures for label in picture.labels])
    for picture in pictures:
        writer.take(picture, sessions[picture.path])
    return writer.outcome(len(pictures))


def known_classes(folder: Path) -> list[str]:
    """Return the classes of a photos folder, none when it is new."""
    path = folder / "classes.txt"
    return names_from_text(path) if path.is_file() else []


def extend_classes(folder: Path, wanted: Sequence[str]) -> list[str]:
    """Append new classes to classes.txt and return all; the numbers of those that are there stay. Raises DatasetError."""
    names = _extended(folder, wanted)
    if names != known_classes(folder):
        write_text(folder / "classes.txt", "".join(f"{name}\n" for name in names))
    return names


def _extended(folder: Path, wanted: Sequence[str]) -> list[str]:
    names = list(dict.fromkeys([*known_classes(folder), *wanted]))
    check_names(names, str(folder / "classes.txt"))
    return names


def read_imports(folder: Path) -> tuple[ImportRecord, ...]:
    """Return the imports of a photos folder, none when it has none. Raises StorageError when the record is damaged."""
    path = folder / IMPORTS
    if not path.is_file():
        return ()
    try:
        return tuple(
            ImportRecord(
                entry["source"],
                entry["format"],
                tuple(entry["sessions"]),
                balance_from(entry["balance"]),
                dict(entry["originals"]),
            )
            for entry in read_json(path)["imports"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(
            f"{path}: not as Partsight writes it ({error}). Delete it: only balances are lost."
        ) from error


def prepare_record(target: StagedFolder, record: ImportRecord) -> None:
    """Prepare the balance of an import, beside its pictures; of several of one source into the same sessions the last counts."""
    listed = read_imports(target.folder)
    before = [one for one in listed if (one.source, one.sessions) != (record.source, record.sessions)]
    content = {"version": 1, "imports": [asdict(one) for one in (*before, record)]}
    target.write_json(target.folder / IMPORTS, content)


@dataclass(slots=True)
class _Writer:
    """Prepares pictures and labels for a photos folder."""

    target: StagedFolder
    sheet: BalanceSheet
    is_replacing: bool
    class_names: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    originals: dict[str, str] = field(default_factory=dict)
    _written: list[tuple[str, int]] = field(default_factory=list)
    _present: dict[str, Path] = field(default_factory=dict)
    _taken: dict[Path, set[str]] = field(default_factory=dict)
    """Names in use in each folder."""

    @property
    def folder(self) -> Path:
        """The photos folder."""
        return self.target.folder

    def extend_classes(self, wanted: Sequence[str]) -> None:
        """Make sure that all classes have numbers; look at what is there."""
        self.class_names = _extended(self.folder, wanted)
        if self.class_names != known_classes(self.folder):
            text = "".join(f"{name}\n" for name in self.class_names)
            self.target.write(self.folder / "classes.txt", text.encode())
        images = self.folder / "images"
        self._present = {hash_file(path): path for path in pictures_below(images)} if images.is_dir() else {}

    def take(self, picture: LabeledPicture, session: str) -> None:
        """Write one picture with its labels, or compare them with those that are there."""
        content, suffix = _content(picture.path)
        content_hash = hash_content(content)
        if content_hash in self._present:
            self._compare(picture, self._present[content_hash])
            return
        target = self._free_path(self.folder / "images" / session, picture.name, suffix)
        self.target.write(_labels_path(self.folder, target), self._text(picture).encode())
        self.target.write(target, content)
        self._present[content_hash] = target
        self._written.append((session, len(picture.labels)))
        if is_copy_name(picture.path.stem):
            self.originals[target.relative_to(self.folder / "images").as_posix()] = picture.name
        self.sheet.add("pictures", "imported", place=picture.name)
        _count_labels(picture.labels, self.sheet)

    def outcome(self, num_pictures: int) -> Imported:
        """Return what was done."""
        return Imported(
            num_pictures=len(self._written),
            num_boxes=sum(count for _, count in self._written),
            num_null=sum(count == 0 for _, count in self._written),
            num_known=num_pictures - len(self._written),
            sessions=tuple(sorted({session for session, _ in self._written})),
            originals=self.originals,
            changes=tuple(self.changes),
            remarks=tuple(self.remarks),
        )

    def _compare(self, picture: LabeledPicture, present: Path) -> None:
        path = _labels_path(self.folder, present)
        there = _labels_there(self.target.place(path), picture.size_wh, self.class_names)
        told = _difference(there, picture.labels)
        if not told:
            self._count_known(picture)
        elif self.is_replacing:
            self.target.write(path, self._text(picture).encode())
            self.changes.append(f"{present.relative_to(self.folder / 'images').as_posix()}: {told}")
            self.sheet.add("pictures", "replaced", "labels that were there", place=picture.name)
            self.sheet.add("boxes", "replaced", "labels that were there", place=picture.name, count=len(picture.labels))
        else:
            self._count_known(picture)
            advice = "those there are kept (`replace` takes these)"
            self.remarks.append(
                f"{picture.name}: is there already as {present.name}, with other labels; {advice}: {told}"
            )

    def _free_path(self, folder: Path, name: str, suffix: str) -> Path:
        """Return a path whose stem no other picture of the session has."""
        if folder not in self._taken:
            listed = folder.iterdir() if folder.is_dir() else ()
            self._taken[folder] = {path.stem.lower() for path in listed if path.suffix.lower() in PICTURE_SUFFIXES}
        stem = as_file_stem(name)
        number, candidate = 1, stem
        while candidate.lower() in self._taken[folder]:
            number += 1
            candidate = f"{stem}-{number}"
        self._taken[folder].add(candidate.lower())
        return folder / f"{candidate}{suffix}"

    def _count_known(self, picture: LabeledPicture) -> None:
        self.sheet.add("pictures", "already there", place=picture.name)
        self.sheet.add("boxes", "already there", place=picture.name, count=len(picture.labels))

    def _text(self, picture: LabeledPicture) -> str:
        return yolo_label_text(picture.labels, self.class_names, picture.size_wh)


def _content(path: Path) -> tuple[bytes, str]:
    """Return what is written of a picture and its suffix: the file as it is, of formats that only phones write a JPEG file."""
    if path.suffix.lower() in HEIF_SUFFIXES:
        return jpeg_bytes(read_picture(path), _JPEG_QUALITY), ".jpg"
    return path.read_bytes(), path.suffix.lower()


def _count_labels(labels: Sequence[Label], sheet: BalanceSheet) -> None:
    for label in labels:
        if label.drawn_as == RECTANGLE:
            sheet.add("boxes", "imported", place=label.where)
        else:
            sheet.add("boxes", "converted", label.drawn_as, place=label.where)


def _checked_session(session: str, name: str) -> str:
    if not is_folder_name(session):
        raise DatasetError(f"{name}: session {session!r} cannot be a folder name. Choose another `session`.")
    return session


def _labels_path(folder: Path, image: Path) -> Path:
    return folder / "labels" / image.relative_to(folder / "images").with_suffix(".txt")


def _labels_there(path: Path, size_wh: tuple[int, int], class_names: Sequence[str]) -> list[Label]:
    if not path.is_file():
        return []
    marks = read_lines(path, LineRules(class_names), path.as_posix())
    good = (mark for mark in marks if not mark.fault and not mark.shape.flaw)
    return [
        Label(mark.shape.box(size_wh), mark.class_name, outline=outline_drawn(mark.shape, size_wh)) for mark in good
    ]


def _difference(there: Sequence[Label], new: Sequence[Label]) -> str:
    """Say in how many boxes two lists differ; empty when they are the same, in whatever order."""
    rest = list(there)
    added = [label for label in new if not _took_same(label, rest)]
    if not added and not rest:
        return ""
    moved = sum((Counter(one.class_name for one in added) & Counter(one.class_name for one in rest)).values())
    told = {"changed": moved, "added": len(added) - moved, "removed": len(rest) - moved}
    return ", ".join(f"{count} {'box' if count == 1 else 'boxes'} {what}" for what, count in told.items() if count)


def _took_same(label: Label, rest: list[Label]) -> bool:
    """Take a box of the same class and place out of the list, if there is one."""
    for number, other in enumerate(rest):
        gaps = (abs(one - two) for one, two in zip(_edges(label), _edges(other), strict=True))
        if label.class_name == other.class_name and max(gaps) <= _SAME_PX and _go_the_same_way(label, other):
            rest.pop(number)
            return True
    return False


def _go_the_same_way(one: Label, other: Label) -> bool:
    """Return whether two labels of one place have the same outline, or both none: they go around as many pixels, to half a percent."""
    if not one.outline or not other.outline:
        return one.outline == other.outline
    areas = [area_of(np.array(label.outline, float)) for label in (one, other)]
    return abs(areas[0] - areas[1]) <= _SAME_PX + _SAME_SHARE * max(areas)


def _edges(label: Label) -> Box:
    """Return the box that comes back when a label is written and read: the extent of its outline where it has one."""
    if not label.outline:
        return label.box_xyxy
    left, top, right, bottom = extent_of(np.array(label.outline, float)).tolist()
    return left, top, right, bottom
