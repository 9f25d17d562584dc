"""What lies in a workspace: every stage folder with its size, what made it, and whether the present recipes still reach it."""

import json
import shutil
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partsight.errors import StorageError
from partsight.files import read_json
from partsight.pipeline.running.contents import find_damage
from partsight.pipeline.running.run import RECIPE
from partsight.pipeline.running.stage import Stage
from partsight.pipeline.running.workspace import MANIFEST, Workspace, check_seal, claimed

STAGES = (
    "cad",
    "render",
    "layers",
    "dataset",
    "alarms",
    "pasted",
    "frames",
    "train",
    "verify",
    "evaluate",
    "report",
    "pseudo",
)
"""Folders of stages; those of earlier versions are among them, other folders of a workspace are left alone."""


@dataclass(frozen=True, slots=True)
class StageFolder:
    """One folder of a stage."""

    stage: str
    key: str
    folder: Path
    num_bytes: int
    """Size of its files; a file that several folders share by hard links counts in the first only."""
    is_finished: bool
    recipe_name: str
    """Name of the recipe that made it; empty where it is not known."""
    is_reached: bool
    """Whether one of the present recipes uses it."""


def list_folders(workspace: Workspace, reached: Iterable[Stage[Any, Any]]) -> tuple[StageFolder, ...]:
    """Return all stage folders, in the order of the stages; `reached` are the stages of the present recipes."""
    places = {(stage.name, stage.key) for stage in reached}
    counted: set[tuple[int, int]] = set()
    return tuple(
        _describe(stage, folder, is_reached=(stage, folder.name) in places, counted=counted)
        for stage in STAGES
        for folder in sorted((workspace.root / stage).glob("*"))
        if folder.is_dir()
    )


def delete_folders(folders: Collection[StageFolder]) -> None:
    """Delete stage folders, none of which another process may be using. Raises StorageError."""
    for one in folders:
        with claimed(one.folder):
            pass  # raises where another process works
        doomed = one.folder.with_name(f"{one.key}.deleted")
        try:
            one.folder.rename(doomed)  # a half deleted stage must not be taken for a finished one
            shutil.rmtree(doomed)
        except OSError as error:
            raise StorageError(f"{one.folder}: cannot be deleted ({error.strerror}). Mend the permissions.") from error


def verify_folder(folder: StageFolder) -> tuple[str, ...]:
    """Read every file of a finished stage and return those that were changed or deleted since; nothing for one that was begun."""
    if not folder.is_finished:
        return ()
    try:
        content = read_json(folder.folder / MANIFEST)
        contents = check_seal(content)["contents"]
    except (KeyError, OSError, StorageError):
        return (MANIFEST,)
    return find_damage(folder.folder, str(contents), is_thorough=True)


def _describe(stage: str, folder: Path, *, is_reached: bool, counted: set[tuple[int, int]]) -> StageFolder:
    num_bytes = 0
    for path in folder.rglob("*"):
        state = path.lstat()
        if path.is_file() and (state.st_dev, state.st_ino) not in counted:
            counted.add((state.st_dev, state.st_ino))
            num_bytes += state.st_size
    is_finished = (folder / MANIFEST).is_file()
    return StageFolder(stage, folder.name, folder, num_bytes, is_finished, _recipe_name(folder), is_reached)


def _recipe_name(folder: Path) -> str:
    try:
        content = read_json(folder / RECIPE)
    except (OSError, StorageError, json.JSONDecodeError):
        return ""
    return str(content.get("name", "")) if isinstance(content, dict) else ""
