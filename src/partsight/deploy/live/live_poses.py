"""Poses of the parts in view, asked for beside the detection loop: no picture ever waits for one.

A thread takes the newest look, poses one part in it, and begins again with the look that is the newest then. Parts whose pose is known
are followed in turn; one that is new is looked for when all of them had their turn, and less and less often while none is found. When
a pose is ready, pages are some frames further: its outline goes along with the part's box, and is dropped where that would be a guess.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, final

import av
import numpy as np

from partsight.deploy.live.frame_results import FrameResult
from partsight.deploy.live.metrics import Paces
from partsight.deploy.live.threshold import LimitOf
from partsight.deploy.live.tracking import Track, VisibleTracks
from partsight.deploy.posing import FOLLOWED_FIT, PosedPicture
from partsight.errors import PartsightError
from partsight.pose.finding import FoundPose
from partsight.pose.optics import KnownCamera
from partsight.pose.outline import PosedOutline
from partsight.structures.arrays import FloatArray, Image
from partsight.structures.detections import Detections

STALE_S = 1.0
"""An outline of a frame that is older than the picture by more is not shown."""
_MOST_GROWTH = 1.25
"""A box that became wider or higher by more shows the part from another side."""
_WAIT_S = 0.5
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 16.0
"""Until a part of which no pose was found is tried again."""


class FramePoser(Protocol):
    """Poses a part in the frames of one camera."""

    def pose(self, image: Image, found: Detections, *, is_frame: bool) -> PosedPicture:
        """Return the poses of the detections of a frame. Raises PartsightError."""
        ...


class PoserSource(Protocol):
    """Gives a poser for each part in view."""

    def renew(self) -> bool:
        """Take up other shapes if there are any; return whether there were. Raises PartsightError."""
        ...

    def new(self) -> FramePoser:
        """Return a poser that has seen nothing."""
        ...

    def close(self) -> None:
        """Give up what is being found."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ShownPose:
    """A pose as it is shown with a frame."""

    position_mm: tuple[float, float, float]
    """Of the part's middle in the camera's frame: right, down, forward."""
    fit: float
    behind_s: float
    """How much older the frame is in which it was found."""
    lines: FloatArray
    """(N, 2, 2) ends of lines, in pixels of the frame."""
    names: tuple[tuple[str, float, float], ...]
    """Sub-parts, and a place in each."""


@dataclass(frozen=True, slots=True, eq=False)
class _Posed:
    """What was found of a part in a frame."""

    track: Track
    captured_s: float
    pose: FoundPose
    outline: PosedOutline


@dataclass(slots=True, eq=False)
class _Turn:
    """When a part had its turn."""

    poser: FramePoser
    look: int = -1
    tried_s: float = 0.0
    pause_s: float = _FIRST_PAUSE_S
    is_followed: bool = False


@final
class LivePoses:
    """Poses the parts in view, one after the other, in a thread of its own. A handler of looks."""

    def __init__(self, posers: PoserSource, limit_of: LimitOf, *, is_watched: Callable[[], bool]) -> None:
        self._posers, self._limit_of, self._is_watched = posers, limit_of, is_watched
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._newest: FrameResult | None = None
        self._turns: dict[int, _Turn] = {}
        self._sought_s = 0.0
        self._posed: Mapping[int, _Posed] = {}
        self._camera: KnownCamera | None = None
        self._problem = ""
        self._paces = Paces()
        self._thread = threading.Thread(target=self._run, name="poses", daemon=True)

    def start(self) -> None:
        """Begin to pose."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and give up the pose that is being found."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        self._posers.close()
        if self._thread.is_alive():
            self._thread.join(2.0)
        self._posers.close()  # in case it was just being started

    def __call__(self, look: FrameResult) -> None:
        """Take the newest look; the one before is skipped if nobody has come to it."""
        with self._changed:
            self._newest = look
            self._changed.notify_all()

    def state(self) -> dict[str, Any]:
        """Return how posing goes: its rate, what hinders it, and how exact distances are."""
        error = None if self._camera is None else self._camera.focal_error
        return {"per_second": round(self._paces.per_second(), 1), "problem": self._problem, "focal_error": error}

    def shown(self, look: FrameResult) -> dict[int, ShownPose]:
        """Return the poses that can be shown with a look, by the number of the track."""
        posed = self._posed
        carried = ((track.number, _carried(posed.get(track.number), track, look)) for track in look.tracks)
        return {number: pose for number, pose in carried if pose is not None}

    def _run(self) -> None:
        seen = -1
        while not self._stopping.is_set():
            look = self._take(seen)
            if look is None:
                continue
            try:
                has_posed = self._pose_one(look)
            except PartsightError as error:  # a camera that was turned, a model that is exported just now: it may pass
                self._problem, has_posed = str(error), False
            except (av.FFmpegError, ValueError):  # a frame that decoded to nonsense: the next one will do
                has_posed = False
            seen = look.number - 1 if has_posed else look.number

    def _take(self, after: int) -> FrameResult | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping.is_set() or self._number() > after, _WAIT_S)
            is_new = self._number() > after and not self._stopping.is_set()
        if is_new and not self._is_watched():
            self._stopping.wait(_WAIT_S)
            return None
        return self._newest if is_new else None

    def _number(self) -> int:
        return -1 if self._newest is None else self._newest.number

    def _pose_one(self, look: FrameResult) -> bool:
        """Pose the part whose turn it is; return False where none has to be posed in this look."""
        if self._posers.renew():
            self._turns, self._posed = {}, {}
        there = {track.number for track in look.tracks}
        self._turns = {number: turn for number, turn in self._turns.items() if number in there}
        track = self._next(look)
        if track is None:
            return False
        posed = self._pose(look, track)
        kept = {number: one for number, one in self._posed.items() if number in there and number != track.number}
        self._posed = kept if posed is None else {**kept, track.number: posed}
        return True

    def _next(self, look: FrameResult) -> Track | None:
        now_s, turns = time.monotonic(), self._turns
        for track in look.tracks:
            if track.number not in turns:
                turns[track.number] = _Turn(self._posers.new())
        wanted = [track for track in look.tracks if track.is_seen and self._counts(track)]
        wanted.sort(key=lambda track: turns[track.number].tried_s)
        followed = [one for one in wanted if turns[one.number].is_followed and turns[one.number].look < look.number]
        waiting = [one for one in followed if turns[one.number].tried_s < self._sought_s]
        sought = [one for one in wanted if _is_sought(turns[one.number], now_s)]
        return next(iter(waiting or sought or followed), None)

    def _counts(self, track: Track) -> bool:
        return track.score >= VisibleTracks.KEEP * self._limit_of(track.class_id)

    def _pose(self, look: FrameResult, track: Track) -> _Posed | None:
        turn = self._turns[track.number]
        found = Detections(np.array([track.box_xyxy]), np.array([track.score]), np.array([track.class_id]))
        turn.look, turn.tried_s = look.number, time.monotonic()
        picture = turn.poser.pose(look.image(), found, is_frame=True)
        (pose,), (outline,) = picture.poses, picture.outlines
        turn.tried_s = time.monotonic()
        if not turn.is_followed:
            self._sought_s = turn.tried_s
        is_good = pose is not None and outline is not None and pose.fit >= FOLLOWED_FIT
        turn.pause_s = _FIRST_PAUSE_S if is_good or turn.is_followed else min(2 * turn.pause_s, _LONGEST_PAUSE_S)
        turn.is_followed = is_good
        self._camera, self._problem = picture.camera, ""
        self._paces.finished_s.append(turn.tried_s)
        if pose is None or outline is None or not is_good:
            return None
        return _Posed(track, look.frame.captured_s, pose, outline)


def _is_sought(turn: _Turn, now_s: float) -> bool:
    return not turn.is_followed and (turn.look < 0 or now_s - turn.tried_s >= turn.pause_s)


def _carried(posed: _Posed | None, track: Track, look: FrameResult) -> ShownPose | None:
    """Return a pose moved with the box of its part; None where it is too old, or the part looks otherwise by now."""
    if posed is None or posed.track.class_id != track.class_id or not track.is_seen:
        return None
    behind_s = look.frame.captured_s - posed.captured_s
    before, now = np.reshape(posed.track.box_xyxy, (2, 2)), np.reshape(track.box_xyxy, (2, 2))
    growth = (now[1] - now[0]) / np.maximum(before[1] - before[0], 1.0)
    if abs(behind_s) > STALE_S or growth.max() > _MOST_GROWTH or growth.min() < 1 / _MOST_GROWTH:
        return None
    scale, old_middle, new_middle = float(np.sqrt(growth.prod())), before.mean(axis=0), now.mean(axis=0)
    lines = (posed.outline.lines - old_middle) * scale + new_middle
    spots = [(name, (np.array([x, y]) - old_middle) * scale + new_middle) for name, x, y in posed.outline.names]
    x_mm, y_mm, z_mm = (1000 * posed.pose.camera_from_part[:3, 3]).tolist()
    names = tuple((name, float(x), float(y)) for name, (x, y) in spots)
    return ShownPose((x_mm, y_mm, z_mm), posed.pose.fit, max(behind_s, 0.0), lines, names)
