"""A model folder, a camera and the page, served until stopped."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from partsight.deploy.live.camera import LiveCamera
from partsight.deploy.live.detection_loop import DetectionLoop, WatchPlan
from partsight.deploy.live.devices import is_file, open_camera
from partsight.deploy.live.events import JsonLines, PartEvents, Sink, Webhook
from partsight.deploy.live.fair_lock import SharedDetector
from partsight.deploy.live.frame_results import LookHandler
from partsight.deploy.live.viewers import Viewers
from partsight.deploy.model import Model
from partsight.errors import SourceError
from partsight.pipeline.photos.snapshots import SnapshotKeeper
from partsight.web.access import Access

if TYPE_CHECKING:
    from partsight.deploy.live.station import LiveState
    from partsight.web.serving import PageServer, Tls

_FLOOR = 0.1


@dataclass(frozen=True, slots=True)
class LiveJob:
    """What is watched, how it is reached, and what is told."""

    model: Model
    camera: str
    access: Access
    threshold: float | None = None
    loops: bool = False
    keeper: SnapshotKeeper | None = None
    log: Path | None = None
    webhook: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


@dataclass(frozen=True, slots=True)
class LiveServer:
    """Everything joined and a port taken; nothing runs yet."""

    station: "LiveState"
    link: str
    page: "PageServer"

    def run(self) -> None:
        """Watch and serve until interrupted."""
        self.station.watch.start()
        try:
            self.page.run()
        finally:
            self.station.watch.stop()


def open_live(job: LiveJob, say: Callable[[str], None]) -> LiveServer:
    """Join camera, detector and page.

    Raises SourceError for a file that cannot be played or an unsafe address, StorageError when the port is taken.
    """
    from partsight.deploy.live.server import make_app
    from partsight.web.serving import listen, page_server

    job.access.check()
    tls = _checked_tls(job)
    _check_file(job.camera)
    station = _station(job, say)
    listener = listen(job.access.host, job.access.port)
    access = replace(job.access, port=listener.getsockname()[1], is_tls=tls is not None)
    page = page_server(make_app(station, access), listener, say=say, tls=tls)
    return LiveServer(station, _link(access), page)


def _station(job: LiveJob, say: Callable[[str], None]) -> "LiveState":
    """Join camera, detector and everybody who is told."""
    from partsight.deploy.live.station import LiveState

    threshold = job.model.threshold if job.threshold is None else job.threshold
    floor = min(_FLOOR, threshold / 2)
    audience, detector = Viewers(), SharedDetector(job.model.detector)
    handlers: list[LookHandler] = [audience, *_events(job, threshold, say)]
    plan = WatchPlan(floor, handlers, lambda: audience.num_viewers > 0)
    watch = DetectionLoop(LiveCamera(job.camera, loops=job.loops, say=say), detector.front_seat(), plan)
    return LiveState(job.model.folder, detector, watch, audience, threshold, floor, job.keeper)


def _events(job: LiveJob, threshold: float, say: Callable[[str], None]) -> list[PartEvents]:
    sinks: list[Sink] = []
    if job.log is not None:
        sinks.append(JsonLines(job.log, say))
    if job.webhook is not None:
        sinks.append(Webhook(job.webhook, say))
    return [PartEvents(job.model.class_names, threshold, sinks)] if sinks else []


def _check_file(camera: str) -> None:
    """Open a file once, so that a wrong name is told at once; a camera may come later."""
    if is_file(camera):
        with open_camera(camera):
            return


def _checked_tls(job: LiveJob) -> "Tls | None":
    from partsight.web.serving import Tls

    if (job.tls_cert is None) != (job.tls_key is None):
        raise SourceError("`tls_cert` and `tls_key`: give both or none")
    for path in (job.tls_cert, job.tls_key):
        if path is not None and not path.is_file():
            raise SourceError(f"{path}: no such file. Expected a certificate or key in PEM form.")
    return Tls(job.tls_cert, job.tls_key) if job.tls_cert is not None and job.tls_key is not None else None


def _link(access: Access) -> str:
    host = socket.gethostname() if access.host in ("0.0.0.0", "::") else access.host  # noqa: S104 - compared, not bound
    shown = f"[{host}]" if ":" in host else host
    query = "" if access.token is None else f"?token={access.token}"
    return f"{'https' if access.is_tls else 'http'}://{shown}:{access.port}/{query}"
