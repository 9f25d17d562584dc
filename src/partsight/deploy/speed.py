"""How long one picture takes, from array to boxes."""

import time
from statistics import median

from partsight.deploy.description import SpeedRow
from partsight.detector.detector import Detector
from partsight.structures.arrays import Image

NUM_WARM_UP, NUM_RUNS = 3, 30
LONGEST_S = 4.0
"""Measuring ends after this many seconds, or after NUM_RUNS."""
_MAX_DETECTIONS = 100


def measure_speed(
    detector: Detector, image: Image, *, runtime: str, threads: int, image_size: int, min_score: float
) -> SpeedRow:
    """Return the median time of a picture; the first few are not counted."""
    for _ in range(NUM_WARM_UP):
        detector.detect([image], min_score, _MAX_DETECTIONS)
    times_s: list[float] = []
    while len(times_s) < NUM_RUNS and sum(times_s) < LONGEST_S:
        started = time.perf_counter()
        detector.detect([image], min_score, _MAX_DETECTIONS)
        times_s.append(time.perf_counter() - started)
    return SpeedRow(
        runtime=runtime,
        threads=threads,
        image_size=image_size,
        picture=f"{image.shape[1]}×{image.shape[0]}",
        median_ms=round(1000 * median(times_s), 2),
        num_runs=len(times_s),
    )
