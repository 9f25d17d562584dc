"""A model folder, a camera and the page, served until stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from partsight.config.sections.live import LiveSection
from partsight.deploy.live.camera import CameraSource, LiveCamera
from partsight.deploy.live.detection_loop import DetectionLoop, WatchPlan
from partsight.deploy.live.devices import is_file, open_camera
from partsight.deploy.live.events import JsonLines, PartEvents, Sink, Webhook
from partsight.deploy.live.fair_lock import SharedDetector
from partsight.deploy.live.frame_results import LookHandler
from partsight.deploy.live.inspection.checking import KitChecks
from partsight.deploy.live.inspection.history import CheckHistory, HistoryPlan
from partsight.deploy.live.inspection.places import PlaceCounter
from partsight.deploy.live.live_poses import LivePoses
from partsight.deploy.live.phone.camera import PHONE, PhoneCamera
from partsight.deploy.live.pose_process import ModelPosers
from partsight.deploy.live.renewal import LiveModel
from partsight.deploy.live.threshold import LimitOf, LiveThreshold
from partsight.deploy.live.viewers import Viewers
from partsight.deploy.model import Model
from partsight.errors import SourceError
from partsight.pipeline.photos.snapshots import SnapshotKeeper
from partsight.pose.optics import Calibration
from partsight.web.access import Access

if TYPE_CHECKING:
    from partsight.deploy.live.inspection.page import LiveInspection
    from partsight.deploy.live.station import LiveState
    from partsight.web.serving import PageServer, Tls

_FLOOR = 0.1


@dataclass(frozen=True, slots=True)
class LiveJob:
    """What is watched, how it is reached, and what is told."""

    model: Model
    """As it is when the page starts."""
    camera: str
    access: Access
    threshold: float | None = None
    loops: bool = False
    keeper: SnapshotKeeper | None = None
    log: Path | None = None
    webhook: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    section: LiveSection = field(default_factory=LiveSection)
    """Zones, lines and kits of the recipe."""
    history: Path = Path("checks")
    """Where checks are written down, unless the section says where."""
    load: Callable[[], Model] | None = None
    """Reads the model anew when it was exported anew; None keeps the one from the start."""
    has_poses: bool = False
    """Find how each part is turned, and draw it so."""
    calibration: Calibration | None = None
    is_self_signed: bool = False
    """Serve https with a certificate of this machine's own."""


@dataclass(frozen=True, slots=True)
class LiveServer:
    """Everything joined and a port taken; nothing runs yet."""

    station: "LiveState"
    page: "PageServer"

    @property
    def link(self) -> str:
        """The link that serves most devices."""
        return self.station.links[0]

    def run(self) -> None:
        """Watch and serve until interrupted."""
        poses = self.station.poses
        self.station.watch.start()
        if poses is not None:
            poses.start()
        try:
            self.page.run()
        finally:
            self.station.watch.stop()
            if poses is not None:
                poses.stop()


def open_live(job: LiveJob, say: Callable[[str], None]) -> LiveServer:
    """Join camera, detector and page.

    Raises ModelError where poses are asked for and the model has no shapes, SourceError for a file that cannot be played or an unsafe
    address, StorageError when the port is taken.
    """
    from partsight.deploy.live.server import make_app
    from partsight.web.frames import MOST_BYTES
    from partsight.web.reach.addresses import links
    from partsight.web.serving import MOST_MESSAGE_BYTES, listen, page_server

    job.access.check()
    tls = _own_tls(job, say) if job.is_self_signed else _checked_tls(job)
    _check_file(job.camera)
    station = _station(job, say)
    listener = listen(job.access.host, job.access.port)
    access = replace(job.access, port=listener.getsockname()[1], is_tls=tls is not None)
    station = replace(station, links=links(access))
    message_bytes = MOST_BYTES if job.camera == PHONE else MOST_MESSAGE_BYTES
    page = page_server(make_app(station, access), listener, say=say, tls=tls, message_bytes=message_bytes)
    return LiveServer(station, page)


def _station(job: LiveJob, say: Callable[[str], None]) -> "LiveState":
    """Join camera, detector and everybody who is told."""
    from partsight.deploy.live.station import LiveState

    threshold = _threshold(job)
    floor = min(_FLOOR, threshold.value / 2, *(limit / 2 for limit in threshold.class_limits))
    audience, detector = Viewers(), SharedDetector(job.model.detector)
    sinks = _sinks(job, say)
    inspection = _inspection(job, threshold.of, sinks, say)
    events = [PartEvents(job.model.class_names, threshold.of, sinks)] if sinks else []
    model = LiveModel(job.model, detector, threshold, load=job.load, say=say)
    poses = _poses(job, model, audience, threshold.of) if job.has_poses else None
    # What is counted is known before pages are told of the look.
    handlers: list[LookHandler] = [inspection.places, inspection.checks, audience, *events, *([poses] if poses else [])]
    plan = WatchPlan(floor, handlers, lambda: audience.num_viewers > 0)
    watch = DetectionLoop(_camera(job, say), detector.front_seat(), plan)
    return LiveState(model, detector, watch, audience, threshold, floor, inspection, job.keeper, poses=poses)


def _poses(job: LiveJob, model: LiveModel, audience: Viewers, limit_of: LimitOf) -> LivePoses:
    """Return what finds poses while somebody watches."""
    posers = ModelPosers(lambda: model.folder, job.calibration)
    return LivePoses(posers, limit_of, is_watched=lambda: audience.num_viewers > 0)


def _threshold(job: LiveJob) -> LiveThreshold:
    """Return the model's thresholds, or the one that was asked for."""
    if job.threshold is not None:
        return LiveThreshold(job.threshold, (), job.model.folder, is_stated=True)
    return LiveThreshold(job.model.threshold, job.model.description.class_thresholds, job.model.folder)


def _camera(job: LiveJob, say: Callable[[str], None]) -> CameraSource:
    return PhoneCamera(say) if job.camera == PHONE else LiveCamera(job.camera, loops=job.loops, say=say)


def _sinks(job: LiveJob, say: Callable[[str], None]) -> list[Sink]:
    """Return whoever is told of events; an address of the command goes before that of the recipe."""
    address = job.webhook or job.section.webhook
    log = [JsonLines(job.log, say)] if job.log is not None else []
    return [*log, *([Webhook(address, say)] if address else [])]


def _inspection(job: LiveJob, limit_of: LimitOf, sinks: Sequence[Sink], say: Callable[[str], None]) -> "LiveInspection":
    from partsight.deploy.live.inspection.page import LiveInspection

    names, section = job.model.class_names, job.section
    unknown = sorted({name for kit in section.check.values() for name in kit.parts} - set(names))
    if unknown:
        raise SourceError(
            f"`live.check`: {', '.join(unknown)} is no class of this model, which knows {', '.join(names)}"
        )
    history = CheckHistory(HistoryPlan(section.history or job.history, names, sinks), say)
    checks = KitChecks(section, names, limit_of, history.rested)
    return LiveInspection(section, PlaceCounter(section, names, limit_of), checks, history)


def _check_file(camera: str) -> None:
    """Open a file once, so that a wrong name is told at once; a camera may come later."""
    if camera != PHONE and is_file(camera):
        with open_camera(camera):
            return


def _own_tls(job: LiveJob, say: Callable[[str], None]) -> "Tls":
    if job.tls_cert is not None or job.tls_key is not None:
        raise SourceError("`tls_self_signed` makes a certificate; give it or `tls_cert` and `tls_key`, not both")
    from partsight.web.reach.own_tls import own_tls

    return own_tls(job.access.names, say)


def _checked_tls(job: LiveJob) -> "Tls | None":
    from partsight.web.serving import Tls

    if (job.tls_cert is None) != (job.tls_key is None):
        raise SourceError("`tls_cert` and `tls_key`: give both or none")
    for path in (job.tls_cert, job.tls_key):
        if path is not None and not path.is_file():
            raise SourceError(f"{path}: no such file. Expected a certificate or key in PEM form.")
    return Tls(job.tls_cert, job.tls_key) if job.tls_cert is not None and job.tls_key is not None else None
