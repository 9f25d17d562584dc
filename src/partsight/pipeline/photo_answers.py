"""What `photos check` and `photos suggest` said last, kept so that a page can show it until photos, labels or recipe change."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from partsight.config.loading import effective_recipe
from partsight.config.recipe import Recipe
from partsight.errors import PartsightError, StorageError
from partsight.files import hash_content, hash_json, read_json, write_bytes, write_json
from partsight.photos.storage import TO_LABEL
from partsight.pictures import files_below
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.running.workspace import Workspace

AnswerKind: TypeAlias = Literal["check", "gaps", "suggest"]
"""`check` is the check without renders, `gaps` the one with them."""
ANSWERS = "answers"
_LABELED = ("images", "labels")


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer as it was given."""

    state: str
    """Of the photos when it was asked for (`photos_state`)."""
    problem: str
    """Why there is none; empty where there is one."""
    content: dict[str, Any]


def photos_state(recipe: Recipe) -> str:
    """Return a hash that is another one once photos, labels or recipe are; files count by name, size and time.

    Give the recipe as it was given: what this machine chooses may be another thing each time.
    """
    folders = [recipe.photos.folder / name for name in (*_LABELED, TO_LABEL)] if recipe.photos.folder else []
    paths = [path for folder in (*folders, *recipe.photos.places) for path in files_below(folder)]
    return hash_json([effective_recipe(recipe), [_size_and_time(path) for path in paths]])


def _size_and_time(path: Path) -> tuple[str, int, int]:
    try:
        stat = path.stat()
    except FileNotFoundError:  # labeled meanwhile, which moves it
        return str(path), 0, 0
    return str(path), stat.st_size, stat.st_mtime_ns


@contextmanager
def keeping(experiment: Experiment, kind: AnswerKind) -> Iterator[dict[str, Any]]:
    """Keep what is put into the dictionary, or the problem that ends the work. Raises StorageError."""
    state, content = photos_state(experiment.given), dict[str, Any]()
    path = _path(experiment.workspace, kind)
    try:
        yield content
    except PartsightError as error:
        write_json(path, {"state": state, "problem": str(error), "content": {}})
        raise
    write_json(path, {"state": state, "problem": "", "content": content})


def find_answer(workspace: Workspace, kind: AnswerKind) -> KeptAnswer | None:
    """Return the newest answer; None where none was given, or its file is damaged."""
    try:
        found = read_json(_path(workspace, kind))
        return KeptAnswer(str(found["state"]), str(found["problem"]), dict(found["content"]))
    except (OSError, StorageError, KeyError, TypeError, ValueError):
        return None


def photo_key(recipe: Recipe, path: Path) -> str | None:
    """Return the name by which the labeling page knows a picture; None for one that lies elsewhere, as renders do."""
    if recipe.photos.folder is None or not path.is_relative_to(recipe.photos.folder / "images"):
        return None
    return path.relative_to(recipe.photos.folder / "images").as_posix()


def keep_drawing(workspace: Workspace, png: bytes) -> str:
    """Write a drawing that an answer shows, and return its name. Raises StorageError."""
    name = hash_content(png)
    write_bytes(drawing_path(workspace, name), png)
    return name


def drawing_path(workspace: Workspace, name: str) -> Path:
    """Return where a drawing lies."""
    return workspace.root / ANSWERS / f"{name}.png"


def _path(workspace: Workspace, kind: AnswerKind) -> Path:
    return workspace.root / ANSWERS / f"{kind}.json"
