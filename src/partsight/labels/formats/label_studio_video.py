"""Label Studio's video boxes: key frames in percent, numbered from 1 (https://labelstud.io/tags/videorectangle).

A result of type "videorectangle" holds a `sequence` of key frames. While `enabled` is true the box moves evenly to the next key
frame, after one with `enabled` false it is gone until the next. Pictures are the video's frames as `partsight photos add` names
them, by time in milliseconds (`walk-12480.jpg`), or as frame_000123.jpg counted from 0; the frame rate is framesCount / duration
of the result. Turned boxes are taken as if they were not turned.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from partsight.labels.foreign import ForeignPicture
from partsight.labels.formats.cvat import Box, boxes_of_track
from partsight.labels.label import Label
from partsight.pictures import PICTURE_SUFFIXES, picture_size

_TIMED, _COUNTED = re.compile(r"-(\d+)$"), re.compile(r"^frame_(\d+)$")
_Spot = tuple[Path, int]


def video_of(task: dict[str, Any]) -> str | None:
    """Return the address of a task's video, None when it has none."""
    return next((str(value) for key, value in task["data"].items() if key in {"video", "video_url"}), None)


def read_video_task(results: list[dict[str, Any]], video: str, folders: list[Path]) -> list[ForeignPicture]:
    """Return the frames of a video among the pictures with the boxes that they show. Raises ValueError for what is not as written."""
    tracks = [result for result in results if result["type"] == "videorectangle"]
    frames = _frames(Path(video).stem, folders, _frame_rate(tracks))
    boxes = [boxes_of_track(_key_frames(track), max((frame for _, frame in frames), default=0)) for track in tracks]
    return [
        ForeignPicture(path, path.stem, picture_size(path), tuple(_labels(tracks, boxes, frame, picture_size(path))))
        for path, frame in frames
    ]


def _frames(stem: str, folders: list[Path], rate: float) -> list[_Spot]:
    """Return the pictures taken from the video with their frame numbers from 0."""
    paths = dict.fromkeys(
        path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix.lower() in PICTURE_SUFFIXES
    )
    return [(path, frame) for path in paths if (frame := _frame_number(path.stem, stem, rate)) is not None]


def _frame_number(name: str, stem: str, rate: float) -> int | None:
    counted = _COUNTED.match(name)
    if counted:
        return int(counted[1])
    timed = _TIMED.search(name)
    return round(int(timed[1]) / 1000 * rate) if timed and name[: timed.start()] == stem else None


def _frame_rate(tracks: list[dict[str, Any]]) -> float:
    lengths = {(float(track["value"]["framesCount"]), float(track["value"]["duration"])) for track in tracks}
    if any(duration <= 0 for _, duration in lengths):
        raise ValueError("duration is not positive")
    return max((count / duration for count, duration in lengths), default=1.0)


def _key_frames(track: dict[str, Any]) -> list[tuple[int, Box | None]]:
    """Return key frames counted from 0; the frame after one that is switched off shows nothing."""
    found: list[tuple[int, Box | None]] = []
    for key in track["value"]["sequence"]:
        frame = int(key["frame"]) - 1
        left, top = float(key["x"]) / 100, float(key["y"]) / 100
        found.append((frame, (left, top, left + float(key["width"]) / 100, top + float(key["height"]) / 100)))
        if not key.get("enabled", True):
            found.append((frame + 1, None))
    return found


def _labels(
    tracks: list[dict[str, Any]], boxes: list[dict[int, Box]], frame: int, size_wh: tuple[int, int]
) -> Iterator[Label]:
    width, height = size_wh
    for track, shown in zip(tracks, boxes, strict=True):
        if frame in shown:
            left, top, right, bottom = shown[frame]
            name = str((track["value"].get("labels") or ["(no label)"])[0])
            yield Label(
                (left * width, top * height, right * width, bottom * height),
                name,
                f"track {track['id']}, frame {frame}",
            )
