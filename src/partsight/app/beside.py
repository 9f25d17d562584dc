"""The pages beside the app: labeling and live, each a server of its own that goes on when the app ends."""

import re
import time
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from partsight.app.photos import Session, photos_folder
from partsight.app.project import Project
from partsight.errors import JobError
from partsight.web.reach.qr import qr_svg

MODEL = "model"
_LINK = re.compile(r"https?://\S+")
_LINK_S = 90.0
"""Beside a training on two cores a page took 40 s to begin."""


class SentCamera(BaseModel):
    """What live looks at: the number of a camera, an address, or a video file of this machine."""

    model_config = ConfigDict(extra="forbid")
    camera: Annotated[str, Field(min_length=1, max_length=2000)]


class SentSession(BaseModel):
    """The session that a phone sends photos of."""

    model_config = ConfigDict(extra="forbid")
    session: Session


def serve(app: FastAPI, project: Project) -> None:
    """Serve links to the pages beside this one, which are started when they are asked for."""

    @app.post("/api/label")
    def label() -> dict[str, str]:
        command = ["photos", "label", "--no-open", "--photos", str(photos_folder(project))]
        return {"link": _page_link(project, command, "Labeling page")}

    @app.post("/api/phone")
    def phone(sent: SentSession) -> dict[str, str]:
        command = ["photos", "receive", "--session", sent.session, "--photos", str(photos_folder(project))]
        return {"link": _page_link(project, command, f"Photos of a phone: {sent.session}")}

    @app.get("/api/qr")
    def code(link: Annotated[str, Query(max_length=500)]) -> Response:
        return Response(qr_svg(link), media_type="image/svg+xml")

    @app.get("/api/model")
    def model() -> dict[str, bool]:
        return {"has_model": (project.folder / MODEL).is_dir()}

    @app.post("/api/live")
    def live(sent: SentCamera) -> dict[str, str]:
        if not (project.folder / MODEL).is_dir():
            raise JobError("there is no exported detector yet. Export one first (Results → Export).")
        command = ["live", MODEL, "--camera", sent.camera, "--port", "0", "--photos", str(photos_folder(project))]
        command += ["--loop"] if Path(sent.camera).is_file() else []
        return {"link": _page_link(project, command, f"Live, camera {sent.camera}")}


def _page_link(project: Project, command: list[str], title: str) -> str:
    """Start a page beside this one, or find it running, and return its link. Raises JobError."""
    running = [job for job in project.jobs.jobs() if list(job.command) == command and job.is_alive]
    job = running[0] if running else project.jobs.start(command, title, "page")
    until_s = time.monotonic() + _LINK_S
    while time.monotonic() < until_s:
        output = job.output()
        if link := _LINK.search(output):
            return link.group()
        if not job.is_alive:
            raise JobError(output.strip()[-600:] or f"{title}: could not be started")
        time.sleep(0.1)
    raise JobError(f"{title}: does not answer after {_LINK_S:g} s. Look at `partsight jobs show {job.number}`.")
