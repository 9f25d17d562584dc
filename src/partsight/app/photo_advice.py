"""What the commands say of the photos, beside them: what looks wrong, which views are missing, what to photograph next."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict
from starlette.responses import FileResponse, Response

from partsight.app.project import Project
from partsight.config.recipe import Recipe
from partsight.errors import PartsightError
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.jobs.job import Job, Lane
from partsight.pipeline.photo_answers import AnswerKind, drawing_path, find_answer, photos_state
from partsight.web.problems import problem

_KINDS: tuple[AnswerKind, ...] = ("check", "gaps", "suggest")
_COMMANDS = (("photos", "check"), ("photos", "suggest"))
_AFTER_TRAINING = ("evaluate", "report")

Drawing = Annotated[str, Query(pattern=r"^[0-9a-f]{16}$")]


class SentLook(BaseModel):
    """What shall be looked at: the photos alone, or beside the renders, which are made first where there are none."""

    model_config = ConfigDict(extra="forbid")
    with_renders: bool


def serve(app: FastAPI, project: Project) -> None:
    """Serve what the commands said last, and start them."""

    @app.get("/api/photos/advice")
    def advice() -> dict[str, Any]:
        return _advice(project)

    @app.post("/api/photos/advice")
    def look(sent: SentLook) -> dict[str, Any]:
        lane: Lane = "work" if sent.with_renders else "page"
        if not any(job.lane == lane for job in _at_work(project)):
            _start(project, with_renders=sent.with_renders)
        return _advice(project)

    @app.get("/api/photos/drawing")
    def drawing(name: Drawing) -> Response:
        path = drawing_path(project.workspace, name)
        return FileResponse(path, media_type="image/png") if path.is_file() else problem(404, "no such drawing")


def _advice(project: Project) -> dict[str, Any]:
    """Return the newest answers, each with whether it is of the photos, labels and recipe as they are now."""
    recipe = project.recipe() if project.has_recipe else None
    at_work = [
        {"number": job.number, "title": job.title, "lane": job.lane, "state": job.state} for job in _at_work(project)
    ]
    if recipe is None or not _has_labels(recipe):
        return {"can_look": False, "state": "", "at_work": at_work, **dict.fromkeys(_KINDS)}
    state = photos_state(recipe)
    answers: dict[str, Any] = {kind: _answer(project, kind, state) for kind in _KINDS}
    return {"can_look": True, "state": state, "at_work": at_work, **answers}


def _has_labels(recipe: Recipe) -> bool:
    folder = recipe.photos.folder
    return folder is not None and (folder / "images").is_dir()


def _answer(project: Project, kind: AnswerKind, state: str) -> dict[str, Any] | None:
    found = find_answer(project.workspace, kind)
    return None if found is None else {**asdict(found), "is_current": found.state == state}


def _at_work(project: Project) -> list[Job]:
    return [job for job in project.jobs.jobs() if job.command[:2] in _COMMANDS and job.state in ("waiting", "running")]


def _start(project: Project, *, with_renders: bool) -> None:
    """Start the quick look at once, the other one when it is its turn: it may render."""
    if not with_renders:
        project.jobs.start(["photos", "check"], "Check the photos", "page")
        return
    asked = ["--detector"] if _has_detector(project.experiment()) else []
    project.jobs.start(["photos", "check", "--gaps", *asked], "Check the photos beside the renders")
    project.jobs.start(["photos", "suggest", *asked], "What to photograph next")


def _has_detector(experiment: Experiment) -> bool:
    """Return whether the recipe's detector is trained, so that asking it takes no training."""
    try:
        stages = experiment.plan().stages
    except PartsightError:  # what cannot be trained yet has none
        return False
    return all(stage.state == "found" for stage in stages if stage.name not in _AFTER_TRAINING)
