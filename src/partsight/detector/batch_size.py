"""How many pictures a training step should take: tried on the machine, not guessed.

A few steps with made-up pictures run in a process of their own, in sizes that double. What is too large for the memory is never
tried: need grows evenly with the size, so the two sizes before tell it.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from partsight.config.sections.train import TrainSection
from partsight.errors import DetectorError

SIZES = (2, 4, 8, 16, 32, 64, 128, 256)
"""Pictures per step and device that are tried."""
USUAL, FEW = 16, 8
"""What is taken unless more is faster; the smaller where an epoch would otherwise have too few steps."""
STEPS_PER_EPOCH = 50
"""Fewer make a training of the same epochs learn less, however fast it is."""
NEARLY_BEST = 0.87
"""A larger step must be faster than that to be worth its fewer steps."""
_GAIN = 1.05
"""Doubling has to bring this much, else at most one more size is tried."""


@dataclass(frozen=True, slots=True)
class BatchTrial:
    """One size that was tried."""

    batch: int
    pictures_per_s: float
    peak_bytes: int
    """Most memory that the process needed so far: of the GPU, or of the machine when it trains on the CPU."""
    limit_bytes: int
    """What a training may take of it."""


@dataclass(frozen=True, slots=True)
class BatchSize:
    """The size found, and why."""

    batch: int
    """Pictures per step, over all devices."""
    reason: str
    trials: tuple[BatchTrial, ...] = ()


class Say(Protocol):
    """Tells the user a sentence."""

    def __call__(self, text: str, /) -> None:
        """Tell it."""
        ...


def find_batch(section: TrainSection, num_classes: int, num_pictures: int, say: Say) -> BatchSize:
    """Return the size for a training on so many pictures per epoch. Raises DetectorError when not even two pictures fit.

    On a CPU nothing is tried where the set allows only the smallest usual size.
    """
    num_devices = len(section.device) if isinstance(section.device, tuple) else 1
    floor = least_size(num_pictures, num_devices)
    if floor == FEW and not _has_gpu(section.device):
        reason = f"more would leave an epoch of {num_pictures} pictures fewer than {STEPS_PER_EPOCH} steps"
        return BatchSize(FEW * num_devices, reason)
    say("train.batch: trying sizes on this machine")
    trials = run_trials(section, num_classes, sizes_for(num_pictures, num_devices), floor)
    chosen = choose(trials, floor)
    largest = max(trials, key=lambda trial: trial.batch)
    reason = (
        f"{chosen.pictures_per_s:.1f} pictures/s in {chosen.peak_bytes / 2**30:.1f} GiB a device; tried up to {largest.batch} "
        f"({largest.pictures_per_s:.1f} pictures/s, {largest.peak_bytes / 2**30:.1f} of {largest.limit_bytes / 2**30:.1f} GiB)"
    )
    return BatchSize(chosen.batch * num_devices, reason, tuple(trials))


def least_size(num_pictures: int, num_devices: int) -> int:
    """Return the size per device below which only scarce memory leads."""
    return USUAL if num_pictures >= USUAL * num_devices * STEPS_PER_EPOCH else FEW


def sizes_for(num_pictures: int, num_devices: int) -> list[int]:
    """Return the sizes per device worth trying: larger ones would leave an epoch too few steps."""
    floor = least_size(num_pictures, num_devices)
    return [size for size in SIZES if size <= floor or size * num_devices * STEPS_PER_EPOCH <= num_pictures]


def choose(trials: Sequence[BatchTrial], floor: int) -> BatchTrial:
    """Return the smallest size from `floor` up that is nearly as fast as the fastest; the largest that fits, where none is so large.

    Raises DetectorError where none fits.
    """
    fitting = [trial for trial in trials if trial.peak_bytes <= trial.limit_bytes]
    if not fitting:
        needed = f"{trials[0].peak_bytes / 2**30:.1f} GiB where {trials[0].limit_bytes / 2**30:.1f} may be used"
        raise DetectorError(
            f"train.batch = 'auto': not even {trials[0].batch} pictures fit into memory ({needed}). "
            "Lower train.image_size, take a smaller train.model, or end other programs."
        )
    large = [trial for trial in fitting if trial.batch >= floor]
    if not large:
        return fitting[-1]
    best = max(trial.pictures_per_s for trial in large)
    return next(trial for trial in large if trial.pictures_per_s >= NEARLY_BEST * best)


def is_worth_trying(trials: Sequence[BatchTrial], size: int, floor: int) -> bool:
    """Return whether the next size will fit by what the last two needed, and may still be faster."""
    if len(trials) < 2:
        return True
    before, last = trials[-2:]
    each = max(last.peak_bytes - before.peak_bytes, 0) / (last.batch - before.batch)
    if last.peak_bytes + each * (size - last.batch) > last.limit_bytes:
        return False
    speeds = [trial.pictures_per_s for trial in trials]
    has_stalled = len(trials) >= 3 and speeds[-1] < _GAIN * speeds[-2] and speeds[-2] < _GAIN * speeds[-3]
    return size <= floor or not has_stalled


def run_trials(section: TrainSection, num_classes: int, sizes: Iterable[int], floor: int) -> list[BatchTrial]:
    """Try sizes in a process of its own, ascending. Raises DetectorError when even the first cannot be tried."""
    request = {
        "section": section.model_dump(mode="json"),
        "num_classes": num_classes,
        "sizes": list(sizes),
        "floor": floor,
    }
    command = [sys.executable, "-P", "-m", "partsight.detector.batch_trial"]
    done = subprocess.run(
        command,
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    trials = [BatchTrial(**json.loads(line.removeprefix(MARK))) for line in lines]
    if not trials:
        said = "\n".join(done.stderr.splitlines()[-5:])
        raise DetectorError(
            f"train.batch = 'auto': no step could be tried (exit code {done.returncode}). "
            f"Give a number, as in train.batch = 8.\n{said}"
        )
    return trials


MARK = "partsight batch trial: "
"""Begins the lines of the child that count; libraries print as they like."""


def in_line(trial: BatchTrial) -> str:
    """Return a trial as the child prints it."""
    return MARK + json.dumps(asdict(trial))


def _has_gpu(device: str | tuple[int, ...]) -> bool:
    if device == "cpu":
        return False
    import torch

    return bool(torch.cuda.is_available())
