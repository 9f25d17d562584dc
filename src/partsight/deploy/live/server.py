"""The server of the live page and of the interface for other programs."""

import time
from dataclasses import replace
from typing import Annotated, Any, final

import numpy as np
from fastapi import FastAPI, Path, Query, Request, Response, WebSocket
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from partsight.deploy.description import Document, PartCard
from partsight.deploy.live.frame_results import FrameResult
from partsight.deploy.live.inspection.page import serve_inspection
from partsight.deploy.live.metrics import as_prometheus, memory_bytes
from partsight.deploy.live.phone.camera import PhoneCamera
from partsight.deploy.live.phone.socket import serve_phone
from partsight.deploy.live.renewal import LiveModel
from partsight.deploy.live.snapshots import serve_snapshots
from partsight.deploy.live.station import LiveState, state_of
from partsight.deploy.live.viewers import ViewerContext, serve_viewer
from partsight.deploy.model_folder import ModelFolder
from partsight.deploy.overlay import class_color
from partsight.deploy.records import Record, record_as_json
from partsight.errors import ModelError, PartsightError, StorageError
from partsight.structures.detections import above
from partsight.web.access import Access
from partsight.web.bodies import BodyError, read_body
from partsight.web.guard import Guard
from partsight.web.pages import serve_page
from partsight.web.problems import Json, answer_problems, problem
from partsight.web.reach.qr import qr_svg
from partsight.web.uploads import UPLOADS, Uploads, read_upload

_STATIC = (
    "page.css", "icon.svg", "app.js", "stage.js", "plates.js", "cards.js", "connection.js", "phone.js", "places.js", "check.js",
    "poses.js",
)  # fmt: skip
_DETECT = "/detect"
_SHOWN_AS = {
    ".pdf": "application/pdf", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
    ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8",
}  # fmt: skip
"""Anything else, above all HTML and SVG, is downloaded and runs nothing here."""
_MAX_WAITING = 4
"""Pictures of other programs that wait for the detector; more are turned away."""
_MAX_PARTS = 100


def make_app(station: LiveState, access: Access) -> FastAPI:
    """Return the server. Its description for other programs is /openapi.json; it shows no page of foreign hosts."""
    app = FastAPI(title="Partsight live", version="1", docs_url=None, redoc_url=None, default_response_class=Json)
    serve_page(app, "partsight.deploy.live", _STATIC)
    _serve_view(app, station)
    _serve_cards(app, station.model)
    serve_snapshots(app, station)
    serve_inspection(app, station.inspection)
    _serve_threshold(app, station)
    _serve_links(app, station)
    if isinstance(station.watch.camera, PhoneCamera):
        serve_phone(app, station.watch.camera)
    _serve_detect(app, _UploadQueue(station))
    _serve_figures(app, station)
    answer_problems(app, _status_of)
    app.add_middleware(Guard, access=access, uploads=(_DETECT,))
    return app


def _status_of(error: PartsightError) -> int:
    """Return 507 where the disk takes nothing, so that a page holds what it wanted to keep."""
    return 404 if isinstance(error, ModelError) else 507 if isinstance(error, StorageError) else 400


def _serve_view(app: FastAPI, station: LiveState) -> None:
    gallery = ViewerContext(station.audience, station.metrics, lambda: state_of(station))
    if station.poses is not None:
        gallery = replace(gallery, poses=station.poses.shown)

    @app.websocket("/view")
    async def view(socket: WebSocket) -> None:
        await serve_viewer(socket, gallery)


class AskedThreshold(BaseModel):
    """A threshold to be used from now on."""

    model_config = ConfigDict(extra="forbid")
    threshold: Annotated[float, Field(ge=0, le=1)]


def _serve_threshold(app: FastAPI, station: LiveState) -> None:
    @app.post("/threshold")
    def store(asked: AskedThreshold) -> dict[str, float]:
        """Use a threshold for all classes from now on, on all pages; it is kept in the model folder."""
        station.threshold.store(asked.threshold)
        return {"threshold": station.threshold.value}


def _serve_links(app: FastAPI, station: LiveState) -> None:
    @app.get("/links", include_in_schema=False)
    def links() -> dict[str, Any]:
        return {"links": station.links}

    @app.get("/link.svg", include_in_schema=False)
    def code() -> Response:
        shown = station.links[0] if station.links else ""
        return Response(qr_svg(shown), media_type="image/svg+xml") if shown else problem(404, "no link")


def _serve_cards(app: FastAPI, model: LiveModel) -> None:
    @app.get("/parts")
    def parts() -> dict[str, Any]:
        """List what is known about each part, in the order of the class numbers; a model that was exported anew is taken up."""
        model.renew()
        known = model.folder.description
        return {"model": known.name, "parts": [_card(part, n) for n, part in enumerate(known.parts)]}

    @app.get("/parts/{number}/picture", include_in_schema=False)
    def picture(number: Annotated[int, Path(ge=0)]) -> Response:
        part = _part(model.folder, number)
        return problem(404, "no picture") if part is None or part.picture is None else _file(model.folder, part.picture)

    @app.get("/parts/{number}/documents/{position}", include_in_schema=False)
    def document(number: Annotated[int, Path(ge=0)], position: Annotated[int, Path(ge=0)]) -> Response:
        part = _part(model.folder, number)
        known = () if part is None else part.documents
        path = known[position].path if position < len(known) else None
        return problem(404, "no such document") if path is None else _file(model.folder, path)


@final
class _UploadQueue:
    """Takes pictures of other programs, a few at a time."""

    def __init__(self, station: LiveState) -> None:
        self.station = station
        self._num_waiting = 0
        self._uploads = Uploads()

    async def detect(self, request: Request, threshold: float | None) -> Response:
        """Answer with the parts in the picture sent."""
        if self._num_waiting >= _MAX_WAITING:
            self.station.metrics.count("detect_refused_total")
            return problem(503, "busy, try again", {"Retry-After": "1"})
        self._num_waiting += 1
        try:
            content = await read_body(request.headers, request.receive, UPLOADS)
            return await self._uploads.run(self._answer, content, threshold)
        except BodyError as error:
            return error.answer
        finally:
            self._num_waiting -= 1

    def _answer(self, content: bytes, threshold: float | None) -> Response:
        station = self.station
        image = read_upload(content)
        limits = station.limits if threshold is None else threshold
        (found,) = station.detector.detect([image], float(np.min(limits)), _MAX_PARTS)
        station.metrics.count("detect_total")
        record = Record("upload", None, None, (image.shape[1], image.shape[0]), above(found, limits))
        return Json(record_as_json(record, station.detector.class_names))


def _serve_detect(app: FastAPI, desk: _UploadQueue) -> None:
    binary = {"schema": {"type": "string", "format": "binary"}}
    body = {"required": True, "content": dict.fromkeys(("image/jpeg", "image/png", "image/webp"), binary)}

    @app.post(_DETECT, openapi_extra={"requestBody": body})
    async def detect(request: Request, threshold: Annotated[float | None, Query(ge=0, le=1)] = None) -> Response:
        """Find the parts in a picture; the body is the picture file."""
        return await desk.detect(request, threshold)

    @app.get("/detections")
    def detections() -> Response:
        """Return the parts that the camera sees now."""
        look = desk.station.watch.newest
        if look is None:
            return problem(503, "no frame has come yet")
        return Json(_parts_now(look, desk.station))


def _serve_figures(app: FastAPI, station: LiveState) -> None:
    @app.get("/health")
    def health() -> Response:
        """Say whether frames come and are looked at; 503 when not."""
        state = state_of(station)
        is_well = state["camera"] == "live" and not state["problem"]
        return Json({"ok": is_well, **state}, status_code=200 if is_well else 503)

    @app.get("/metrics")
    def metrics() -> Response:
        """Return figures for Prometheus."""
        return Response(_figures(station), media_type="text/plain; version=0.0.4; charset=utf-8")


def _figures(station: LiveState) -> str:
    report, newest = station.watch.camera.report(), station.watch.newest
    gauges = {
        "frames_per_second": station.watch.per_second(),
        "viewers": float(station.audience.num_viewers),
        "camera_live": float(report.state == "live"),
    }
    memory = memory_bytes()
    if memory is not None:
        gauges["memory_bytes"] = float(memory)
    names = ("detect_total", "detect_refused_total", "snapshots_total", "viewers_gone_total")
    counters = {name: float(station.metrics.read(name)) for name in names}
    counters["camera_frames_total"] = float(report.num_frames)
    counters["camera_losses_total"] = float(report.num_losses)
    counters["looks_total"] = 0.0 if newest is None else newest.number + 1.0
    return as_prometheus(gauges, counters, station.metrics.delay_quantiles_s())


def _parts_now(look: FrameResult, station: LiveState) -> dict[str, Any]:
    parts = [
        {
            "class": station.detector.class_names[track.class_id],
            "track": track.number,
            "score": round(track.score, 4),
            "box_xyxy": [round(side, 1) for side in track.box_xyxy],
            **({"outlines": [ring.round(1).tolist() for ring in track.outlines]} if track.outlines else {}),
        }
        for track in look.tracks
        if track.score >= station.threshold.of(track.class_id)
    ]
    age_s = time.monotonic() - look.frame.captured_s
    return {
        "look": look.number,
        "age_s": round(age_s, 3),
        "width": look.size_wh[0],
        "height": look.size_wh[1],
        "parts": parts,
    }


def _card(part: PartCard, number: int) -> dict[str, Any]:
    picture = None if part.picture is None else f"parts/{number}/picture"
    documents = [_link(document, number, position) for position, document in enumerate(part.documents)]
    shown = {"name": part.name, "color": class_color(number), "description": part.description, "details": part.details}
    return {**shown, "picture": picture, "documents": documents}


def _link(document: Document, number: int, position: int) -> dict[str, str]:
    return {"title": document.title, "href": document.url or f"parts/{number}/documents/{position}"}


def _part(model: ModelFolder, number: int) -> PartCard | None:
    return model.description.parts[number] if number < len(model.description.parts) else None


def _file(model: ModelFolder, relative: str) -> Response:
    path = model.file(relative)
    media_type = _SHOWN_AS.get(path.suffix.lower())
    if media_type is None:
        return FileResponse(path, media_type="application/octet-stream", filename=path.name)
    # the browser's own viewer of PDF needs its own styles; nothing of ours is in reach of it
    policy = {"Content-Security-Policy": "frame-ancestors 'none'"} if path.suffix.lower() == ".pdf" else {}
    return FileResponse(path, media_type=media_type, headers=policy)
