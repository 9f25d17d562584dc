"""Looking on during a training: first at once, then for a small share of the time."""

import time

import numpy as np

from partsight.detector import glimpses
from partsight.detector.glimpses import Glimpses


class SlowDetector:
    class_names = ("cube",)

    def detect(self, images, _min_score, _max_detections):
        time.sleep(0.02)
        return [None for _ in images]


def test_looking_takes_no_more_than_its_share_of_the_training(monkeypatch):
    shown = []
    watcher = Glimpses([np.zeros((4, 4, 3), np.uint8)], lambda epoch, _found: shown.append(epoch))
    began = time.monotonic()
    for epoch in range(1, 400):
        watcher.look(epoch, SlowDetector)
        time.sleep(0.001)
    elapsed = time.monotonic() - began
    assert shown[0] == 1
    assert len(shown) * 0.02 <= glimpses.LARGEST_SHARE * elapsed + 0.04, "one look more than the share"
    monkeypatch.setattr(glimpses, "LARGEST_SHARE", 1.0)
    watcher.look(400, SlowDetector)
    assert shown[-1] == 400
