"""Detections of one frame after the other → parts that keep their number, name and place.

Each part is expected where it moved to (constant velocity, damped), paired with the best overlapping box, and moved most of the way to
it; its class is the one with most score over the last frames, so one wrong guess changes no name. Hidden for a moment, it stays.
After SORT (Bewley et al. 2016) and ByteTrack (Zhang et al. 2022), without the Kalman filter: at a few frames a second its covariances
are guesses too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import final

import numpy as np

from partsight.detector.decoding import suppress
from partsight.labels.outlines import mask_outlines
from partsight.structures.arrays import FloatArray
from partsight.structures.boxes import pair_boxes
from partsight.structures.detections import Detections
from partsight.structures.mask import Mask

KEPT_S = 0.5
"""A part that is not detected any more is shown for so long."""
_SAME_PART_IOU = 0.75
"""Boxes of two classes that overlap more are two opinions about one part."""
_LEAST_IOU = 0.25
_REACH = 0.6
"""Boxes of one class without overlap belong together up to this share of their diagonal apart."""
_LEAST_SHARE, _GAIN = 0.45, 3.0
"""A box follows by this share of the difference, and by more the larger the difference is against its size: still boxes are steady,
moving ones do not lag."""
_VELOCITY_SHARE = 0.35
_VOTE_DECAY = 0.9
_SCORE_SHARE = 0.3
_MISSED_SCORE = 0.9
_CONFIRMED_HITS = 2
_FINEST_PX = 160


@dataclass(frozen=True, slots=True)
class Track:
    """A part as it is shown in one frame."""

    number: int
    """The same as long as it is the same part."""
    class_id: int
    score: float
    box_xyxy: tuple[float, float, float, float]
    is_seen: bool
    """False while it is shown from memory."""
    outlines: tuple[FloatArray, ...] = ()
    """Ways around its pixels, (P, 2) each, for the eye; none where boxes only are found, and from memory."""


@dataclass(slots=True, eq=False)
class _State:
    number: int
    center: FloatArray
    size: FloatArray
    score: float
    seen_s: float
    hits: int = 1
    velocity: FloatArray = field(default_factory=lambda: np.zeros(2))
    votes: dict[int, float] = field(default_factory=dict)
    mask: Mask | None = None
    """As it was seen last."""

    @property
    def box(self) -> FloatArray:
        corners: FloatArray = np.concatenate([self.center - self.size / 2, self.center + self.size / 2])
        return corners

    @property
    def class_id(self) -> int:
        return max(self.votes, key=lambda name: self.votes[name])


@final
class BoxTracker:
    """Follows the parts of one camera."""

    def __init__(self) -> None:
        self._states: list[_State] = []
        self._numbers = count(1)
        self._time_s: float | None = None
        self._size_wh = (0, 0)

    def update(self, found: Detections, time_s: float, size_wh: tuple[int, int]) -> tuple[Track, ...]:
        """Take the detections of the next frame; return the parts that are there, best first."""
        step_s = 0.0 if self._time_s is None else time_s - self._time_s
        if size_wh != self._size_wh or step_s > 4 * KEPT_S or step_s < 0:
            self._states, step_s = [], 0.0
        self._time_s, self._size_wh = time_s, size_wh
        self._predict(step_s)
        found = _one_opinion_each(found)
        pairs = self._pairs(found)
        for position, state in enumerate(self._states):
            if position in pairs:
                _correct(state, found, pairs[position], (time_s, step_s))
            else:
                state.score *= _MISSED_SCORE
        self._drop(time_s)
        self._begin(found, set(pairs.values()), time_s)
        return self._tracks(time_s)

    def _predict(self, step_s: float) -> None:
        for state in self._states:
            state.center = state.center + state.velocity * step_s

    def _pairs(self, found: Detections) -> dict[int, int]:
        """Return which track gets which detection: by overlap, then by nearness within one class."""
        boxes = np.array([state.box for state in self._states]).reshape(-1, 4)
        pairs = {int(track): int(box) for track, box in pair_boxes(boxes, found.boxes_xyxy, _LEAST_IOU)}
        taken = set(pairs.values())
        left = [position for position in range(len(self._states)) if position not in pairs]
        for distance, track, box in sorted(self._near(left, found, taken)):
            if distance < _REACH and track not in pairs and box not in taken:
                pairs[track] = box
                taken.add(box)
        return pairs

    def _near(self, tracks: Sequence[int], found: Detections, taken: set[int]) -> list[tuple[float, int, int]]:
        near = []
        for track in tracks:
            state = self._states[track]
            for box in range(len(found.scores)):
                if box not in taken and found.class_ids[box] == state.class_id:
                    center, size = _center_and_size(found.boxes_xyxy[box])
                    diagonal = max(float(np.hypot(*size)), float(np.hypot(*state.size)), 1e-6)
                    near.append((float(np.hypot(*(center - state.center))) / diagonal, track, box))
        return near

    def _drop(self, time_s: float) -> None:
        """Forget parts that are gone, and preview_frames that did not come again."""
        self._states = [
            state
            for state in self._states
            if state.seen_s == time_s or (state.hits >= _CONFIRMED_HITS and time_s - state.seen_s <= KEPT_S)
        ]

    def _begin(self, found: Detections, taken: set[int], time_s: float) -> None:
        for box in range(len(found.scores)):
            if box not in taken:
                center, size = _center_and_size(found.boxes_xyxy[box])
                state = _State(next(self._numbers), center, size, float(found.scores[box]), time_s)
                state.mask = found[box].mask
                state.votes[int(found.class_ids[box])] = float(found.scores[box])
                self._states.append(state)

    def _tracks(self, time_s: float) -> tuple[Track, ...]:
        confirmed = [state for state in self._states if state.hits >= _CONFIRMED_HITS]
        ordered = sorted(confirmed, key=lambda state: -state.score)
        return tuple(self._track(state, is_seen=state.seen_s == time_s) for state in ordered)

    def _track(self, state: _State, *, is_seen: bool) -> Track:
        limits = np.array([*self._size_wh, *self._size_wh], np.float64)
        left, top, right, bottom = np.clip(state.box, 0, limits).tolist()
        rings = () if state.mask is None or not is_seen else tuple(mask_outlines(state.mask, finest_px=_FINEST_PX))
        return Track(state.number, state.class_id, state.score, (left, top, right, bottom), is_seen, rings)


@final
class VisibleTracks:
    """Which tracks count as there: from the threshold up, and on until clearly below it, so that none blinks around it."""

    KEEP = 0.8

    def __init__(self, limit_of: Callable[[int], float]) -> None:
        self._limit_of = limit_of
        self._numbers: frozenset[int] = frozenset()

    def update(self, tracks: Sequence[Track]) -> tuple[Track, ...]:
        """Return those of the frame's tracks that count."""
        shown = tuple(track for track in tracks if track.score >= self._needed(track))
        self._numbers = frozenset(track.number for track in shown)
        return shown

    def _needed(self, track: Track) -> float:
        return self._limit_of(track.class_id) * (self.KEEP if track.number in self._numbers else 1.0)


def _one_opinion_each(found: Detections) -> Detections:
    order = np.argsort(-found.scores, kind="stable")
    boxes = found.boxes_xyxy[order]
    kept = order[suppress(boxes, np.zeros(len(boxes), np.int64), _SAME_PART_IOU, len(boxes))]
    return found[kept]


def _correct(state: _State, found: Detections, box: int, clock_s: tuple[float, float]) -> None:
    """Move a part towards what was seen."""
    time_s, step_s = clock_s
    center, size = _center_and_size(found.boxes_xyxy[box])
    residual = center - state.center
    share = _follow_share(residual, state.size)
    state.center = state.center + share * residual
    state.size = state.size + _follow_share(size - state.size, state.size) * (size - state.size)
    if step_s > 0:
        state.velocity = 0.9 * state.velocity + _VELOCITY_SHARE * residual / step_s
    score, class_id = float(found.scores[box]), int(found.class_ids[box])
    state.score += _SCORE_SHARE * (score - state.score)
    state.votes = {name: vote * _VOTE_DECAY for name, vote in state.votes.items()}
    state.votes[class_id] = state.votes.get(class_id, 0.0) + score
    state.seen_s, state.hits, state.mask = time_s, state.hits + 1, found[box].mask


def _follow_share(difference: FloatArray, size: FloatArray) -> FloatArray:
    relative = np.abs(difference) / np.maximum(size, 1.0)
    share: FloatArray = np.clip(_LEAST_SHARE + _GAIN * relative, _LEAST_SHARE, 1.0)
    return share


def _center_and_size(box_xyxy: FloatArray) -> tuple[FloatArray, FloatArray]:
    return (box_xyxy[:2] + box_xyxy[2:]) / 2, box_xyxy[2:] - box_xyxy[:2]
