"""The camera of a phone or tablet that has the page open: its pictures come over the network, the newest one counts.

A phone that sleeps sends nothing; the camera then counts as stalled, and as lost when it has left. It comes back with the phone.
"""

import threading
import time
from collections.abc import Callable
from typing import final

import av

from partsight.deploy.live.camera import STALLED_S, CameraFrame, CameraReport, CameraState
from partsight.structures.arrays import Image

PHONE = "phone"
"""How the command names it."""
_WAITING = "no phone has joined yet: open this page on the phone and tap 'Use this camera'"
_LEFT = "the phone sends no pictures: it sleeps, or its page is closed. Open the page there again."
_STALLED = "the phone sends no pictures just now"


@final
class PhoneCamera:
    """Takes pictures of one page at a time; who joins last is the camera. Follows `camera.CameraSource`."""

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self.name = PHONE
        self._say = say
        self._changed = threading.Condition()
        self._is_stopped = False
        self._newest: CameraFrame | None = None
        self._joined = 0
        self._is_there = False
        self._num_frames = self._num_losses = 0

    def start(self) -> None:
        """Wait for a phone."""

    def stop(self) -> None:
        """Wake whoever waits for a picture."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def join(self) -> int:
        """Return the number under which a page may put pictures from now on; others may no longer."""
        with self._changed:
            self._joined += 1
            self._is_there = True
            number = self._joined
        self._say("phone: has joined")
        return number

    def leave(self, number: int) -> None:
        """Note that a page is gone."""
        with self._changed:
            if number != self._joined or not self._is_there:
                return
            self._is_there = False
            self._num_losses += 1
        self._say("phone: has left; waiting for it")

    def put(self, number: int, image: Image, *, jpeg: bytes, sent_ms: float) -> bool:
        """Take a picture of a page; return whether that page still is the camera."""
        picture = av.VideoFrame.from_ndarray(image, format="rgb24")
        with self._changed:
            if number != self._joined:
                return False
            frame = CameraFrame(self._num_frames, time.monotonic(), picture, jpeg=jpeg, sent_ms=sent_ms)
            self._newest = frame
            self._num_frames += 1
            self._changed.notify_all()
        return True

    def take(self, after: int, timeout_s: float) -> CameraFrame | None:
        """Wait for a picture with a higher number and return the newest; None when none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or self._number() > after, timeout_s)
            return self._newest if self._number() > after else None

    def report(self) -> CameraReport:
        """Return how the camera is now."""
        with self._changed:
            state, problem = self._state()
            return CameraReport(state, problem, self._num_frames, self._num_losses)

    def _state(self) -> tuple[CameraState, str]:
        if self._joined == 0:
            return "opening", _WAITING
        if not self._is_there:
            return "lost", _LEFT
        is_fresh = self._newest is not None and time.monotonic() - self._newest.captured_s <= STALLED_S
        return ("live", "") if is_fresh else ("stalled", _STALLED)

    def _number(self) -> int:
        return -1 if self._newest is None else self._newest.number
