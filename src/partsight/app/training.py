"""Jobs on the page: what a run would take, what runs, how far it is, and how the training goes."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse, Response

from partsight.app.project import Project
from partsight.errors import JobError, StorageError
from partsight.files import read_json
from partsight.pipeline.choosing.budget import describe_budget
from partsight.pipeline.experiment import Experiment
from partsight.pipeline.jobs.job import Job
from partsight.pipeline.running.plan import duration
from partsight.pipeline.stages.train.glimpses import NUM_PICTURES, picture_path, read_found
from partsight.pipeline.stages.train.stage import validation_map50
from partsight.progress import Silence
from partsight.web.problems import problem

_SAID = 8
_SHOWN_JOBS = 30
_TITLES = {
    "run": "Render, train, evaluate",
    "render": "Render",
    "export": "Export the detector",
    "report": "Judge again and write the report",
}
_MOST_MINUTES = 7 * 24 * 60

Key = Annotated[str, Query(pattern=r"^[0-9a-f]{8,64}$")]
Minutes = Annotated[float, Field(gt=0, le=_MOST_MINUTES)]


class SentJob(BaseModel):
    """A job as the page asks for it."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["run", "render", "export", "report"]
    minutes: Minutes | None = None


def serve(app: FastAPI, project: Project) -> None:
    """Serve plans, jobs and curves."""

    @app.get("/api/jobs")
    def jobs() -> list[dict[str, Any]]:
        return [describe_job(job) for job in reversed(project.jobs.jobs()[-_SHOWN_JOBS:])]

    @app.post("/api/jobs")
    def start(sent: SentJob) -> dict[str, Any]:
        _expect_no_twin(project, sent.kind)
        return describe_job(project.jobs.start(*_command_of(sent)))

    @app.post("/api/jobs/{number}/stop")
    def stop(number: int) -> dict[str, Any]:
        return describe_job(project.jobs.stop(number))

    @app.post("/api/jobs/{number}/resume")
    def resume(number: int) -> dict[str, Any]:
        return describe_job(project.jobs.resume(number))

    @app.get("/api/plan")
    def plan(minutes: Annotated[float | None, Query(gt=0, le=_MOST_MINUTES)] = None) -> dict[str, Any]:
        return _plan(project, minutes)

    @app.get("/api/training")
    def training() -> dict[str, Any]:
        return _newest_training(project)

    @app.get("/api/training/picture")
    def picture(key: Key, number: Annotated[int, Query(ge=0, lt=NUM_PICTURES)]) -> Response:
        path = picture_path(project.workspace, key, number)
        return FileResponse(path, media_type="image/jpeg") if path.is_file() else problem(404, "no such picture")


def describe_job(job: Job) -> dict[str, Any]:
    """Return a job as the page shows it."""
    record, state = job.progress, job.state
    stages = [] if record is None else [
        {
            "name": stage.name, "unit": stage.unit, "total": stage.total, "done": stage.done, "remark": stage.remark,
            "seconds_left": stage.seconds_left, "is_finished": stage.ended_s is not None,
        }
        for stage in record.stages
    ]  # fmt: skip
    has_ended_badly = state in ("failed", "lost")
    return {
        "number": job.number,
        "title": job.title,
        "lane": job.lane,
        "state": state,
        "seconds": round(job.seconds, 1),
        "stages": stages,
        "said": list(record.said[-_SAID:]) if record is not None else [],
        "output": job.output()[-3000:] if has_ended_badly else "",
    }


def _command_of(sent: SentJob) -> tuple[Sequence[str], str]:
    if sent.kind == "run" and sent.minutes is not None:
        return ["run", "--minutes", f"{sent.minutes:g}"], f"Train in {sent.minutes:g} minutes"
    return [sent.kind], _TITLES[sent.kind]


def _expect_no_twin(project: Project, kind: str) -> None:
    """Refuse to queue what is queued already: a second click, or a second tab. Raises JobError."""
    twins = [job for job in project.jobs.jobs() if job.command[:1] == (kind,) and job.state in ("waiting", "running")]
    if twins:
        raise JobError(
            f"job {twins[0].number} ({twins[0].title}) is {twins[0].state} already. Stop it first to start another one."
        )


def _plan(project: Project, minutes: float | None) -> dict[str, Any]:
    """Return what a run of so many minutes would do. Runs nothing. Raises RecipeError for too short a time."""
    recipe = project.recipe() if minutes is None else project.recipe().at("budget.minutes", minutes)
    experiment = Experiment(recipe, project.workspace, Silence())
    plan = experiment.plan()
    rows = [
        {
            "title": stage.title, "state": stage.state, "units": stage.num_units, "missing": stage.num_missing, "unit": stage.unit,
            "time": None if stage.seconds_left is None else duration(stage.seconds_left),
        }
        for stage in plan.stages
    ]  # fmt: skip
    chosen = [] if minutes is None else [describe_budget(experiment.expect())]
    return {"sentence": plan.sentence, "chosen": chosen, "stages": rows}


def _newest_training(project: Project) -> dict[str, Any]:
    """Return the epochs of the training that was worked on last, and what it finds so far."""
    histories = sorted(
        (project.workspace.root / "train").glob("*/history.json"), key=lambda path: path.stat().st_mtime, reverse=True
    )
    if not histories:
        return {"key": "", "epochs": [], "found": None}
    key = histories[0].parent.name
    return {"key": key, "epochs": _epochs(histories[0]), "found": read_found(project.workspace, key)}


def _epochs(path: Path) -> list[dict[str, Any]]:
    try:
        return [{"map50": validation_map50(figures), "loss": _loss(figures)} for figures in read_json(path)]
    except (OSError, StorageError, AttributeError):
        return []


def _loss(figures: dict[str, float]) -> float | None:
    losses = [value for name, value in figures.items() if "loss" in name.lower() and "val" not in name.lower()]
    return sum(losses) if losses and math.isfinite(sum(losses)) else None
