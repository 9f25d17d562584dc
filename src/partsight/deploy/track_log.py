"""The parts of videos and streams as tracks: which were there, from when to when, and how many at once."""

import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from partsight.deploy.live.tracking import BoxTracker, Track
from partsight.deploy.records import Record
from partsight.errors import SourceError
from partsight.files import write_text

COLUMNS = ("source", "track", "class", "first_frame", "last_frame", "first_s", "last_s", "num_frames", "best_score")


@dataclass(slots=True)
class _Seen:
    """One part of one video."""

    class_id: int
    first: tuple[int, float]
    last: tuple[int, float]
    """Frame and seconds."""
    num_frames: int = 0
    best_score: float = 0.0

    def see(self, track: Track, at: tuple[int, float]) -> None:
        self.class_id, self.last = track.class_id, at
        self.num_frames += 1
        self.best_score = max(self.best_score, track.score)


@final
class TrackLog:
    """Follows the parts of each video, frame after frame; a part that was gone for a moment keeps its number."""

    def __init__(self) -> None:
        self._source = ""
        self._tracker = BoxTracker()
        self._seen: dict[str, dict[int, _Seen]] = {}
        self._most: dict[str, Counter[int]] = {}

    def add(self, record: Record) -> tuple[Track, ...]:
        """Take the next frame and return the parts that are seen in it; a picture is none of a video and returns none."""
        if record.frame is None:
            return ()
        if record.source != self._source:
            self._source, self._tracker = record.source, BoxTracker()
        at = record.frame, record.time_s or 0.0
        shown = self._tracker.update(record.detections, at[1], record.size_wh)
        tracks = tuple(track for track in shown if track.is_seen)  # not those from memory
        seen = self._seen.setdefault(record.source, {})
        for track in tracks:
            seen.setdefault(track.number, _Seen(track.class_id, at, at)).see(track, at)
        most = self._most.setdefault(record.source, Counter())
        most |= Counter(track.class_id for track in tracks)
        return tracks

    def as_json(self, class_names: Sequence[str]) -> list[dict[str, Any]]:
        """Return for each video its counts by class and its tracks as JSON-like values."""
        return [
            {
                "source": source,
                "counts": {
                    name: {"tracks": sum(one.class_id == class_id for one in seen.values()), "most_at_once": most}
                    for class_id, name in enumerate(class_names)
                    if (most := self._most[source][class_id])
                },
                "tracks": [_as_json(number, one, class_names) for number, one in seen.items()],
            }
            for source, seen in self._seen.items()
        ]


def write_tracks(log: TrackLog, class_names: Sequence[str], path: Path) -> None:
    """Write a line for each track as CSV, or counts and tracks as JSON, by the file's suffix. Raises SourceError, StorageError."""
    videos = log.as_json(class_names)
    if path.suffix == ".json":
        write_text(
            path, json.dumps({"class_names": list(class_names), "videos": videos}, ensure_ascii=False, indent=1) + "\n"
        )
        return
    check_tracks_path(path)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for video in videos:
        writer.writerows({"source": video["source"], **track} for track in video["tracks"])
    write_text(path, stream.getvalue())


def check_tracks_path(path: Path) -> None:
    """Raise SourceError unless the suffix says what is to be written."""
    if path.suffix not in (".csv", ".json"):
        raise SourceError(f"{path}: tracks are written as .csv or .json. Choose a name that ends so.")


def _as_json(number: int, seen: _Seen, class_names: Sequence[str]) -> dict[str, Any]:
    return {
        "track": number,
        "class": class_names[seen.class_id],
        "first_frame": seen.first[0],
        "last_frame": seen.last[0],
        "first_s": round(seen.first[1], 3),
        "last_s": round(seen.last[1], 3),
        "num_frames": seen.num_frames,
        "best_score": round(seen.best_score, 4),
    }
