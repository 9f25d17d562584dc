"""The child of `batch_size`: reads a request from standard input, tries sizes, prints a line for each."""

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from partsight.config.sections.train import TrainSection
from partsight.detector.batch_size import BatchTrial, in_line, is_worth_trying
from partsight.detector.detector import open_family
from partsight.detector.devices import free_memory, freed_memory_kept, peak_memory
from partsight.errors import PartsightError
from partsight.memory import is_shortage

CPU_SHARE, GPU_SHARE = 0.5, 0.8
"""Shares of the free memory that a training may take; on a desktop people go on working."""
_ENOUGH_S, _MOST_STEPS = 1.0, 3
"""A size is timed for so long, or for so many steps."""


def main() -> None:
    """Answer one request."""
    try:
        with freed_memory_kept():
            _answer(json.load(sys.stdin))
    except PartsightError as error:
        sys.exit(str(error))


def _answer(request: Mapping[str, Any]) -> None:
    section = TrainSection.model_validate(request["section"]).but(weights="scratch")
    step, device = open_family(section.family).open_trial(section, request["num_classes"])
    trials: list[BatchTrial] = []
    limit = memory_limit(device)
    for size in request["sizes"]:
        if not is_worth_trying(trials, size, request["floor"]):
            return
        seconds = _time_step(step, size)
        if seconds is None:
            return
        trials.append(BatchTrial(size, size / seconds, peak_memory(device), limit))
        sys.stdout.write(in_line(trials[-1]) + "\n")
        sys.stdout.flush()


def memory_limit(device: str) -> int:
    """Return the bytes that a training on a device may take."""
    return int(free_memory(device) * (CPU_SHARE if device == "cpu" else GPU_SHARE))


def _time_step(step: Callable[[int], None], size: int) -> float | None:
    """Return the seconds of the fastest of some steps, the first one not counted; None when memory ran out."""
    times: list[float] = []
    try:
        step(size)
        while len(times) < _MOST_STEPS and sum(times) < _ENOUGH_S:
            started = time.perf_counter()
            step(size)
            times.append(time.perf_counter() - started)
    except (MemoryError, RuntimeError) as error:
        if not is_shortage(error):
            raise
        return None
    return min(times)


if __name__ == "__main__":
    main()
