"""A camera read by a thread of its own, which keeps the newest frame only and comes back when the camera does.

    thread:  open ─→ decode ─→ newest frame (older ones are dropped) ─→ … ─→ lost: wait, longer each time ─→ open again
    reader:  take(after) ─→ a frame newer than the one it had

Nothing queues, so delay cannot grow: a slow reader sees fewer frames, not older ones.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias, final

import av

from partsight.deploy.frame_source import shown_source
from partsight.deploy.live.devices import is_file, open_camera
from partsight.errors import SourceError
from partsight.photos.decoding import Clock, sound_frames, upright_rgb
from partsight.structures.arrays import Image

CameraState: TypeAlias = Literal["opening", "live", "stalled", "lost", "ended"]
STALLED_S = 2.0
"""Without a frame for so long, a camera that is open counts as stalled."""
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 15.0
_LATEST_S = 0.5
"""A file that cannot be decoded at its own rate is played slower instead of catching up."""


@dataclass(frozen=True, slots=True, eq=False)
class CameraFrame:
    """A decoded frame; it becomes RGB only where it is looked at."""

    number: int
    captured_s: float
    """When it had been decoded, by time.monotonic."""
    picture: av.VideoFrame
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    """A frame keeps its converter, which two threads may not use at once."""
    taken_at: datetime = field(default_factory=lambda: datetime.now().astimezone())
    """The same time, by this machine's clock."""
    time_s: float | None = None
    """Since the first frame of a film; None for cameras and streams."""
    jpeg: bytes | None = None
    """The frame as a page sent it; None where it was decoded from a stream."""
    sent_ms: float | None = None
    """When that page took it, by its own clock."""

    def image(self) -> Image:
        """Return the frame as RGB, the right way up."""
        with self.lock:
            return upright_rgb(self.picture)


@dataclass(frozen=True, slots=True)
class CameraReport:
    """How the camera is."""

    state: CameraState
    problem: str
    """What went wrong last, in words; empty while all is well."""
    num_frames: int
    num_losses: int


class CameraSource(Protocol):
    """Gives the newest frame to whoever asks."""

    name: str

    def start(self) -> None:
        """Begin."""
        ...

    def stop(self) -> None:
        """End, and wake whoever waits."""
        ...

    def take(self, after: int, timeout_s: float) -> CameraFrame | None:
        """Wait for a frame with a higher number and return the newest; None when none came in time."""
        ...

    def report(self) -> CameraReport:
        """Return how the camera is now."""
        ...


@final
class LiveCamera:
    """Reads a source in a daemon thread from `start` to `stop`; `say` is told what is wrong, and when it is over.

    Follows `CameraSource`.
    """

    def __init__(
        self,
        source: str,
        *,
        loops: bool = False,
        first_pause_s: float = _FIRST_PAUSE_S,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.name = shown_source(source)
        self._say = say
        self._source, self._loops, self._first_pause_s = source, loops, first_pause_s
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._newest: CameraFrame | None = None
        self._state: CameraState = "opening"
        self._problem = ""
        self._num_frames = self._num_losses = 0
        self._thread = threading.Thread(target=self._run, name="camera", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> None:
        """Stop reading; a read that hangs in a driver is left to end with the process."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def take(self, after: int, timeout_s: float) -> CameraFrame | None:
        """Wait for a frame with a higher number and return the newest; None when none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._stopping.is_set() or self._number() > after, timeout_s)
            return self._newest if self._number() > after else None

    def report(self) -> CameraReport:
        """Return how the camera is now."""
        with self._changed:
            state, newest = self._state, self._newest
            if state == "live" and newest is not None and time.monotonic() - newest.captured_s > STALLED_S:
                state = "stalled"
            return CameraReport(state, self._problem, self._num_frames, self._num_losses)

    def _number(self) -> int:
        return -1 if self._newest is None else self._newest.number

    def _run(self) -> None:
        pause_s = self._first_pause_s
        while not self._stopping.is_set():
            before = self._num_frames
            problem = self._read_until_lost()
            has_frames = self._num_frames > before
            if is_file(self._source) and has_frames:
                if self._loops:
                    continue
                self._tell("ended", "the file has ended")
                return
            pause_s = self._first_pause_s if has_frames else min(2 * pause_s, _LONGEST_PAUSE_S)
            self._num_losses += 1
            self._tell("lost", problem)
            self._stopping.wait(pause_s)

    def _read_until_lost(self) -> str:
        """Put frames until there are no more; return why there are no more."""
        findings: list[str] = []
        try:
            for picture in self._timed_pictures(findings):
                if self._stopping.is_set():
                    break
                self._put(*picture)
        except SourceError as error:
            return str(error)
        except (av.FFmpegError, OSError, ValueError) as error:  # a frame that decodes to nonsense, a device gone
            return f"{self.name}: {getattr(error, 'strerror', None) or error}"
        return findings[-1] if findings else f"{self.name}: no more frames come"

    def _timed_pictures(self, findings: list[str]) -> Iterator[tuple[av.VideoFrame, float | None]]:
        with open_camera(self._source) as (container, stream):
            frames = sound_frames(container, stream, self.name, findings.append)
            if is_file(self._source):
                yield from self._at_own_rate(frames, Clock(stream))
            else:
                yield from ((frame, None) for frame in frames)

    def _at_own_rate(self, frames: Iterator[av.VideoFrame], clock: Clock) -> Iterator[tuple[av.VideoFrame, float]]:
        """Hold each frame of a file back until its time."""
        started_s = time.monotonic()
        for number, frame in enumerate(frames):
            time_s = clock.time_s(frame, number)
            early_s = started_s + time_s - time.monotonic()
            if early_s > 0:
                self._stopping.wait(early_s)
            elif early_s < -_LATEST_S:
                started_s -= early_s
            yield frame, time_s

    def _put(self, picture: av.VideoFrame, time_s: float | None) -> None:
        with self._changed:
            self._newest = CameraFrame(self._num_frames, time.monotonic(), picture, time_s=time_s)
            self._num_frames += 1
            self._state, self._problem, problem = "live", "", self._problem
            self._changed.notify_all()
        if problem:
            self._say(f"{self.name}: frames come again")

    def _tell(self, state: CameraState, problem: str) -> None:
        with self._changed:
            is_new = problem != self._problem
            self._state, self._problem = state, problem
        if is_new:
            self._say(problem if state == "ended" else f"{problem.removesuffix('.')}. Trying again.")
