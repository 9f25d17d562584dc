"""Folders for temporary files: each is held by the process that uses it; what a killed process left behind, the next one deletes.

TMPDIR/partsight-<purpose>-<chance>/         the folder
TMPDIR/partsight-<purpose>-<chance>.lock     held as long as its process lives
"""

import contextlib
import functools
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from partsight.errors import StorageError

PREFIX = "partsight-"
_LOCK = ".lock"


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """Yield an empty folder for temporary files that is gone afterwards. Raises StorageError."""
    root = _root()
    _delete_left(root)
    try:
        folder, lock = _claim(root, purpose)
    except OSError as error:
        raise StorageError(
            f"{root}: no folder for temporary files can be made there ({error.strerror or error}). "
            "Set TMPDIR to a folder with space that can be written."
        ) from error
    try:
        yield folder
    finally:
        _delete(folder, lock)


def _root() -> Path:
    try:
        return Path(tempfile.gettempdir())
    except OSError as error:
        raise StorageError(
            f"no folder for temporary files ({error.strerror or error}). Set TMPDIR to a folder with space."
        ) from error


def _claim(root: Path, purpose: str) -> tuple[Path, FileLock]:
    """Make a folder whose lock this process holds: the lock first, so that nobody takes the folder for a leftover."""
    while True:
        folder = root / f"{PREFIX}{purpose}-{secrets.token_hex(8)}"
        lock = FileLock(f"{folder}{_LOCK}", mode=0o600)
        lock.acquire()
        if Path(lock.lock_file).exists():  # else another process took the file for a leftover before it was locked
            folder.mkdir(mode=0o700)
            return folder, lock
        lock.release()


@functools.lru_cache(maxsize=8)
def _delete_left(root: Path) -> None:
    """Delete what killed processes of this user left, once in a process."""
    with contextlib.suppress(OSError):
        for path in root.glob(f"{PREFIX}*{_LOCK}"):
            _delete_if_left(path)


def _delete_if_left(path: Path) -> None:
    """Delete a folder whose lock nobody holds; one that cannot be deleted stays."""
    with contextlib.suppress(OSError, Timeout):
        if hasattr(os, "getuid") and path.lstat().st_uid != os.getuid():
            return
        lock = FileLock(path, timeout=0)
        lock.acquire()
        _delete(path.with_name(path.name.removesuffix(_LOCK)), lock)


def _delete(folder: Path, lock: FileLock) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
