"""Labels in and out of the photos folder."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from partsight.config.expressions import check_expression, find_groups
from partsight.dataset.photos import match_session
from partsight.errors import DatasetError
from partsight.labels.archives import unpack
from partsight.labels.balance import Balance, BalanceSheet
from partsight.labels.class_mapping import ClassMapping, map_classes
from partsight.labels.export_folder import ExportFolder, open_folder
from partsight.labels.findings import NAMELESS, Findings
from partsight.labels.formats.detection import read_export
from partsight.labels.formats.writing import write_export
from partsight.labels.formats.yolo.names import dataset_root
from partsight.labels.importing import (
    Imported,
    ImportRecord,
    import_pictures,
    known_classes,
    read_imports,
    record_import,
)
from partsight.labels.judging import Judged, LabeledPicture, judge, without_nameless
from partsight.labels.label import raise_problems
from partsight.labels.own_folders import read_yolo
from partsight.labels.selecting import EmptyRule, ImportRules, select
from partsight.pictures import read_picture
from partsight.progress import Progress
from partsight.scratch import scratch_folder
from partsight.structures.dataset import Dataset

_YAML_SUFFIXES = frozenset({".yaml", ".yml"})
_TABLE_SUFFIXES = frozenset({".json", ".xml", ".csv"})


@dataclass(frozen=True, slots=True)
class ImportSource:
    """What is imported, and what the user said of it."""

    path: Path
    """A zip, a folder, or a label file."""
    photos: Path
    pictures: Path | None = None
    """A further folder of pictures."""
    said: Mapping[str, str] = field(default_factory=dict)
    """Their class → ours."""
    class_names: Sequence[str] = ()
    """Of the recipe, known beside those of the photos folder."""


@dataclass(frozen=True, slots=True)
class OpenExport:
    """An export as read and judged, before anything is written."""

    source: ImportSource
    format: str
    num_boxes: int
    judged: Judged
    mapping: tuple[ClassMapping, ...]
    root: Path

    @property
    def num_pictures(self) -> int:
        """How many pictures were found, those that are listed and not there included."""
        return len(self.judged.pictures) + len(self.judged.left_out)


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """How an export is written."""

    session: str
    session_from: str | None = None
    """Regular expression on a picture's name or path, whose groups name its session; None for `session` alone."""
    skip_bad: bool = False
    """Whether faults are cut or left out instead of refused."""
    replace: bool = False
    """Whether labels of pictures that are there already are replaced."""
    empty: EmptyRule = "ask"


@contextmanager
def open_export(source: ImportSource, progress: Progress) -> Iterator[OpenExport]:
    """Read an archive, folder or file of another tool; every picture is decoded whole. Raises DatasetError."""
    with _temporary_folder() as temporary, _told_as(source.path, temporary):
        folder = _opened(source, temporary)
        name, found = read_export(folder)
        judged = _judged(found, progress)
        judged = judged if NAMELESS in source.said else without_nameless(judged)
        known = list(dict.fromkeys([*known_classes(source.photos), *source.class_names]))
        mapping = map_classes(judged.pictures, found.class_names, known, source.said)
        yield OpenExport(source, name, found.num_boxes, judged, mapping, folder.root)


def write_import(export: OpenExport, choices: ImportChoices) -> tuple[Imported, Balance]:
    """Copy pictures and labels into the photos folder, and keep the balance. Raises DatasetError with all faults, StorageError."""
    session_of = _sessions(export, choices)
    if not choices.skip_bad:
        raise_faults(export)
    sheet = BalanceSheet()
    rules = ImportRules({entry.found: entry.becomes for entry in export.mapping}, choices.empty)
    chosen = select(export.judged, rules, sheet)
    photos = export.source.photos
    outcome = import_pictures(chosen, photos, session_of, sheet=sheet, is_replacing=choices.replace)
    balance = sheet.closed(export.num_pictures, export.num_boxes)
    source = export.source.path.name
    if outcome.num_pictures or outcome.changes or source not in {one.source for one in read_imports(photos)}:
        record_import(photos, ImportRecord(source, export.format, outcome.sessions, balance, outcome.originals))
    return outcome, balance


def raise_faults(export: OpenExport) -> None:
    """Raise one DatasetError with all faults of an export, if it has any."""
    faults = export.judged.faults
    if faults:
        try:
            raise_problems(faults, export.source.path)
        except DatasetError as error:
            advice = "Mend them, or say `skip_bad`, which cuts boxes at the border and leaves out what cannot be used."
            raise DatasetError(f"{error}\n{advice} Nothing was written.") from None


def export_photos(photos: Path, target: str, out: Path) -> Dataset:
    """Write the labeled photos for another tool. Raises DatasetError."""
    class_names = known_classes(photos)
    if not class_names:
        raise DatasetError(f"{photos}: no classes.txt. Give the photos folder (`photos`).")
    dataset = read_yolo(photos, class_names, lambda path: path)
    write_export(dataset, target, out)
    return dataset


def _judged(found: Findings, progress: Progress) -> Judged:
    total = len({entry.path for entry in found.entries if entry.path is not None})
    done = 0
    with progress.stage("read", total, "pictures") as advance:

        def read_size(path: Path) -> tuple[int, int]:
            nonlocal done
            done += 1
            advance(done, path.name)
            height, width = read_picture(path).shape[:2]
            return width, height

        return judge(found, read_size)


def _sessions(export: OpenExport, choices: ImportChoices) -> "_SessionOf":
    if choices.session_from is None:
        return _SessionOf(choices.session, None, export.root)
    try:
        return _SessionOf(choices.session, check_expression(choices.session_from), export.root)
    except ValueError as error:
        raise DatasetError(f"`session_from` {choices.session_from!r}: {error}.") from error


@dataclass(frozen=True, slots=True)
class _SessionOf:
    session: str
    pattern: str | None
    root: Path

    def __call__(self, picture: LabeledPicture) -> str:
        """Return a picture's session by its name, else by its path in the export."""
        if self.pattern is None:
            return self.session
        path = picture.path.relative_to(self.root) if picture.path.is_relative_to(self.root) else picture.path
        subject = path.as_posix() if find_groups(self.pattern, picture.name) is None else picture.name
        return match_session(subject, self.pattern).replace("/", "-")


def _opened(source: ImportSource, folder: Path) -> ExportFolder:
    """Return the files to read: unpacked, or the one file given among the pictures of its folder."""
    path = source.path
    if path.is_dir():
        return open_folder(path, source.pictures)
    if not path.is_file():
        raise DatasetError(f"{path}: no such file or folder.")
    if path.suffix.lower() == ".zip":
        unpack(path, folder)
        return open_folder(_single_folder(folder), source.pictures)
    if path.suffix.lower() in _TABLE_SUFFIXES:
        return open_folder(path.parent, source.pictures, only=path)
    if path.suffix.lower() in _YAML_SUFFIXES:
        root = dataset_root(path)
        return open_folder(root, source.pictures, besides=() if path.is_relative_to(root) else (path,))
    raise DatasetError(f"{path}: unknown kind of export. Expected a zip, a folder, or a JSON, XML, CSV or YAML file.")


def _single_folder(folder: Path) -> Path:
    """Return the only folder in a folder that holds nothing else: archives often have one on top."""
    entries = [path for path in folder.iterdir() if path.name not in {"__MACOSX", ".DS_Store"}]
    return _single_folder(entries[0]) if len(entries) == 1 and entries[0].is_dir() else folder


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    with scratch_folder("import") as folder:
        # Names of classes are also looked for above an export: above this one there is nothing.
        inner = folder / "export"
        inner.mkdir()
        yield inner


@contextmanager
def _told_as(source: Path, temporary: Path) -> Iterator[None]:
    """Speak of the user's own file in errors, not of where it was unpacked."""
    try:
        yield
    except DatasetError as error:
        if str(temporary) not in str(error):
            raise
        raise DatasetError(str(error).replace(str(temporary), str(source))) from error
