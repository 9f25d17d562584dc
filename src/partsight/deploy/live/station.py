"""What the live page's server shows and uses, joined."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from partsight.deploy.live.detection_loop import DetectionLoop
from partsight.deploy.live.inspection.page import LiveInspection
from partsight.deploy.live.keeping import Keeper
from partsight.deploy.live.live_poses import LivePoses
from partsight.deploy.live.metrics import Metrics
from partsight.deploy.live.phone.camera import PhoneCamera
from partsight.deploy.live.renewal import LiveModel
from partsight.deploy.live.threshold import LiveThreshold
from partsight.deploy.live.viewers import Viewers
from partsight.detector.detector import Detector
from partsight.structures.detections import Threshold


def _new_run() -> str:
    return secrets.token_hex(4)


@dataclass(frozen=True, slots=True)
class LiveState:
    """All that the server shows and uses."""

    model: LiveModel
    detector: Detector
    watch: DetectionLoop
    audience: Viewers
    threshold: LiveThreshold
    floor: float
    inspection: LiveInspection
    keeper: Keeper | None = None
    poses: LivePoses | None = None
    """None where poses were not asked for."""
    metrics: Metrics = field(default_factory=Metrics)
    links: tuple[str, ...] = ()
    """Under which other machines reach the page, the best first."""
    run: str = field(default_factory=_new_run)
    """Tells the looks of this run from those of another one: both are counted from 0."""

    @property
    def limits(self) -> Threshold:
        """The threshold that counts: that of all classes, or (C,) one for each."""
        own = self.threshold.class_limits
        return np.array(own) if own else self.threshold.value


def state_of(station: LiveState) -> dict[str, Any]:
    """Return how camera and loop are, as pages and programs are told."""
    report = station.watch.camera.report()
    return {
        "run": station.run,
        "camera": report.state,
        "problem": station.watch.problem or report.problem,
        "fps": round(station.watch.per_second(), 1),
        "viewers": station.audience.num_viewers,
        "threshold": station.threshold.value,
        "class_limits": station.threshold.class_limits,
        "floor": station.floor,
        "keeps": station.keeper is not None,
        **station.inspection.state(),
        "poses": None if station.poses is None else station.poses.state(),
        "is_phone": isinstance(station.watch.camera, PhoneCamera),
    }
