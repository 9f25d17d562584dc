"""What is looked at: pictures, videos, folders of them and streams, one picture after the other."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from partsight.deploy.frame_source import is_stream, num_frames, read_frames, shown_source
from partsight.errors import SourceError
from partsight.photos.decoding import VIDEO_SUFFIXES
from partsight.pictures import HEIF_SUFFIXES, PICTURE_SUFFIXES, name_order, read_picture
from partsight.structures.arrays import Image


@dataclass(frozen=True, slots=True)
class MediaSource:
    """One picture file, video file or stream."""

    address: str
    """Path or address, as given or found below a folder that was given."""
    place: str
    """Where its annotated copy goes in a folder: its name; below a folder that was given, its path from there."""
    is_video: bool

    @property
    def name(self) -> str:
        """How results name it: as it was given, without a password."""
        return shown_source(self.address)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One picture of a source."""

    source: MediaSource
    frame: int | None
    """Number of the frame, from 0; None for picture files."""
    time_s: float | None
    image: Image


def list_sources(given: Sequence[str]) -> list[MediaSource]:
    """Return all pictures and videos that are meant, in name order within folders. Raises SourceError listing what is not there."""
    sources, problems = find_sources(given)
    if problems:
        raise SourceError("\n".join(problems))
    return sources


def find_sources(given: Sequence[str]) -> tuple[list[MediaSource], list[str]]:
    """Return the pictures and videos that are there, in name order within folders, and a sentence for each that is not."""
    sources: list[MediaSource] = []
    problems: list[str] = []
    for address in given:
        try:
            sources += _sources_of(address)
        except SourceError as error:
            problems.append(str(error))
    return sources, problems


def views(source: MediaSource, every: int, tell: Callable[[str], None]) -> Iterator[View]:
    """Read a source; of videos every n-th frame. Raises DatasetError or SourceError when it is unreadable."""
    if not source.is_video:
        yield View(source, None, None, read_picture(Path(source.address)))
        return
    for frame in read_frames(source.address, tell):
        if frame.number % every == 0:
            yield View(source, frame.number, frame.time_s, frame.image)


def count_views(source: MediaSource, every: int) -> int:
    """Return how many pictures a source will give, as its header says; 1 where nothing is said."""
    if not source.is_video or is_stream(source.address):
        return 1
    try:
        return max(1, -(-num_frames(source.address) // every))
    except SourceError:
        return 1


def _sources_of(address: str) -> list[MediaSource]:
    if is_stream(address):
        return [MediaSource(address, _stem_of(shown_source(address)), is_video=True)]
    path = Path(address)
    if path.is_dir():
        return _in_folder(path)
    if not path.is_file():
        raise SourceError(
            f"{address}: no such file or folder. Give pictures, videos, folders or the address of a stream."
        )
    kind = _kind(path)
    if kind is None:
        raise SourceError(f"{address}: neither picture nor video by its suffix. Known: {_known()}")
    return [MediaSource(address, path.name, is_video=kind == "video")]


def _in_folder(folder: Path) -> list[MediaSource]:
    paths = [path for path in folder.rglob("*") if _kind(path) is not None and path.is_file()]
    if not paths:
        raise SourceError(f"{folder}: no pictures or videos in this folder. Known: {_known()}")
    named = sorted((path.relative_to(folder).as_posix(), path) for path in paths)
    named.sort(key=lambda pair: name_order(pair[0]))
    return [MediaSource(str(path), name, is_video=_kind(path) == "video") for name, path in named]


def _stem_of(address: str) -> str:
    """Return a file name for a stream."""
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", address.partition("://")[2]).strip("._")
    return (name if _kind(Path(name)) is None else str(Path(name).with_suffix(""))) or "stream"


def _kind(path: Path) -> str | None:
    suffix = path.suffix.lower()
    return "picture" if suffix in PICTURE_SUFFIXES | HEIF_SUFFIXES else "video" if suffix in VIDEO_SUFFIXES else None


def _known() -> str:
    return " ".join(sorted(PICTURE_SUFFIXES | HEIF_SUFFIXES | VIDEO_SUFFIXES))
