"""Choices that were made in a workspace, each for what it was made for."""

from collections.abc import Mapping
from typing import Any

from partsight.errors import StorageError
from partsight.files import hash_json, read_json, write_json
from partsight.pipeline.running.workspace import Workspace

CHOICES = "choices"


def read_choice(workspace: Workspace, kind: str, wanted: Any) -> dict[str, Any] | None:
    """Return what was chosen before, None where nothing was. Raises StorageError for a damaged file."""
    path = workspace.root / CHOICES / _name(kind, wanted)
    if not path.is_file():
        return None
    content = read_json(path)
    if not isinstance(content, dict):
        raise StorageError(f"{path}: holds no choice. Delete the file and run the same command again.")
    return content


def write_choice(workspace: Workspace, kind: str, wanted: Any, chosen: Mapping[str, Any]) -> None:
    """Remember a choice. Raises StorageError."""
    write_json(workspace.root / CHOICES / _name(kind, wanted), dict(chosen))


def forget_choice(workspace: Workspace, kind: str, wanted: Any) -> None:
    """Let it be chosen anew."""
    (workspace.root / CHOICES / _name(kind, wanted)).unlink(missing_ok=True)


def _name(kind: str, wanted: Any) -> str:
    return f"{kind}-{hash_json(wanted)}.json"
