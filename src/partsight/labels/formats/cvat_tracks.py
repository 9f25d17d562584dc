"""CVAT's tracks: shapes at some frames of a video; between two of them boxes move evenly, from one with outside="1" on they are gone.

Frames are numbered as in the video; with a frame filter only each step-th frame exists. A picture of a frame is called
frame_000123, whatever its suffix. Other shapes than boxes count by their extent, which moves evenly as well.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from partsight.labels.export_folder import ExportFolder, missing_reason
from partsight.labels.findings import Mark, PictureEntry, bad_mark
from partsight.labels.formats.cvat_shapes import cvat_shape
from partsight.labels.formats.tracks import TrackBox, boxes_of_track
from partsight.labels.shapes import DrawnShape


def track_entries(root: Any, path: Path, export: ExportFolder) -> list[PictureEntry]:
    """Return one entry for each frame that has a picture or a box; none when the file holds no tracks."""
    if root.find("track") is None:
        return []
    frames = _frames(root)
    marks = _marks_by_frame(root, frames[-1])
    size = _original_size(root)
    entries = (_entry(frame, tuple(marks[frame]), path, export) for frame in frames)
    return [entry if size is None else _with_size(entry, size) for entry in entries if entry.path or entry.marks]


def _entry(frame: int, marks: tuple[Mark, ...], path: Path, export: ExportFolder) -> PictureEntry:
    name = f"frame_{frame:06d}"
    picture = export.index.find(name, path)
    flaw = "" if picture is not None else missing_reason(name, export)
    return PictureEntry(name, picture, marks, flaw=flaw, near=path)


def _with_size(entry: PictureEntry, size_wh: tuple[int, int]) -> PictureEntry:
    return replace(entry, stated_wh=size_wh)


def _original_size(root: Any) -> tuple[int, int] | None:
    width, height = (root.findtext(f"meta//original_size/{name}") or "" for name in ("width", "height"))
    return (int(width), int(height)) if width.isdigit() and height.isdigit() else None


def _frames(root: Any) -> list[int]:
    """Return the numbers of the frames that exist."""
    keys = [int(shape.get("frame")) for track in root.iterfind("track") for shape in track if _has_frame(shape)]
    start, step = _number(root, "start_frame") or 0, _step(root)
    size, stop = _number(root, "size"), _number(root, "stop_frame")
    last = stop if stop is not None else start + step * (size - 1) if size else 0
    return sorted({*range(start, max([last, *keys]) + 1, step), *keys})


def _number(root: Any, name: str) -> int | None:
    text = root.findtext(f"meta//{name}") or ""
    return int(text) if text.strip().isdigit() else None


def _step(root: Any) -> int:
    match = re.search(r"step\s*=\s*(\d+)", root.findtext("meta//frame_filter") or "")
    return max(1, int(match[1])) if match else 1


def _marks_by_frame(root: Any, last_frame: int) -> dict[int, list[Mark]]:
    marks: dict[int, list[Mark]] = defaultdict(list)
    for track in root.iterfind("track"):
        for frame, mark in _marks(track, f"track {track.get('id')}", last_frame):
            marks[frame].append(mark)
    return marks


def _marks(track: Any, where: str, last_frame: int) -> Iterator[tuple[int, Mark]]:
    """Yield the marks of a track by frame; what cannot be read counts at its key frame."""
    name = track.get("label") or ""
    keys: list[tuple[int, TrackBox | None]] = []
    kinds: dict[int, str] = {}
    for element in filter(_has_frame, track):
        frame = int(element.get("frame"))
        spot = f"{where}, frame {frame}"
        try:
            shape = cvat_shape(element)
        except (TypeError, ValueError) as error:
            yield frame, bad_mark(spot, f"not as CVAT writes it ({error})", name)
            continue
        if shape.flaw and element.get("outside") != "1":
            yield frame, Mark(shape, name, spot)
        keys.append((frame, None if element.get("outside") == "1" or shape.flaw else _key_box(element, shape)))
        kinds[frame] = shape.kind
    for frame, box in boxes_of_track(keys, last_frame).items():
        yield frame, Mark(_shape(box, next(iter(kinds.values()))), name, f"{where}, frame {frame}")


def _has_frame(element: Any) -> bool:
    return (element.get("frame") or "").isdigit()


def _key_box(element: Any, shape: DrawnShape) -> TrackBox:
    if element.tag == "box":
        left, top, right, bottom = (float(element.get(name)) for name in ("xtl", "ytl", "xbr", "ybr"))
        return TrackBox((left, top, right, bottom), float(element.get("rotation") or 0.0))
    return TrackBox(shape.box((1, 1)))


def _shape(box: TrackBox, kind: str) -> DrawnShape:
    shape = box.shape()
    return shape if "rectangle" in kind else replace(shape, kind=kind)
