"""Stage folders: named by what they depend on, finished when their manifest stands, used by one process at a time."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock, Timeout

from partsight.errors import StorageError
from partsight.files import delete_partial_files, hash_json, read_json, write_json
from partsight.structures.plain import as_plain

MANIFEST = "manifest.json"
LOCK = ".lock"
_SEAL = "seal"
"""Entry of a manifest: the hash of all its others."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a finished stage says of itself; each kind of stage adds fields of its own."""

    seconds: float = 0.0
    """Time of the last run that made anything."""
    num_units: int = 0
    """Units of work that were made in that time."""
    speed_kind: str = ""
    """What the time of one unit depends on."""
    machine: str = ""
    """Where it was made."""
    contents: str = ""
    """Hash of the list of its files (`contents.CONTENTS`)."""


ManifestT = TypeVar("ManifestT", bound=Manifest)


def read_manifest(stage_dir: Path, kind: type[ManifestT]) -> ManifestT | None:
    """Return a finished stage's manifest, None while it is unfinished. Raises StorageError for one that is damaged."""
    path = stage_dir / MANIFEST
    if not path.exists():
        return None
    try:
        content = check_seal(read_json(path), {field.name for field in fields(kind)})
    except StorageError as error:
        raise StorageError(f"{path}: is damaged. Delete {stage_dir} and run the same command again.") from error
    return kind(**{name: _as_tuples(value) for name, value in content.items()})


def check_seal(content: Any, names: set[str] | None = None) -> dict[str, Any]:
    """Return what a manifest says, without its seal. Raises StorageError where the seal, or the names of its entries, do not fit."""
    if not isinstance(content, dict) or content.get(_SEAL) != hash_json({**content, _SEAL: None}):
        raise StorageError("the manifest was changed after it was written")
    if names is not None and set(content) != {*names, _SEAL}:
        raise StorageError("the manifest is of another version")
    return {name: value for name, value in content.items() if name != _SEAL}


def inside(stage_dir: Path, relative: str) -> Path:
    """Return the place of a file that a manifest names. Raises StorageError when it leads out of the stage's folder."""
    path = stage_dir / str(relative)
    if not path.resolve().is_relative_to(stage_dir.resolve()):
        raise StorageError(
            f"{stage_dir / MANIFEST}: names {relative!r}, which is not in this folder. Delete the folder and run again."
        )
    return path


def list_finished(workspace: Workspace, stage: str, kind: type[ManifestT]) -> Iterator[tuple[Path, ManifestT]]:
    """Yield folder and manifest of a stage's finished folders; those of other versions, and damaged ones, are passed over."""
    for folder in sorted((workspace.root / stage).glob("*")):
        with contextlib.suppress(StorageError):
            manifest = read_manifest(folder, kind)
            if manifest is not None:
                yield folder, manifest


def write_manifest(stage_dir: Path, manifest: Manifest) -> None:
    """Declare a stage finished; what it vouches for is on the disk before it. Raises StorageError."""
    content = as_plain(manifest)
    write_json(stage_dir / MANIFEST, {**content, _SEAL: hash_json({**content, _SEAL: None})}, is_synced=True)


@contextlib.contextmanager
def claimed(stage_dir: Path) -> Iterator[None]:
    """Hold a stage folder for this process and clear what a killed one left. Raises StorageError when it is in use."""
    try:
        stage_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"{stage_dir}: cannot be made ({error.strerror}). Choose another folder for what is made."
        ) from error
    lock = FileLock(stage_dir / LOCK, timeout=_PATIENCE_S)
    try:
        with lock:
            delete_partial_files(stage_dir)
            yield
    except Timeout as error:
        raise StorageError(
            f"{stage_dir}: another partsight process is working here. Wait for it, or stop it."
        ) from error


def _as_tuples(value: Any) -> Any:
    """Return JSON's lists as tuples, at any depth."""
    if isinstance(value, list):
        return tuple(_as_tuples(item) for item in value)
    if isinstance(value, dict):
        return {name: _as_tuples(item) for name, item in value.items()}
    return value
