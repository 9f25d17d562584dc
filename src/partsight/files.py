"""Files that are either whole or absent, content hashes, and what is left behind by a killed run."""

import contextlib
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from partsight.errors import StorageError
from partsight.texts import parse_json

_ADVICE = {
    errno.ENOSPC: "Free some space",
    errno.EDQUOT: "Free some space within your quota",
    errno.EFBIG: "Raise the limit on the size of files (ulimit -f), or choose a disk that takes larger ones",
    errno.EROFS: "Choose a folder that can be written",
    errno.EACCES: "Mend the permissions",
    errno.EPERM: "Mend the permissions",
    errno.EIO: "Check the disk",
    errno.ESTALE: "Check the network drive",
    errno.ENAMETOOLONG: "Choose a shorter name",
    errno.ELOOP: "Mend the links",
    errno.EMFILE: "Raise the limit on open files (ulimit -n)",
    errno.ENFILE: "Close other programs",
}
"""What to do, by the reason for which the operating system refuses to read or write."""


def write_bytes(path: Path, content: bytes | memoryview, *, is_synced: bool = False) -> None:
    """Write a file so that it is never seen half-written, creating its folder. Raises StorageError.

    One that is synced is on the disk when this returns, even if the power fails then.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(content)
            if is_synced:
                _sync(partial)
            partial.replace(path)
            if is_synced:
                _sync(path.parent)
        finally:
            partial.unlink(missing_ok=True)


def write_text(path: Path, content: str) -> None:
    """Write a UTF-8 text file atomically. Raises StorageError."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any, *, is_synced: bool = False) -> None:
    """Write indented JSON atomically, keys in the order given. Raises StorageError."""
    write_bytes(path, json_bytes(content), is_synced=is_synced)


def json_bytes(content: Any) -> bytes:
    """Return indented JSON, keys in the order given."""
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    return text.encode(errors="backslashreplace")  # file names that are no text, as JSON escapes them


def read_json(path: Path) -> Any:
    """Read JSON. Raises StorageError naming file and line when it is not JSON."""
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise StorageError(
            f"{path}: not valid JSON ({error}). Delete the file and run the same command again."
        ) from error


def hash_bytes(*contents: bytes) -> str:
    """Return the first 16 hex digits of the SHA-256 of the contents, each one framed by its length."""
    digest = hashlib.sha256()
    for content in contents:
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()[:16]


def hash_file(path: Path) -> str:
    """Return the content hash of a file (16 hex digits)."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


def hash_content(content: bytes) -> str:
    """Return the hash that a file of this content has."""
    return hashlib.sha256(content).hexdigest()[:16]


def hash_json(content: Any) -> str:
    """Return the hash of JSON-like content, independent of the order of keys."""
    return hash_bytes(json.dumps(content, sort_keys=True, default=str).encode())


def delete_partial_files(root: Path) -> int:
    """Delete what killed writers left behind under a folder; return how many files that were."""
    leftovers = list(root.glob("**/*.partial")) if root.is_dir() else []
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


@contextlib.contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal into an error that says where, how much is free, and what to do. Raises StorageError."""
    try:
        yield
    except OSError as error:
        raise storage_error(path, error) from error


def advice_for(error: OSError) -> str:
    """Return what to do about a refusal of the operating system."""
    return _ADVICE.get(error.errno or 0, "Free some space or mend the permissions")


def storage_error(path: Path, error: OSError) -> StorageError:
    """Return what to tell the user about a file that cannot be written."""
    return StorageError(
        f"{path}: cannot be written ({error.strerror or error}; {_free_space(path)}). Everything written so far is intact. "
        f"{advice_for(error)}, then run the same command again."
    )


def is_refusal(error: OSError) -> bool:
    """Return whether the operating system refuses to read or write, for want of space or permission."""
    return error.errno in _ADVICE


def _free_space(path: Path) -> str:
    """Say how much is free where a file was to lie."""
    folder = next((one for one in path.absolute().parents if one.is_dir()), Path("/"))
    return f"{shutil.disk_usage(folder).free / 1e6:,.1f} MB are free there"


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk; some file systems sync no folders."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
