"""Files that are either whole or absent, content hashes, and what is left behind by a killed run."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from partsight.errors import StorageError


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that it is never seen half-written, creating its folder. Raises StorageError."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    with _storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(content)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def write_text(path: Path, content: str) -> None:
    """Write a UTF-8 text file atomically. Raises StorageError."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    """Write indented JSON atomically, keys in the order given. Raises StorageError."""
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON. Raises StorageError naming file and line when it is not JSON."""
    try:
        return json.loads(path.read_text())
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


def hash_tree(root: Path, patterns: Iterable[str] = ("**/*",)) -> str:
    """Return one hash of the names and contents of all files under a folder that match any of the patterns."""
    paths = {path for pattern in patterns for path in root.glob(pattern) if path.is_file()}
    return hash_bytes(*(f"{path.relative_to(root).as_posix()} {hash_file(path)}".encode() for path in sorted(paths)))


def delete_partial_files(root: Path) -> int:
    """Delete what killed writers left behind under a folder; return how many files that were."""
    leftovers = list(root.glob("**/*.partial")) if root.is_dir() else []
    for path in leftovers:
        path.unlink(missing_ok=True)
    return len(leftovers)


@contextlib.contextmanager
def _storage_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal into an error that says what to do."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written ({error.strerror or error}). Everything written so far is intact: "
            "free some space or mend the permissions, then run the same command again."
        ) from error
