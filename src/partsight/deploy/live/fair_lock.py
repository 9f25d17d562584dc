"""One detector for the camera and for other programs, each in its turn."""

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import final

from partsight.detector.detector import Detector
from partsight.structures.arrays import Image
from partsight.structures.detections import Detections


@final
class FairLock:
    """A lock that serves in the order of asking, with a front seat that is taken by one only.

    Whoever sits in front goes next, and then somebody of the others: a crowd does not slow the camera down to a crawl, and the camera,
    which asks all the time, shuts nobody out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    @contextmanager
    def turn(self, *, in_front: bool = False) -> Iterator[None]:
        """Wait for the turn and hold it."""
        with self._lock:
            mine = threading.Event()
            if self._is_taken and in_front:
                self._waiting.appendleft(mine)
            elif self._is_taken:
                self._waiting.append(mine)
            else:
                self._is_taken = True
                mine.set()
        mine.wait()
        try:
            yield
        finally:
            with self._lock:
                if self._waiting:
                    self._waiting.popleft().set()
                else:
                    self._is_taken = False


@final
class SharedDetector:
    """A detector that several threads may use. Follows `detector.Detector`."""

    def __init__(self, detector: Detector) -> None:
        self.class_names = detector.class_names
        self._held, self._turns, self._in_front = [detector], FairLock(), False

    def front_seat(self) -> "SharedDetector":
        """Return the same detector for the one who goes before the others, in turn with them."""
        seat = SharedDetector(self._held[0])
        seat._held, seat._turns, seat._in_front = self._held, self._turns, True
        return seat

    def replace(self, detector: Detector) -> None:
        """Use another detector of the same classes from the next picture on, on all seats."""
        with self._turns.turn():
            self._held[0] = detector

    def detect(self, images: Sequence[Image], min_score: float, max_detections: int) -> list[Detections]:
        """Return the detections of each picture once it is this caller's turn."""
        with self._turns.turn(in_front=self._in_front):
            return self._held[0].detect(images, min_score, max_detections)
