"""What a training finds so far on a few pictures, shown while it runs, for a small share of its time."""

import time
from collections.abc import Callable, Sequence
from typing import TypeAlias, final

from partsight.detector.detector import Detector
from partsight.structures.arrays import Image
from partsight.structures.detections import Detections

Show: TypeAlias = Callable[[int, Sequence[Detections]], None]
"""Called with an epoch's number and what is found on each picture after it."""

LARGEST_SHARE = 0.02
"""Of the training's time; the first look comes in any case."""
LEAST_SCORE, MOST_BOXES = 0.25, 60


@final
class Glimpses:
    """A few pictures, and who is shown what is found on them."""

    def __init__(self, images: Sequence[Image], show: Show) -> None:
        self._images, self._show = images, show
        self._began_s, self._spent_s = time.monotonic(), 0.0

    def look(self, epoch: int, open_detector: Callable[[], Detector]) -> None:
        """Show what the detector of an epoch finds, unless looking has taken more than its share of the time so far."""
        began_s = time.monotonic()
        if self._spent_s > LARGEST_SHARE * (began_s - self._began_s):
            return
        self._show(epoch, open_detector().detect(self._images, LEAST_SCORE, MOST_BOXES))
        self._spent_s += time.monotonic() - began_s
