"""The files of an export, listed once, and its pictures, found by the names that label files give them."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from partsight.errors import DatasetError, first_of
from partsight.pictures import HEIF_SUFFIXES, PICTURE_SUFFIXES, files_below
from partsight.texts import MalformedText, parse_json

_UPLOADED = re.compile(r"^[0-9a-f]{8}-")
"""What Label Studio puts before the names of uploaded pictures."""
_CONTAINERS = frozenset(
    {"images", "image", "labels", "labeltxt", "annotations", "jpegimages", "imgs", "img", "pictures"}
)
"""Folders that say what kind of file lies in them and nothing about which picture it is."""


class PictureIndex:
    """Finds pictures by name, whatever the case: by path, else by file name, else by the name without suffix."""

    def __init__(self, paths: Iterable[Path], roots: Iterable[Path]) -> None:
        self.paths = tuple(dict.fromkeys(paths))
        self._roots = tuple(roots)
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        self._by_key: dict[tuple[str, ...], list[Path]] = defaultdict(list)
        for path in self.paths:
            self._by_name[path.name.lower()].append(path)
            self._by_stem[path.stem.lower()].append(path)
            self._by_key[self.key(path)].append(path)

    def find(self, name: str, near: Path) -> Path | None:
        """Return the picture that the label file `near` calls by a name; None when there is none, or several fit equally well."""
        plain = PurePosixPath(name.replace("\\", "/").strip())
        for shown in (plain.name, _UPLOADED.sub("", plain.name)):
            candidates = self._by_name.get(shown.lower()) or self._by_stem.get(stem_of(shown).lower(), [])
            if candidates:
                return _best(candidates, name, near)
        return None

    def beside(self, path: Path) -> Path | None:
        """Return the one picture that a label file is named after: in the same place, or in the place of its kind."""
        found = self._by_key.get(self.key(path), [])
        return found[0] if len(found) == 1 else None

    def sharing(self, path: Path) -> list[Path]:
        """Return all pictures that share the label file of this one."""
        return self._by_key.get(self.key(path), [])

    def key(self, path: Path) -> tuple[str, ...]:
        """Return what a picture and its label file have in common: their path without suffix and without folders of kinds."""
        root = max(
            (root for root in self._roots if path.is_relative_to(root)), key=lambda one: len(one.parts), default=None
        )
        parts = path.relative_to(root).parts if root is not None else path.parts
        return (*(part for part in parts[:-1] if part.lower() not in _CONTAINERS), path.stem)


@dataclass(frozen=True, slots=True)
class ExportFolder:
    """What lies in an export: label files below `root`, pictures below it and in a second folder."""

    root: Path
    files: tuple[Path, ...]
    """Label files and all others; of an export given as one file that file alone."""
    index: PictureIndex
    pictures: Path | None = None
    """The folder of pictures that was given beside the export."""
    _read: dict[Path, Any] = field(default_factory=dict)

    def ending(self, *suffixes: str) -> Iterator[Path]:
        """Yield the files with one of these suffixes."""
        yield from (path for path in self.files if path.suffix.lower() in suffixes)

    def is_given(self, picture: Path) -> bool:
        """Return whether a picture lies in the folder of pictures that was given."""
        return self.pictures is not None and picture.is_relative_to(self.pictures)

    def named(self, path: Path) -> str:
        """Return a file's path below the export, for messages."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()

    def json(self, path: Path) -> Any:
        """Return what a JSON file holds, read once; None when it is not JSON."""
        if path not in self._read:
            try:
                self._read[path] = parse_json(path.read_bytes())
            except (OSError, MalformedText):
                self._read[path] = None
        return self._read[path]


def open_folder(
    root: Path, pictures: Path | None = None, only: Path | None = None, besides: Sequence[Path] = ()
) -> ExportFolder:
    """List an export: a folder with files `besides`, or `only` one file in it; `pictures` is a further folder of pictures.

    Beside one file its own folder is looked through where no other one is given.

    Raises DatasetError without that folder.
    """
    if pictures is not None and not pictures.is_dir():
        raise DatasetError(f"{pictures}: no such folder of pictures.")
    files = files_below(root) if only is None or pictures is None else []
    found = [path for path in files if is_picture(path)]
    found += [path for path in files_below(pictures) if is_picture(path)] if pictures is not None else []
    own = {path.resolve(): path for path in reversed(found)}
    roots = [root] if pictures is None else [root, pictures]
    index = PictureIndex(reversed(own.values()), roots)
    return ExportFolder(root, (*files, *besides) if only is None else (only,), index, pictures)


def is_picture(path: Path) -> bool:
    """Return whether a file's suffix is that of a picture, one that only phones write included."""
    return path.suffix.lower() in PICTURE_SUFFIXES | HEIF_SUFFIXES


def missing_reason(name: str, export: ExportFolder) -> str:
    """Say why a picture was not found."""
    stem = stem_of(name).lower()
    same = [export.named(path) for path in export.index.paths if path.stem.lower() == stem]
    if same:
        return f"several pictures could be meant: {first_of(same, 3)}"
    other = next((path for path in export.files if path.name.lower() == PurePosixPath(name).name.lower()), None)
    if other is not None and not is_picture(other):
        return f"pictures ending in {other.suffix} are not read: save it as PNG or JPEG under the same name"
    return "no such picture in the export: give its folder (`pictures`)"


def stem_of(name: str) -> str:
    """Return a picture's name without folders and without suffix, if it has one of a picture."""
    plain = PurePosixPath(name.replace("\\", "/").strip())
    return plain.stem if is_picture(Path(plain.name)) else plain.name


def agreement(path: Path, name: str, near: Path | None) -> tuple[int, bool, int, bool]:
    """Return how well a picture fits the name that a label file gives it; larger is better.

    First the folders in the name count, then whether the label file is named after the picture, how near it lies, and whether its
    name speaks of the picture's folder.
    """
    num_folders = _common_end(path, PurePosixPath(name.replace("\\", "/").strip()))
    if near is None:
        return num_folders, False, 0, False
    words = set(re.split(r"[\W_]+", near.stem.lower()))
    return num_folders, near.stem == path.stem, _common_start(path, near), path.parent.name.lower() in words


def _best(candidates: list[Path], name: str, near: Path) -> Path | None:
    scores = {path: agreement(path, name, near) for path in candidates}
    best = [path for path, score in scores.items() if score == max(scores.values())]
    return best[0] if len(best) == 1 else None


def _common_end(path: Path, name: PurePosixPath) -> int:
    """Return how many folders above the picture are those that the name says."""
    pairs = zip(reversed(path.parts[:-1]), reversed(name.parts[:-1]), strict=False)
    return _leading(one.lower() == other.lower() for one, other in pairs)


def _common_start(path: Path, near: Path) -> int:
    return _leading(one == other for one, other in zip(path.parts, near.parts, strict=False))


def _leading(flags: Iterable[bool]) -> int:
    count = 0
    for flag in flags:
        if not flag:
            break
        count += 1
    return count


def twice_in(values: Iterable[Any]) -> set[Any]:
    """Return what occurs more than once."""
    return {value for value, count in Counter(values).items() if count > 1}
