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
class Turns:
    """A lock that serves in the order of asking: who looks at a camera all the time shuts nobody out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._is_taken = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn and hold it."""
        with self._lock:
            mine = threading.Event()
            if self._is_taken:
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
        self._detector, self._turns = detector, Turns()

    def detect(self, images: Sequence[Image], min_score: float, max_detections: int) -> list[Detections]:
        """Return the detections of each picture once it is this caller's turn."""
        with self._turns.turn():
            return self._detector.detect(images, min_score, max_detections)
