"""Zones and lines in the picture: what is in a zone now and has come into it, what has crossed a line.

A part is where the center of its box is. It is counted by its track, so one that is hidden for long and comes back counts again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, final

from partsight.config.sections.live import LineSection, LiveSection, Point, ZoneSection
from partsight.deploy.live.frame_results import FrameResult
from partsight.deploy.live.threshold import LimitOf
from partsight.deploy.live.tracking import Track, VisibleTracks

Counts: TypeAlias = Counter[str]
_MOST_REMEMBERED = 10_000
"""Tracks whose last place is known: a bound, not a window."""


def is_in_zone(point: Point, zone: ZoneSection) -> bool:
    """Return whether a point lies in a zone: whether a ray from it crosses the border an odd number of times."""
    x, y = point
    is_inside = False
    for (x0, y0), (x1, y1) in zip(zone.corners, (*zone.corners[1:], zone.corners[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            is_inside = not is_inside
    return is_inside


def crossing(before: Point, after: Point, line: LineSection) -> int:
    """Return 1 for a step over a line from the left of who looks along it to the right, -1 for one back, 0 for none."""
    side_before, side_after = _side(before, line.start, line.end), _side(after, line.start, line.end)
    if (side_before > 0) == (side_after > 0):
        return 0
    if (_side(line.start, before, after) > 0) == (_side(line.end, before, after) > 0):
        return 0
    return 1 if side_after > 0 else -1


def center(track: Track, size_wh: tuple[int, int]) -> Point:
    """Return where a part is, as shares of the picture."""
    left, top, right, bottom = track.box_xyxy
    return (left + right) / 2 / size_wh[0], (top + bottom) / 2 / size_wh[1]


@dataclass(slots=True)
class _Zone:
    entered: Counts = field(default_factory=Counter)
    tracks: set[int] = field(default_factory=set)
    now: Counts = field(default_factory=Counter)


@dataclass(slots=True)
class _Line:
    forward: Counts = field(default_factory=Counter)
    backward: Counts = field(default_factory=Counter)


@final
class PlaceCounter:
    """Counts parts in zones and over lines. A handler of looks."""

    def __init__(self, section: LiveSection, class_names: Sequence[str], limit_of: LimitOf) -> None:
        self._section, self._class_names = section, class_names
        self._shown = VisibleTracks(limit_of)
        self._before: dict[int, Point] = {}
        self._said: Mapping[str, Any] = {}
        self.reset()

    def reset(self) -> None:
        """Count from 0 again."""
        self._zones = {name: _Zone() for name in self._section.zones}
        self._lines = {name: _Line() for name in self._section.lines}
        self._said = self._told()

    def __call__(self, look: FrameResult) -> None:
        """Take the next look."""
        there = {track.number: (track, center(track, look.size_wh)) for track in self._shown.update(look.tracks)}
        for name, zone in self._section.zones.items():
            self._count_zone(self._zones[name], zone, there)
        for name, line in self._section.lines.items():
            self._count_line(self._lines[name], line, there)
        self._before.update({number: place for number, (_, place) in there.items()})
        while len(self._before) > _MOST_REMEMBERED:
            self._before.pop(next(iter(self._before)))
        self._said = self._told()

    def counts(self) -> Mapping[str, Any]:
        """Return all counts as JSON-like values; from any thread."""
        return self._said

    def _count_zone(self, state: _Zone, zone: ZoneSection, there: Mapping[int, tuple[Track, Point]]) -> None:
        inside = {number: self._name(track) for number, (track, place) in there.items() if is_in_zone(place, zone)}
        state.entered.update(name for number, name in inside.items() if number not in state.tracks)
        state.tracks |= inside.keys()
        state.now = Counter(inside.values())

    def _count_line(self, state: _Line, line: LineSection, there: Mapping[int, tuple[Track, Point]]) -> None:
        for number, (track, place) in there.items():
            step = crossing(self._before[number], place, line) if number in self._before else 0
            if step:
                (state.forward if step > 0 else state.backward)[self._name(track)] += 1

    def _name(self, track: Track) -> str:
        return self._class_names[track.class_id]

    def _told(self) -> Mapping[str, Any]:
        zones = {name: {"now": dict(one.now), "entered": dict(one.entered)} for name, one in self._zones.items()}
        lines = {
            name: {"forward": dict(one.forward), "backward": dict(one.backward)} for name, one in self._lines.items()
        }
        return {"zones": zones, "lines": lines}


def _side(point: Point, start: Point, end: Point) -> float:
    """Return above 0 for what lies to the right of who looks from start to end; the picture's y axis points down."""
    return (end[0] - start[0]) * (point[1] - start[1]) - (end[1] - start[1]) * (point[0] - start[0])
