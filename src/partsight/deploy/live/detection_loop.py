"""The loop: newest frame → detector → tracker → everybody who wants to know."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import final

import av

from partsight.deploy.live.camera import CameraFrame, CameraSource
from partsight.deploy.live.frame_results import FrameResult, Lazy, LookHandler, encode_view
from partsight.deploy.live.metrics import Paces
from partsight.deploy.live.tracking import BoxTracker
from partsight.detector.detector import Detector
from partsight.errors import PartsightError

_WAIT_S = 0.5
_MAX_PARTS = 100


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """What the loop does with each frame."""

    floor: float
    """Weaker detections are not followed; pages choose their threshold above it."""
    handlers: Sequence[LookHandler]
    """Called from the loop's thread: they have to be quick."""
    has_viewers: Callable[[], bool]
    """Whether a picture will be asked for: it is encoded while the detector works."""


@final
class DetectionLoop:
    """Looks at the newest frame again and again, in a thread of its own."""

    def __init__(self, camera: CameraSource, detector: Detector, plan: WatchPlan) -> None:
        self.camera = camera
        self._detector, self._plan = detector, plan
        self._newest: FrameResult | None = None
        self._problem = ""
        self._paces = Paces()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="detector", daemon=True)

    def start(self) -> None:
        """Begin to read and to look."""
        self.camera.start()
        self._thread.start()

    def stop(self) -> None:
        """Stop both threads."""
        self._stopping.set()
        self.camera.stop()
        if self._thread.is_alive():
            self._thread.join(5.0)

    @property
    def newest(self) -> FrameResult | None:
        """The last finished look; None before the first."""
        return self._newest

    @property
    def problem(self) -> str:
        """Why nothing is looked at any more; empty while all is well."""
        return self._problem

    def per_second(self) -> float:
        """Return how many looks a second were finished of late; 0 when nothing comes."""
        return self._paces.per_second()

    def _run(self) -> None:
        tracker, seen, number = BoxTracker(), -1, 0
        with ThreadPoolExecutor(1, thread_name_prefix="encoder") as encoder:
            while not self._stopping.is_set():
                frame = self.camera.take(seen, _WAIT_S)
                if frame is None:
                    continue
                seen = frame.number
                jpeg = Lazy(lambda frame=frame: encode_view(frame))  # type: ignore[misc]
                if self._plan.has_viewers():
                    encoder.submit(jpeg.value)
                try:
                    look = self._look(number, frame, tracker, jpeg)
                except PartsightError as error:
                    self._problem = str(error)
                    return
                except (av.FFmpegError, ValueError):  # a frame that decoded to nonsense: the next one will do
                    continue
                number += 1
                self._publish(look)

    def _look(self, number: int, frame: CameraFrame, tracker: BoxTracker, jpeg: Lazy) -> FrameResult:
        image = frame.image()
        size_wh = (image.shape[1], image.shape[0])
        (found,) = self._detector.detect([image], self._plan.floor, _MAX_PARTS)
        tracks = tracker.update(found, frame.captured_s, size_wh)
        return FrameResult(number, frame, size_wh, tracks, time.monotonic(), jpeg)

    def _publish(self, look: FrameResult) -> None:
        self._newest = look
        self._paces.finished_s.append(look.finished_s)
        for handle in self._plan.handlers:
            handle(look)
