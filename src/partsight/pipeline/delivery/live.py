"""A model folder, a camera and the page, served until stopped."""

import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from partsight.deploy.live.access import Access
from partsight.deploy.live.camera import Camera
from partsight.deploy.live.devices import is_file, open_camera
from partsight.deploy.live.events import JsonLines, PartEvents, Sink, Webhook
from partsight.deploy.live.looks import LookHandler
from partsight.deploy.live.turns import SharedDetector
from partsight.deploy.live.viewers import Audience
from partsight.deploy.live.watching import Watch, WatchPlan
from partsight.deploy.model import Model
from partsight.errors import SourceError, StorageError
from partsight.pipeline.photos.snapshots import SnapshotKeeper

if TYPE_CHECKING:
    import uvicorn

    from partsight.deploy.live.server import Station

_FLOOR = 0.1
_MOST_REQUESTS = 200


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

    station: "Station"
    link: str
    server: "uvicorn.Server"
    listener: socket.socket

    def run(self) -> None:
        """Watch and serve until interrupted."""
        self.station.watch.start()
        try:
            self.server.run(sockets=[self.listener])
        finally:
            self.station.watch.stop()
            self.listener.close()


def open_live(job: LiveJob, say: Callable[[str], None]) -> LiveServer:
    """Join camera, detector and page.

    Raises SourceError for a file that cannot be played or an unsafe address, StorageError when the port is taken.
    """
    import uvicorn

    from partsight.deploy.live.server import make_app

    job.access.check()
    _check_tls(job)
    _check_file(job.camera)
    station = _station(job, say)
    listener = _listen(job.access)
    access = replace(job.access, port=listener.getsockname()[1], is_tls=job.tls_cert is not None)
    config = uvicorn.Config(
        make_app(station, access),
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=1024,
        ws_per_message_deflate=False,
        limit_concurrency=_MOST_REQUESTS,
        timeout_graceful_shutdown=2,
        ssl_certfile=job.tls_cert,
        ssl_keyfile=job.tls_key,
    )
    return LiveServer(station, _link(access), uvicorn.Server(config), listener)


def _station(job: LiveJob, say: Callable[[str], None]) -> "Station":
    """Join camera, detector and everybody who is told."""
    from partsight.deploy.live.server import Station

    threshold = job.model.threshold if job.threshold is None else job.threshold
    floor = min(_FLOOR, threshold / 2)
    audience, detector = Audience(), SharedDetector(job.model.detector)
    handlers: list[LookHandler] = [audience, *_events(job, threshold, say)]
    plan = WatchPlan(floor, handlers, lambda: audience.num_viewers > 0)
    watch = Watch(Camera(job.camera, loops=job.loops, say=say), detector.front_seat(), plan)
    return Station(job.model.folder, detector, watch, audience, threshold, floor, job.keeper)


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


def _check_tls(job: LiveJob) -> None:
    if (job.tls_cert is None) != (job.tls_key is None):
        raise SourceError("`tls_cert` and `tls_key`: give both or none")
    for path in (job.tls_cert, job.tls_key):
        if path is not None and not path.is_file():
            raise SourceError(f"{path}: no such file. Expected a certificate or key in PEM form.")


def _link(access: Access) -> str:
    host = socket.gethostname() if access.host in ("0.0.0.0", "::") else access.host  # noqa: S104 - compared, not bound
    shown = f"[{host}]" if ":" in host else host
    query = "" if access.token is None else f"?token={access.token}"
    return f"{'https' if access.is_tls else 'http'}://{shown}:{access.port}/{query}"


def _listen(access: Access) -> socket.socket:
    family = socket.AF_INET6 if ":" in access.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((access.host, access.port))
        listener.listen()  # whoever follows the link before the server has begun waits instead of being refused
    except OSError as error:
        listener.close()
        raise StorageError(
            f"{access.host} port {access.port}: cannot be used ({error.strerror or error}). Choose another `port`, or 0."
        ) from error
    return listener
