"""The request with which a page keeps the frame that it shows."""

import time
from typing import Annotated

from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict, Field

from partsight.deploy.live.keeping import shown_frame
from partsight.deploy.live.station import LiveState
from partsight.web.problems import Json, problem

_PAUSE_S = 0.3
_MOST_TRACKS = 1000


class Snapshot(BaseModel):
    """A look to be kept, with the boxes that are shown."""

    model_config = ConfigDict(extra="forbid")
    look: Annotated[int, Field(ge=0)]
    run: Annotated[str, Field(max_length=40)]
    """Of the server, as the page was told it with the look."""
    tracks: Annotated[tuple[int, ...], Field(max_length=_MOST_TRACKS)]
    """Numbers of the tracks whose boxes are shown; those from memory are left out."""


def serve_snapshots(app: FastAPI, station: LiveState) -> None:
    """Answer requests to keep a frame."""
    last_s = 0.0

    @app.post("/snapshots")
    def keep(asked: Snapshot) -> Response:
        """Keep a frame that is shown, with its boxes, as a photo to label."""
        nonlocal last_s
        if station.keeper is None:
            return problem(409, "snapshots are off: the page was started without a photos folder")
        if time.monotonic() - last_s < _PAUSE_S:
            return problem(429, "one snapshot after the other, please; press again")
        look = station.audience.find(asked.look) if asked.run == station.run else None
        if look is None:
            return problem(410, "this frame is gone; freeze the picture first")
        last_s = time.monotonic()
        shown = shown_frame(look, asked.tracks, station.detector.class_names, station.watch.camera.name)
        kept = station.keeper.keep(shown)
        station.metrics.count("snapshots_total")
        said = {"kept": kept.file, "is_new": kept.is_new, "proposals": len(shown.proposals)}
        return Json(said, status_code=201 if kept.is_new else 200)
