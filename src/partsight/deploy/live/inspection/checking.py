"""Whether a set of parts is complete: what is missing and what is too much, and when nothing has moved so that it may be judged."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from partsight.config.sections.live import KitSection, LiveSection, Point
from partsight.deploy.live.frame_results import FrameResult
from partsight.deploy.live.inspection.places import center, is_in_zone
from partsight.deploy.live.threshold import LimitOf
from partsight.deploy.live.tracking import Track, VisibleTracks

Trigger: TypeAlias = Literal["asked", "still"]
"""By a key, the button or over HTTP; because nothing moved."""
_STILL = 0.01
"""A part that has moved less, as a share of the picture, stands still."""


@dataclass(frozen=True, slots=True, eq=False)
class KitCheck:
    """How a kit compares with what is there."""

    kit: str
    found: Mapping[str, int]
    missing: Mapping[str, int]
    extra: Mapping[str, int]
    look: FrameResult
    tracks: tuple[Track, ...]
    """The parts that were counted."""

    @property
    def is_complete(self) -> bool:
        """Whether all is there, and nothing else."""
        return not self.missing and not self.extra


def compare(expected: Mapping[str, int], found: Mapping[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """Return what is missing and what is too much, each with its number."""
    names = [*expected, *(name for name in found if name not in expected)]
    gaps = {name: expected.get(name, 0) - found.get(name, 0) for name in names}
    return {name: gap for name, gap in gaps.items() if gap > 0}, {name: -gap for name, gap in gaps.items() if gap < 0}


@final
class KitWatch:
    """Judges one kit again with each look, and says when it has come to rest."""

    def __init__(self, name: str, kit: KitSection, section: LiveSection) -> None:
        self.name, self.kit = name, kit
        self._zone = section.zones.get(kit.zone)
        self._places: dict[int, Point] = {}
        self._since_s: float | None = None
        self._judged: Counter[str] | None = None

    def judge(self, look: FrameResult, tracks: Sequence[Track], class_names: Sequence[str]) -> KitCheck:
        """Compare what is there with the kit."""
        counted = tuple(
            one for one in tracks if self._zone is None or is_in_zone(center(one, look.size_wh), self._zone)
        )
        found = Counter(class_names[one.class_id] for one in counted)
        missing, extra = compare(self.kit.parts, found)
        return KitCheck(self.name, dict(found), missing, extra, look, counted)

    def has_come_to_rest(self, check: KitCheck) -> bool:
        """Return whether nothing has moved for long enough, once for each set of parts that is laid down."""
        now_s, found = check.look.frame.captured_s, Counter(check.found)
        places = {one.number: center(one, check.look.size_wh) for one in check.tracks}
        if self._since_s is None or not self._is_still(places):
            self._places, self._since_s = places, now_s
        if not found or found != self._judged:
            self._judged = None
        is_seen = bool(found) and all(
            one.is_seen for one in check.tracks
        )  # what was just taken away is shown from memory
        is_due = is_seen and self._judged is None and now_s - self._since_s >= self.kit.still_s
        if is_due:
            self._judged = found
        return is_due

    def _is_still(self, places: Mapping[int, Point]) -> bool:
        """Return whether the same parts are where they were when the rest began."""
        if places.keys() != self._places.keys():
            return False
        moves = (max(abs(a - b) for a, b in zip(places[one], self._places[one], strict=True)) for one in places)
        return all(move < _STILL for move in moves)


@final
class KitChecks:
    """All kits of a station. A handler of looks; `rested` is told of a kit that came to rest, from the loop's thread."""

    def __init__(
        self,
        section: LiveSection,
        class_names: Sequence[str],
        limit_of: LimitOf,
        rested: Callable[[KitCheck], None],
    ) -> None:
        self._watches = {name: KitWatch(name, kit, section) for name, kit in section.check.items()}
        self._class_names, self._rested = class_names, rested
        self._shown = VisibleTracks(limit_of)
        self._newest: Mapping[str, KitCheck] = {}

    def __call__(self, look: FrameResult) -> None:
        """Judge all kits by the next look."""
        tracks = self._shown.update(look.tracks)
        checks = {name: one.judge(look, tracks, self._class_names) for name, one in self._watches.items()}
        self._newest = checks
        for name, check in checks.items():
            watch = self._watches[name]
            if watch.kit.trigger == "still" and watch.has_come_to_rest(check):
                self._rested(check)

    def newest(self) -> Mapping[str, KitCheck]:
        """Return how all kits are now; empty before the first look."""
        return self._newest


def told(check: KitCheck) -> dict[str, object]:
    """Return a check as JSON-like values."""
    said = {"found": dict(check.found), "missing": dict(check.missing), "extra": dict(check.extra)}
    return {"kit": check.kit, "complete": check.is_complete, **said}


def words(counts: Mapping[str, int]) -> str:
    """Return counts as people write them: `4 × bolt M8, 1 × cover`."""
    return ", ".join(f"{number} × {name}" for name, number in counts.items())
