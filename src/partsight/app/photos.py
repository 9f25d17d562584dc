"""Photos on the page: brought in by drop, looked through by jobs, labeled on the labeling page, given to a split."""

from collections import Counter
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import ClientDisconnect, Request

from partsight.app.project import INCOMING, Project
from partsight.app.training import describe_job
from partsight.errors import DatasetError, PartsightError
from partsight.labels.store import LabelStore, open_label_store, session_of_key
from partsight.pipeline import photo_folders
from partsight.pipeline.jobs.job import Job
from partsight.web.bodies import BodyError
from partsight.web.received import receive_file, refused, safe_name

UPLOAD = "/api/photos/upload"
_SPLITS = ("train", "validation", "test")

Session = Annotated[str, Field(pattern=r"^[\w.-]{1,80}$")]


class SentIntake(BaseModel):
    """What was dropped, to be looked through."""

    model_config = ConfigDict(extra="forbid")
    session: Session
    kind: Literal["photos", "places", "labels"] = "photos"


class SentSplit(BaseModel):
    """Which split a session serves; none takes it out."""

    model_config = ConfigDict(extra="forbid")
    session: Annotated[str, Field(max_length=300)]
    split: Literal["train", "validation", "test", "none"]


def serve(app: FastAPI, project: Project) -> None:
    """Serve sessions and uploads."""

    @app.get("/api/photos")
    def photos() -> dict[str, Any]:
        return _sessions(project)

    @app.post(UPLOAD)
    async def upload(
        request: Request, name: Annotated[str, Query(max_length=300)], session: Annotated[str, Query(max_length=80)]
    ) -> Any:
        try:
            path = await receive_file(request, project.folder / INCOMING / (safe_name(session) or "new"), name)
        except (BodyError, ClientDisconnect) as error:
            return refused(error)
        return {"file": path.name}

    @app.post("/api/photos/add")
    def add(sent: SentIntake) -> dict[str, Any]:
        return describe_job(_start_intake(project, sent))

    @app.put("/api/photos/split")
    def split(sent: SentSplit) -> dict[str, str]:
        return {"revision": _give_to_split(project, sent)}


def photos_folder(project: Project) -> Path:
    """Return the folder that all commands use for the recipe's photos, whole, since jobs work in another directory."""
    return photo_folders.photos_folder(None, project.recipe_path).resolve()


def _sessions(project: Project) -> dict[str, Any]:
    """Return all sessions with their numbers of photos, labels and classes."""
    folder, classes = photos_folder(project), project.recipe().class_names if project.has_recipe else ()
    try:
        store = open_label_store(folder, classes)
    except DatasetError as error:
        return {"folder": str(folder), "sessions": [], "problem": str(error) if folder.is_dir() else ""}
    split_of = _splits(project)
    rows: dict[str, dict[str, Any]] = {}
    for key in store.list_keys():
        session = session_of_key(key)
        row = rows.setdefault(
            session,
            {
                "name": session,
                "split": split_of(session),
                "photos": 0,
                "open": 0,
                "done": 0,
                "nothing": 0,
                "classes": Counter(),
            },
        )
        _count(row, store, key)
    return {"folder": str(folder), "sessions": list(rows.values()), "problem": ""}


def _count(row: dict[str, Any], store: LabelStore, key: str) -> None:
    row["photos"] += 1
    try:
        labels = store.read(key)
    except PartsightError as error:
        row["problem"] = str(error)
        return
    row[labels.state] += 1
    row["classes"].update(box.class_name for box in labels.boxes)


def _splits(project: Project) -> Callable[[str], str]:
    section = project.recipe().photos if project.has_recipe else None

    def split_of(session: str) -> str:
        for name in _SPLITS if section is not None else ():
            if any(fnmatchcase(session, pattern) for pattern in getattr(section, name)):
                return name
        return "none"

    return split_of


def _give_to_split(project: Project, sent: SentSplit) -> str:
    """Name a session in one split and in no other. Raises RecipeError."""
    section = project.recipe().photos
    changes: dict[str, Any] = {}
    for name in _SPLITS:
        others = [one for one in getattr(section, name) if one != sent.session]
        wanted = [*others, sent.session] if name == sent.split else others
        if wanted != list(getattr(section, name)):
            changes[f"photos.{name}"] = wanted
    if section.folder is None:
        changes["photos.folder"] = photo_folders.PHOTOS
    if sent.split != "none" and project.recipe().dataset.photos_per_class == 0:
        changes["dataset.photos_per_class"] = "all"
    return project.edit(changes, None) if changes else project.revision


def _start_intake(project: Project, sent: SentIntake) -> Job:
    source = project.folder / INCOMING / sent.session
    if not source.is_dir():
        raise DatasetError(f"nothing was brought in for session {sent.session}. Drop photos, videos or a zip first.")
    folder = str(photos_folder(project))
    if sent.kind == "labels":
        return project.jobs.start(
            ["photos", "import", str(source), "--photos", folder, "--yes", "--session", sent.session],
            f"Import labels: {sent.session}",
        )
    target = ["--places"] if sent.kind == "places" else ["--photos", folder]
    return project.jobs.start(
        ["photos", "add", str(source), *target, "--session", sent.session], f"Look through {sent.session}"
    )
