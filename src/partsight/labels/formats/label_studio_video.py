"""Label Studio's video boxes: key frames in percent, numbered from 1 (https://labelstud.io/tags/videorectangle).

A result of type "videorectangle" holds a `sequence` of key frames. While `enabled` is true the box moves evenly to the next key
frame, after one with `enabled` false it is gone until the next. Pictures are the video's frames as `partsight photos add` names
them, by time in milliseconds (`walk-12480.jpg`), or as frame_000123.jpg counted from 0; the frame rate is framesCount / duration
of the result. Boxes are turned about their upper left corner.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from partsight.labels.export_folder import ExportFolder
from partsight.labels.findings import Mark, PictureEntry
from partsight.labels.formats.tracks import TrackBox, boxes_of_track
from partsight.labels.shapes import in_shares

_TIMED, _COUNTED = re.compile(r"-(\d+)$"), re.compile(r"^frame_(\d+)$")
_Spot = tuple[Path, int]


def video_of(task: Mapping[str, Any]) -> str | None:
    """Return the address of a task's video, None when it has none."""
    return next((str(value) for key, value in task["data"].items() if key in {"video", "video_url"}), None)


def video_entries(results: list[Mapping[str, Any]], video: str, export: ExportFolder) -> list[PictureEntry]:
    """Return the frames of a video among the pictures with the boxes that they show.

    Raises ValueError, KeyError or TypeError for what is not as written.
    """
    tracks = [result for result in results if result.get("type") == "videorectangle"]
    frames = _frames(Path(video).stem, export, _frame_rate(tracks))
    last_frame = max((frame for _, frame in frames), default=0)
    boxes = [boxes_of_track(_key_frames(track), last_frame) for track in tracks]
    return [PictureEntry(path.name, path, tuple(_marks(tracks, boxes, frame))) for path, frame in frames]


def _frames(stem: str, export: ExportFolder, rate: float) -> list[_Spot]:
    """Return the pictures taken from the video with their frame numbers from 0."""
    numbered = ((path, _frame_number(path.stem, stem, rate)) for path in export.index.paths)
    return [(path, frame) for path, frame in numbered if frame is not None]


def _frame_number(name: str, stem: str, rate: float) -> int | None:
    counted = _COUNTED.match(name)
    if counted:
        return int(counted[1])
    timed = _TIMED.search(name)
    return round(int(timed[1]) / 1000 * rate) if timed and name[: timed.start()] == stem else None


def _frame_rate(tracks: list[Mapping[str, Any]]) -> float:
    lengths = {(float(track["value"]["framesCount"]), float(track["value"]["duration"])) for track in tracks}
    if any(duration <= 0 for _, duration in lengths):
        raise ValueError("duration is not positive")
    return max((count / duration for count, duration in lengths), default=1.0)


def _key_frames(track: Mapping[str, Any]) -> list[tuple[int, TrackBox | None]]:
    """Return key frames counted from 0; the frame after one that is switched off shows nothing."""
    found: list[tuple[int, TrackBox | None]] = []
    for key in track["value"]["sequence"]:
        frame = int(key["frame"]) - 1
        left, top = float(key["x"]), float(key["y"])
        box = left, top, left + float(key["width"]), top + float(key["height"])
        found.append((frame, TrackBox(box, float(key.get("rotation") or 0.0), is_about_corner=True)))
        if not key.get("enabled", True):
            found.append((frame + 1, None))
    return found


def _marks(tracks: list[Mapping[str, Any]], boxes: list[dict[int, TrackBox]], frame: int) -> Iterator[Mark]:
    for track, shown in zip(tracks, boxes, strict=True):
        if frame in shown:
            name = str((track["value"].get("labels") or [""])[0])
            shape = in_shares(shown[frame].shape(), of=100)
            yield Mark(shape, name, f"track {track['id']}, frame {frame}")
