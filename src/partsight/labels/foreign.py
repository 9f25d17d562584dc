"""Labelled pictures as other tools hand them over: boxes in pixels with class names, before they are given a session."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from partsight.labels.label import Label
from partsight.pictures import PICTURE_SUFFIXES


@dataclass(frozen=True, slots=True)
class ForeignPicture:
    """One picture and what was marked on it; no labels means that it was looked at and shows nothing."""

    path: Path
    name: str
    """Its name in the other tool, without folders and suffix, and without what the tool added."""
    size_wh: tuple[int, int]
    labels: tuple[Label, ...]


@dataclass(slots=True)
class Findings:
    """What a reader found: pictures, problems that make it fail together, and remarks that do not."""

    pictures: list[ForeignPicture] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    class_names: list[str] = field(default_factory=list)
    """Classes that the tool knows, used or not."""


class PictureIndex:
    """Finds pictures by the names that label files give them: by path, else by file name, whatever the case."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        paths = dict.fromkeys(path for folder in folders for path in sorted(folder.rglob("*")) if _is_picture(path))
        self._by_name: dict[str, list[Path]] = {}
        for path in paths:
            self._by_name.setdefault(path.name.lower(), []).append(path)

    def find(self, name: str) -> Path | None:
        """Return the picture of this name; None when there is none, or when several have it."""
        written = dict.fromkeys(
            (Path(name), Path(name.replace("\\", "/")))
        )  # a sign of a name here, of a path on Windows
        places = [(folder, plain) for plain in written for folder in self._folders]
        for folder, plain in places:
            if not plain.is_absolute() and ".." not in plain.parts and (folder / plain).is_file():
                return folder / plain
        found = [path for plain in written for path in self._by_name.get(plain.name.lower(), [])]
        return found[0] if len(found) == 1 else None


def index_pictures(folders: Iterable[Path]) -> PictureIndex:
    """Return an index of all pictures below the folders that exist."""
    return PictureIndex([folder for folder in folders if folder.is_dir()])


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()
