"""The photos folder before labeling: to_label/<session>/ and photos.json, which says where each picture comes from.

Pictures and photos.json are moved into place together; after a kill, the next command finishes that or finds nothing of it.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from partsight.errors import PhotosError
from partsight.files import read_json
from partsight.pictures import jpeg_bytes
from partsight.staging import StagedFolder
from partsight.structures.arrays import Image
from partsight.structures.names import as_file_stem, is_folder_name

RECORDS = "photos.json"
TO_LABEL = "to_label"
JPEG_QUALITY = 95

_VERSION = 1


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A video or a set of pictures that was looked through for a session."""

    source: str
    """File or folder name."""
    content_hash: str
    session: str
    num_frames: int
    num_picked: int


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """Where one picture comes from."""

    file: str
    """Below the photos folder, with forward slashes."""
    source: str
    """Name of the video or picture it was taken from."""
    content_hash: str
    """Of that file."""
    time_s: float | None
    """Since the first frame of the video."""
    session: str
    part: str | None
    size_wh: tuple[int, int]
    sharpness: float
    perceptual_hash: str
    """64 bits as 16 hex digits."""
    taken_at: str | None = None
    """When, by the camera's own clock, as 2026-11-23T14:05:00; None where the file does not say."""
    camera: str | None = None
    """Maker and model."""
    focal_35mm: float | None = None
    """Focal length for a film of 36 × 24 mm, in millimeters."""


@dataclass(frozen=True, slots=True)
class Records:
    """All that photos.json holds."""

    sources: tuple[SourceRecord, ...] = ()
    pictures: tuple[PictureRecord, ...] = ()

    def find_source(self, content_hash: str, session: str) -> SourceRecord | None:
        """Return the record of a source that was added to this session before."""
        same = (source for source in self.sources if (source.content_hash, source.session) == (content_hash, session))
        return next(same, None)

    def with_pictures(self, pictures: Sequence[PictureRecord]) -> "Records":
        """Return the records and further pictures that come from no file."""
        return replace(self, pictures=(*self.pictures, *pictures))

    def with_source(self, source: SourceRecord, pictures: Sequence[PictureRecord]) -> "Records":
        """Return the records with one more source and its pictures."""
        return replace(self, sources=(*self.sources, source), pictures=(*self.pictures, *pictures))


def check_session(session: str) -> None:
    """Refuse what cannot be a folder name everywhere. Raises PhotosError."""
    if not is_folder_name(session):
        raise PhotosError(
            f"session {session!r} cannot be a folder name. Choose another `session`: letters, digits, hyphens."
        )


def read_records(photos: Path) -> Records:
    """Read photos.json, empty when there is none. Raises PhotosError when it is not as we write it."""
    path = photos / RECORDS
    if not path.is_file():
        return Records()
    content = read_json(path)
    try:
        sources = tuple(SourceRecord(**entry) for entry in content["sources"])
        pictures = tuple(_picture_record(entry) for entry in content["pictures"])
    except (KeyError, TypeError, ValueError) as error:
        raise PhotosError(
            f"{path}: not a list of photos as Partsight writes it ({error}). Bring back an older copy, or move it away "
            "and add the photos anew."
        ) from error
    return Records(sources, pictures)


def write_records(changes: StagedFolder, records: Records) -> None:
    """Prepare photos.json. Raises StorageError."""
    sources, pictures = map(asdict, records.sources), map(asdict, records.pictures)
    content = {"version": _VERSION, "sources": list(sources), "pictures": list(pictures)}
    changes.write_json(changes.folder / RECORDS, content)


def picture_stem(source: str, time_s: float | None) -> str:
    """Return the stem for a picture: that of its source, and the time in milliseconds for frames of a video."""
    stem = as_file_stem(Path(source).stem)
    return stem if time_s is None else f"{stem}-{round(1000 * time_s)}"


def write_picture(changes: StagedFolder, session: str, stem: str, image: Image, *, below: str = TO_LABEL) -> str:
    """Prepare a picture as JPEG and return its path below the photos folder; a name taken by another picture gets a number."""
    content = jpeg_bytes(image, JPEG_QUALITY)
    folder = changes.folder / below / session
    number, path = 1, folder / f"{stem}.jpg"
    while (there := changes.place(path)).is_file() and there.read_bytes() != content:
        number += 1
        path = folder / f"{stem}-{number}.jpg"
    changes.write(path, content)
    return path.relative_to(changes.folder).as_posix()


def _picture_record(entry: dict[str, Any]) -> PictureRecord:
    width, height = entry["size_wh"]
    int(entry["perceptual_hash"], 16)
    return PictureRecord(**{**entry, "size_wh": (width, height)})
