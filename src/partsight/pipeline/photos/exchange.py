"""Labels in and out of the photos folder."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from partsight.dataset.photos import session_of as session_by_pattern
from partsight.errors import DatasetError
from partsight.labels.archives import unpack
from partsight.labels.foreign import Findings
from partsight.labels.formats.detection import read_export
from partsight.labels.formats.foreign_writing import write_export
from partsight.labels.formats.yolo import read_yolo
from partsight.labels.importing import ClassMapping, Imported, import_pictures, known_classes, map_classes
from partsight.structures.dataset import Dataset


@dataclass(frozen=True, slots=True)
class OpenExport:
    """An export as read, before anything is written."""

    format: str
    found: Findings
    mapping: tuple[ClassMapping, ...]


@contextmanager
def open_export(source: Path, photos: Path, said: Mapping[str, str], pictures: Path | None) -> Iterator[OpenExport]:
    """Read an archive, folder or file of another tool. Raises DatasetError with all problems."""
    with tempfile.TemporaryDirectory(prefix="partsight-import-") as temporary:
        folder = _opened(source, Path(temporary))
        name, found = read_export(folder, pictures)
        mapping = map_classes(found.pictures, found.class_names, known_classes(photos), said)
        yield OpenExport(name, found, mapping)


def write_import(export: OpenExport, photos: Path, session: str, pattern: str | None) -> Imported:
    """Copy pictures and labels into the photos folder; a pattern takes sessions from picture names. Raises DatasetError."""

    def session_of(name: str) -> str:
        return session if pattern is None else session_by_pattern(name, pattern)

    if pattern is not None and re.compile(pattern).groups == 0:
        raise DatasetError(
            f"`session_from` {pattern!r}: needs a group in parentheses; what it matches names the session."
        )
    return import_pictures(export.found.pictures, export.mapping, photos, session_of)


def export_photos(photos: Path, target: str, out: Path) -> Dataset:
    """Write the labelled photos for another tool. Raises DatasetError."""
    class_names = known_classes(photos)
    if not class_names:
        raise DatasetError(f"{photos}: no classes.txt. Give the photos folder (`photos`).")
    dataset = read_yolo(photos, class_names, lambda path: path)
    write_export(dataset, target, out)
    return dataset


def _opened(source: Path, folder: Path) -> Path:
    """Return the folder to read: unpacked, or holding the one file given."""
    if source.is_dir():
        return source
    if not source.is_file():
        raise DatasetError(f"{source}: no such file or folder.")
    if source.suffix.lower() == ".zip":
        unpack(source, folder)
        return folder
    if source.suffix.lower() in {".json", ".xml"}:
        (folder / source.name).write_bytes(source.read_bytes())
        return folder
    raise DatasetError(f"{source}: unknown kind of export. Expected a zip, a folder, or a JSON or XML file.")
