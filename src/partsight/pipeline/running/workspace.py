"""Stage folders: named by what they depend on, finished when their manifest stands, used by one process at a time."""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from partsight.errors import StorageError
from partsight.files import delete_partial_files, read_json, write_json

MANIFEST = "manifest.json"
_PATIENCE_S = 2.0
"""Who only looks whether a stage is finished holds it for less: experiments side by side share stages."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder under which all stages of a project write."""

    root: Path

    def __post_init__(self) -> None:
        """Make the path absolute: workers and libraries may look from another folder."""
        object.__setattr__(self, "root", self.root.resolve())

    def stage_dir(self, stage: str, key: str) -> Path:
        """Return the folder of a stage with this key; it need not exist."""
        return self.root / stage / key


def read_manifest(stage_dir: Path) -> dict[str, Any] | None:
    """Return a finished stage's manifest, None while it is unfinished."""
    path = stage_dir / MANIFEST
    if not path.exists():
        return None
    manifest: dict[str, Any] = read_json(path)
    return manifest


def write_manifest(stage_dir: Path, content: Mapping[str, Any], *, started: float) -> dict[str, Any]:
    """Declare a stage finished; `started` is the time.monotonic() at which this process took it up."""
    manifest = {**content, "seconds": round(time.monotonic() - started, 2)}
    write_json(stage_dir / MANIFEST, manifest)
    return manifest


@contextlib.contextmanager
def claimed(stage_dir: Path) -> Iterator[None]:
    """Hold a stage folder for this process and clear what a killed one left. Raises StorageError when it is in use."""
    try:
        stage_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"{stage_dir}: cannot be made ({error.strerror}). Choose another folder for what is made."
        ) from error
    lock = FileLock(stage_dir / ".lock", timeout=_PATIENCE_S)
    try:
        with lock:
            delete_partial_files(stage_dir)
            yield
    except Timeout as error:
        raise StorageError(
            f"{stage_dir}: another partsight process is working here. Wait for it, or stop it."
        ) from error
