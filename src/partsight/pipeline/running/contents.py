"""What a finished stage holds: size, time stamp and hash of every file, so that damage is noticed before it is built on."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from partsight.errors import StorageError
from partsight.files import hash_bytes, hash_file, read_json, write_json
from partsight.pipeline.running.workspace import LOCK, MANIFEST

CONTENTS = "contents.json"
_BESIDE = {MANIFEST, CONTENTS, "recipe.json", LOCK}
"""Files that say something about the stage and are no part of it."""
Entry: TypeAlias = tuple[int, int, str]
"""Size in bytes, time of the last change in nanoseconds, hash of the content."""


def record_contents(folder: Path) -> str:
    """Write what a stage's folder holds into contents.json, and return the hash of that list. Raises StorageError."""
    entries = {path.relative_to(folder).as_posix(): _entry(path) for path in _files(folder)}
    write_json(folder / CONTENTS, entries)
    return _hash(entries)


def find_damage(folder: Path, contents_hash: str, *, is_thorough: bool = False) -> tuple[str, ...]:
    """Return the files of a finished stage that are missing, new in size, or of another content, in name order.

    Files of the same size and time stamp are taken for unchanged; `is_thorough` reads them all. Raises OSError for files that may
    not be read: they need not be damaged, and nothing is deleted for it.
    """
    try:
        entries = {name: (int(size), int(time), str(sha)) for name, (size, time, sha) in _listed(folder).items()}
    except (AttributeError, FileNotFoundError, StorageError, TypeError, ValueError):
        return (CONTENTS,)
    if _hash(entries) != contents_hash:
        return (CONTENTS,)
    return tuple(
        name for name, entry in entries.items() if not _is_whole(folder / name, entry, is_thorough=is_thorough)
    )


def _listed(folder: Path) -> Mapping[str, Entry]:
    listed: Mapping[str, Entry] = read_json(folder / CONTENTS)
    return listed


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        is_own = path.name.endswith(".partial") or (path.parent == folder and path.name in _BESIDE)
        if path.is_file() and not is_own:
            yield path


def _entry(path: Path) -> Entry:
    state = path.stat()
    return state.st_size, state.st_mtime_ns, hash_file(path)


def _is_whole(path: Path, entry: Entry, *, is_thorough: bool) -> bool:
    size, time_ns, sha = entry
    try:
        state = path.stat()
        if state.st_size != size:
            return False
        return (state.st_mtime_ns == time_ns and not is_thorough) or hash_file(path) == sha
    except (FileNotFoundError, NotADirectoryError):
        return False


def _hash(entries: Mapping[str, Entry]) -> str:
    """Return the hash of a list as it was written; files copied with other time stamps leave it as it is."""
    return hash_bytes(*(f"{name} {size} {time} {sha}".encode() for name, (size, time, sha) in sorted(entries.items())))
