"""Which frames are worth labeling: sharp ones that differ.

A frame is blurred when it is much less sharp than the best within 1.5 seconds of it, or hardly sharp at all beside the rest of the
video. Of the others, each next one picked is the one farthest from all picked so far (Gonzalez, "Clustering to minimize the maximum
intercluster distance", 1985: their smallest difference is at least half of the best possible). Among frames about equally far the
sharpest wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from partsight.photos.measuring import FrameAppearance, Measurement
from partsight.structures.arrays import BoolArray, Float32Array, FloatArray

ALIKE = 0.1
"""Looks closer than this are one view. Copies of a picture at half the size and low quality lie within 0.05 of it; moving the camera
by a hundredth of the picture's width makes 0.2 in the median, a new object of a tenth of its width 0.11."""
ABOUT_EQUAL = 0.02
"""Differences of distance that do not count beside sharpness."""
NEIGHBORHOOD_S = 1.5
_ROUNDING_S = 0.002
"""Time stamps of films are rounded to milliseconds."""
BLURRED_SHARE = 0.5
"""Of the sharpest in the neighborhood."""
BLURRED_SHARE_OF_ALL = 0.1
"""Of the 90th percentile of the video: finds blurred stretches longer than the neighborhood; low, because scenes differ in detail."""


@dataclass(frozen=True, slots=True)
class Picking:
    """The frames picked, in the order of the video, and why the others were not."""

    picked: tuple[Measurement, ...]
    num_seen: int
    num_blurred: int
    num_alike: int
    """Sharp, but like a picked one."""
    num_surplus: int
    """Sharp and different, but more than asked for."""
    num_between: int = 0
    """Passed over between two steps."""


def pick(measurements: Sequence[Measurement], max_frames: int, known: Sequence[FrameAppearance] = ()) -> Picking:
    """Pick at most `max_frames` sharp frames that differ from each other and from the known looks."""
    is_sharp = find_sharp(measurements)
    sharp = [measurement for measurement, keep in zip(measurements, is_sharp, strict=True) if keep]
    chosen, nearest = _farthest_first(sharp, max_frames, known)
    num_alike = int(np.count_nonzero(nearest < ALIKE)) - len(chosen)
    return Picking(
        picked=tuple(sharp[index] for index in sorted(chosen)),
        num_seen=len(measurements),
        num_blurred=len(measurements) - len(sharp),
        num_alike=num_alike,
        num_surplus=len(sharp) - len(chosen) - num_alike,
    )


def pick_steps(measurements: Sequence[Measurement], step_s: float, max_frames: int) -> Picking:
    """Pick a frame every so many seconds whatever it shows, so that boxes can be carried from one to the next; of pictures all."""
    picked: list[Measurement] = []
    for measurement in measurements:
        if not picked or _is_later(picked[-1], measurement, step_s):
            picked.append(measurement)
    return Picking(
        picked=tuple(picked[:max_frames]),
        num_seen=len(measurements),
        num_blurred=0,
        num_alike=0,
        num_surplus=max(0, len(picked) - max_frames),
        num_between=len(measurements) - len(picked),
    )


def _is_later(before: Measurement, after: Measurement, step_s: float) -> bool:
    if before.time_s is None or after.time_s is None:
        return True
    return after.time_s - before.time_s >= step_s - _ROUNDING_S


def find_sharp(measurements: Sequence[Measurement]) -> BoolArray:
    """Say which frames are sharp for their time; pictures without a time have no neighbors and pass."""
    is_sharp = np.ones(len(measurements), dtype=np.bool_)
    timed = [number for number, measurement in enumerate(measurements) if measurement.time_s is not None]
    if not timed:
        return is_sharp
    times_s = np.array([measurements[number].time_s for number in timed], dtype=np.float64)
    values = np.array([measurements[number].sharpness for number in timed])
    least = np.maximum(BLURRED_SHARE * _best_nearby(times_s, values), BLURRED_SHARE_OF_ALL * np.percentile(values, 90))
    is_sharp[timed] = values >= least
    return is_sharp


def _best_nearby(times_s: FloatArray, values: FloatArray) -> FloatArray:
    """Return the largest value within the neighborhood of each time."""
    order = np.argsort(times_s, kind="stable")
    in_order = times_s[order]
    first = np.searchsorted(in_order, times_s - NEIGHBORHOOD_S, side="left")
    last = np.searchsorted(in_order, times_s + NEIGHBORHOOD_S, side="right")
    return np.array([values[order[start:end]].max() for start, end in zip(first, last, strict=True)])


def _farthest_first(
    candidates: Sequence[Measurement], max_frames: int, known: Sequence[FrameAppearance]
) -> tuple[list[int], Float32Array]:
    """Return the chosen candidates and every candidate's distance to the nearest chosen or known look."""
    if not candidates:
        return [], np.zeros(0, dtype=np.float32)
    looks = np.stack([candidate.look for candidate in candidates])
    sharpness = np.array([candidate.sharpness for candidate in candidates])
    nearest = np.full(len(candidates), np.inf, dtype=np.float32)
    for look in known:
        nearest = np.minimum(nearest, _distances(looks, look))
    chosen: list[int] = []
    while len(chosen) < max_frames and nearest.max() >= ALIKE:
        is_far = nearest >= max(nearest.max() - ABOUT_EQUAL, ALIKE)
        best = int(np.argmax(np.where(is_far, sharpness, -1.0)))
        chosen.append(best)
        nearest = np.minimum(nearest, _distances(looks, looks[best]))
        nearest[best] = 0.0
    return chosen, nearest


_CHUNK = 4096


def _distances(looks: FrameAppearance, look: FrameAppearance) -> Float32Array:
    """Return the Euclidean distances of many looks, (N, 256), to one, in pieces: in single precision all would double the memory."""
    target = look.astype(np.float32)
    pieces = (looks[start : start + _CHUNK].astype(np.float32) for start in range(0, len(looks), _CHUNK))
    return np.concatenate([np.linalg.norm(piece - target, axis=1) for piece in pieces]).astype(np.float32)
