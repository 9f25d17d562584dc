"""A folder changed as a whole: files are prepared in a hidden folder in it, and moved into place together.

    folder/.staged/files/…      what is being prepared; the next one who changes the folder deletes it
    folder/.staged/moves.json   written when all is prepared: from here on the moves are finished, by whoever comes next

A process killed at any moment leaves nothing or all of a change, as soon as the folder is opened for another one.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from partsight.errors import StorageError
from partsight.files import json_bytes, read_json, storage_errors, write_bytes, write_json

LOCK, STAGED = ".lock", ".staged"
_FILES, _MOVES = "files", "moves.json"


@dataclass(frozen=True, slots=True)
class StagedFolder:
    """A folder, and the files that are prepared for it; `commit` moves them into place."""

    folder: Path

    def write(self, path: Path, content: bytes) -> None:
        """Prepare a file that is to lie at a path in the folder. Raises StorageError."""
        write_bytes(self._prepared(path), content, is_synced=True)

    def write_json(self, path: Path, content: object) -> None:
        """Prepare a JSON file. Raises StorageError."""
        self.write(path, json_bytes(content))

    def place(self, path: Path) -> Path:
        """Return where to read a file of the folder: as it was prepared, else where it lies."""
        prepared = self._prepared(path)
        return prepared if prepared.is_file() else path

    def commit(self) -> None:
        """Move all that was prepared into place. Raises StorageError; what had been begun then is finished by the next one."""
        files = self.folder / STAGED / _FILES
        prepared = [path.relative_to(files).as_posix() for path in files.rglob("*") if path.is_file()]
        if prepared:
            write_json(self.folder / STAGED / _MOVES, sorted(prepared, key=_labels_first), is_synced=True)
            _finish(self.folder)

    def _prepared(self, path: Path) -> Path:
        return self.folder / STAGED / _FILES / path.relative_to(self.folder)


@contextmanager
def staged(folder: Path, *, patience_s: float = 0.0) -> Iterator[StagedFolder]:
    """Hold a folder for this process, finish or delete what a killed one left in it, and collect changes for it.

    What was not committed is deleted at the end. Raises StorageError where another process changes the folder, or the disk refuses.
    """
    lock = FileLock(folder / LOCK, timeout=patience_s)
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            told = f"{folder}: another partsight process adds photos here. Wait for it, or stop it."
            raise StorageError(told) from error
    try:
        _finish(folder)
        yield StagedFolder(folder)
    finally:
        shutil.rmtree(folder / STAGED, ignore_errors=True)
        lock.release()


def _labels_first(path: str) -> tuple[bool, str]:
    """Put pictures last: one in images/ always has its labels."""
    return path.startswith("images/"), path


def _finish(folder: Path) -> None:
    """Make the moves that were decided on, and leave nothing behind. Raises StorageError."""
    root = folder / STAGED
    moves = read_json(root / _MOVES) if (root / _MOVES).is_file() else []
    for name in moves:
        target = folder / name
        with storage_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if (root / _FILES / name).is_file():
                (root / _FILES / name).replace(target)
    with storage_errors(root):
        if root.is_dir():
            shutil.rmtree(root)
