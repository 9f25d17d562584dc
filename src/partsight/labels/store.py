"""Photos and their labels while a person labels: what is finished lies where training reads it, the rest beside it.

    to_label/<session>/x.jpg  ──done──→  labels/<session>/x.txt, then images/<session>/x.jpg   (as an import writes them)
    drafts/<session>/x.json              boxes of a photo that is not finished

An outline stays with its box as long as it is the box's.

A draft is also the journal of the two steps that touch several files: it says `publish` or `withdraw` before the step and is
cleared after it, so that a store opened after a kill finishes what was begun. All writes are whole files renamed into place.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from partsight.errors import DatasetError, StaleLabelsError, StorageError
from partsight.files import hash_file, hash_json, read_json, write_bytes, write_json, write_text
from partsight.labels.formats.yolo.lines import LineRules, read_lines, yolo_label_text
from partsight.labels.importing import extend_classes, known_classes
from partsight.labels.label import Label, box_problem, cut_box, cut_outline, raise_problems
from partsight.labels.photo_labels import LabelState, PhotoLabels
from partsight.labels.shapes import outline_drawn
from partsight.pictures import PICTURE_SUFFIXES, name_order, picture_size

SessionOf: TypeAlias = Callable[[str], str]
_Intent: TypeAlias = Literal["keep", "publish", "withdraw"]


def session_of_key(key: str) -> str:
    """Return the session of a photo: its folder, `all` for those in none."""
    return key.rpartition("/")[0] or "all"


@dataclass(frozen=True)
class LabelStore:
    """One photos folder, opened by one process."""

    folder: Path
    class_names: tuple[str, ...]
    """All classes that a box may have; those new to the folder are appended to its classes.txt with the first photo done."""
    _sources: dict[str, Path] = field(default_factory=dict)
    """For each key the picture in to_label, or in images where it is only there."""
    session_of: SessionOf = session_of_key
    """Names the session of a photo by its key."""
    _sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def list_keys(self) -> tuple[str, ...]:
        """Return all photos in the order people count, one session after the other."""
        return tuple(sorted(self._sources, key=lambda key: (self.session_of(key), name_order(key))))

    def picture(self, key: str) -> Path:
        """Return the file to show. Raises DatasetError for a photo that is not in the folder."""
        published = self.folder / "images" / key
        if key not in self._sources:
            raise DatasetError(f"{key}: no such photo in {self.folder}. Start the command again to see new photos.")
        return published if published.is_file() else self._sources[key]

    def added_s(self, key: str) -> float:
        """Return when a photo came into the folder, in seconds of the system's clock; 0 where its file is gone."""
        source = self._sources[key]
        return source.stat().st_mtime if source.is_file() else 0.0

    def read(self, key: str) -> PhotoLabels:
        """Read what is on disk. Raises DatasetError naming file and line."""
        with self._lock:
            path = self.picture(key)
            if key not in self._sizes:
                self._sizes[key] = picture_size(path)
            state, boxes = self._read_state(key, self._sizes[key])
        return PhotoLabels(key, self.session_of(key), self._sizes[key], state, boxes, _revision(state, boxes))

    def save(self, key: str, revision: str, boxes: Sequence[Label], state: LabelState) -> PhotoLabels:
        """Write boxes and state; when it returns they are on disk.

        Raises StaleLabelsError when the revision on disk is another one, DatasetError for boxes or states that cannot be.
        """
        with self._lock:
            before = self.read(key)
            if before.revision != revision:
                raise StaleLabelsError(f"{key}: was changed elsewhere. Nothing was written: load it again.")
            self._check(key, boxes, state)
            kept = _cut(boxes, before.size_wh)
            if state == "open":
                self._keep_open(key, kept, was_published=before.state != "open")
            else:
                self._write_draft(key, kept, "publish")
                self._publish(key, kept)
            return self.read(key)

    def _read_state(self, key: str, size_wh: tuple[int, int]) -> tuple[LabelState, tuple[Label, ...]]:
        if (self.folder / "images" / key).is_file():
            boxes = self._read_labels(key, size_wh)
            return ("done" if boxes else "nothing"), boxes
        draft = self._draft_path(key)
        return "open", _draft_boxes(read_json(draft), draft) if draft.is_file() else ()

    def _read_labels(self, key: str, size_wh: tuple[int, int]) -> tuple[Label, ...]:
        path = self._labels_path(key)
        if not path.is_file():
            raise DatasetError(f"{path}: no label file for a picture in images/. Move the picture to to_label/.")
        marks = read_lines(path, LineRules(known_classes(self.folder)), str(path))
        raise_problems([f"{mark.where}: {told}" for mark in marks if (told := mark.fault or mark.shape.flaw)], path)
        labels = tuple(
            Label(mark.shape.box(size_wh), mark.class_name, mark.where, outline=outline_drawn(mark.shape, size_wh))
            for mark in marks
        )
        wrong = [f"{one.where}: {problem}" for one in labels if (problem := box_problem(one.box_xyxy, size_wh))]
        raise_problems(wrong, path)
        return labels

    def _check(self, key: str, boxes: Sequence[Label], state: LabelState) -> None:
        unknown = {box.class_name for box in boxes} - set(self.class_names)
        problems = [f"class {name!r} is not one of {', '.join(self.class_names)}" for name in sorted(unknown)]
        problems += [told for box in boxes if (told := box_problem(box.box_xyxy, self._sizes[key]))]
        if (state == "nothing") == bool(boxes) and state != "open":
            problems.append("'nothing here' needs a photo without boxes, 'done' at least one box")
        raise_problems(problems, Path(key))

    def _keep_open(self, key: str, boxes: Sequence[Label], *, was_published: bool) -> None:
        if was_published:
            self._write_draft(key, boxes, "withdraw")
            self._withdraw(key)
        self._write_draft(key, boxes, "keep")

    def _publish(self, key: str, boxes: Sequence[Label]) -> None:
        """Write labels, then the picture: a picture in images/ always has its labels."""
        names = extend_classes(self.folder, self.class_names)
        source, target = self._sources[key], self.folder / "images" / key
        size_wh = picture_size(source if source.is_file() else target)
        write_text(self._labels_path(key), yolo_label_text(boxes, names, size_wh))
        if not target.is_file():
            write_bytes(target, source.read_bytes())
        self._draft_path(key).unlink(missing_ok=True)

    def _withdraw(self, key: str) -> None:
        """Take a photo back among those to label; a picture that lies in images/ alone is moved, never deleted."""
        published = self.folder / "images" / key
        source = self._sources[key]
        if source == published or not source.is_file():
            source = self.folder / "to_label" / key
            source.parent.mkdir(parents=True, exist_ok=True)
            if published.is_file():
                published.replace(source)
            self._sources[key] = source
        else:
            published.unlink(missing_ok=True)
        self._labels_path(key).unlink(missing_ok=True)

    def _finish_begun(self, key: str) -> None:
        """Finish what a killed process began with this photo."""
        path = self._draft_path(key)
        if not path.is_file():
            return
        content = read_json(path)
        boxes = _draft_boxes(content, path)
        if content["intent"] == "publish":
            self._publish(key, boxes)
        elif content["intent"] == "withdraw":
            self._withdraw(key)
            self._write_draft(key, boxes, "keep")

    def _write_draft(self, key: str, boxes: Sequence[Label], intent: _Intent) -> None:
        write_json(self._draft_path(key), _draft(boxes, intent))

    def _draft_path(self, key: str) -> Path:
        return self.folder / "drafts" / f"{key}.json"

    def _labels_path(self, key: str) -> Path:
        return (self.folder / "labels" / key).with_suffix(".txt")


def open_label_store(folder: Path, class_names: Sequence[str], session_of: SessionOf = session_of_key) -> LabelStore:
    """Open a photos folder, finishing what a killed process began; `class_names` beyond the folder's own are added behind.

    `session_of` names the session of a photo by its key; by default its folder.
    Raises DatasetError when it holds no photos or no class is known.
    """
    names = tuple(dict.fromkeys([*known_classes(folder), *class_names]))
    if not names:
        raise DatasetError(f"{folder}: no classes known. Name them (`classes`), or give a recipe with parts.")
    store = LabelStore(folder, names, _find_pictures(folder), session_of=session_of)
    if not store.list_keys():
        raise DatasetError(f"{folder}: no photos. Bring some in: partsight photos add.")
    with store._lock:  # noqa: SLF001 - opening is part of the store
        for key in store.list_keys():
            store._finish_begun(key)  # noqa: SLF001
    return store


def _find_pictures(folder: Path) -> dict[str, Path]:
    """Return key → picture. A picture of to_label whose name another one has in images/ gets a number."""
    images, to_label = folder / "images", folder / "to_label"
    sources = {path.relative_to(images).as_posix(): path for path in _pictures_below(images)}
    stems = {Path(key).with_suffix("").as_posix().lower(): key for key in sources}
    for path in _pictures_below(to_label):
        key = _free_key(path, path.relative_to(to_label), lambda stem: sources.get(stems.get(stem.lower(), "")))
        sources[key] = path
        stems[Path(key).with_suffix("").as_posix().lower()] = key
    return sources


def _free_key(path: Path, relative: Path, taken_by: Callable[[str], Path | None]) -> str:
    stem, number = relative.with_suffix("").as_posix(), 1
    candidate = stem
    while (other := taken_by(candidate)) is not None and hash_file(other) != hash_file(path):
        number += 1
        candidate = f"{stem}-{number}"
    return f"{candidate}{relative.suffix}"


def _pictures_below(folder: Path) -> list[Path]:
    """Return pictures that truly lie below the folder: links out of it are not followed."""
    root = folder.resolve()
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file())
    return [path for path in found if path.resolve().is_relative_to(root)]


def _draft(boxes: Sequence[Label], intent: _Intent) -> dict[str, Any]:
    entries = [
        {"class": box.class_name, "box": list(box.box_xyxy), **({"outline": box.outline} if box.outline else {})}
        for box in boxes
    ]
    return {"intent": intent, "boxes": entries}


def _draft_boxes(content: Any, path: Path) -> tuple[Label, ...]:
    try:
        return tuple(_draft_box(entry) for entry in content["boxes"])
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(
            f"{path}: not a draft as Partsight writes it ({error}). Delete it and label anew."
        ) from error


def _draft_box(entry: Any) -> Label:
    x0, y0, x1, y1 = map(float, entry["box"])
    outline = tuple((float(x), float(y)) for x, y in entry.get("outline", ()))
    return Label((x0, y0, x1, y1), str(entry["class"]), outline=outline)


def _cut(boxes: Sequence[Label], size_wh: tuple[int, int]) -> list[Label]:
    """Cut boxes and outlines at the picture's border, where tools may overshoot by rounding."""
    return [
        Label(cut_box(box.box_xyxy, size_wh), box.class_name, outline=cut_outline(box.outline, box.box_xyxy, size_wh))
        for box in boxes
    ]


def _revision(state: LabelState, boxes: Sequence[Label]) -> str:
    entries = [[box.class_name, *(round(edge, 3) for edge in box.box_xyxy)] for box in boxes]
    return hash_json([state, entries])
