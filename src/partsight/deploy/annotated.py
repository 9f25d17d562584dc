"""Pictures and videos with boxes drawn over them, written into a folder."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image as PillowImage

from partsight.deploy.frame_source import is_stream
from partsight.deploy.overlay import draw_detections, draw_outlines
from partsight.deploy.sources import MediaSource, View
from partsight.errors import StorageError
from partsight.pose.outline import PosedOutline
from partsight.structures.arrays import Image
from partsight.structures.detections import Detections

_JPEG_QUALITY = 92
_TIME_BASE = Fraction(1, 1000)
_RATE = 30
"""Nominal; every frame carries its own time."""


class AnnotatedFolder:
    """Writes what was looked at, with boxes; a video is a file of its own, finished when the next source begins."""

    def __init__(self, folder: Path, class_names: tuple[str, ...]) -> None:
        self._folder, self._class_names = folder, class_names
        self._taken: set[str] = set()
        self._video: _VideoFile | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish_video()

    def add(self, view: View, detections: Detections, outlines: Sequence[PosedOutline | None] = ()) -> None:
        """Draw and write one picture or frame, with the outlines of posed parts. Raises StorageError."""
        drawn = draw_detections(view.image, detections, self._class_names)
        if outlines:
            drawn = draw_outlines(drawn, outlines, detections.class_ids)
        if view.frame is None:
            self._finish_video()
            _write_picture(drawn, self._path(view.source, ".jpg"))
            return
        if self._video is None or self._video.source is not view.source:
            self._finish_video()
            self._video = _VideoFile(view.source, self._path(view.source, ".mp4"), drawn)
        self._video.add(drawn, view.time_s or 0.0)

    def _finish_video(self) -> None:
        if self._video is not None:
            self._video.close()
            self._video = None

    def _path(self, source: MediaSource, suffix: str) -> Path:
        """Return a path of its own for a source, below the folder."""
        stem = source.place if is_stream(source.address) else str(Path(source.place).with_suffix(""))
        names = [stem, *(f"{stem}-{number}" for number in range(2, len(self._taken) + 3))]
        chosen = next(name for name in names if f"{name}{suffix}".lower() not in self._taken)
        self._taken.add(f"{chosen}{suffix}".lower())
        path = self._folder / f"{chosen}{suffix}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _not_written(path, error) from error
        return path


class _VideoFile:
    """An MP4 (H.264) written beside its place and renamed when whole."""

    def __init__(self, source: MediaSource, path: Path, first: Image) -> None:
        self.source = source
        self._path, self._partial = path, path.with_name(f"{path.name}.partial")
        self._size_wh = (first.shape[1] // 2 * 2, first.shape[0] // 2 * 2)  # the codec takes even sizes only
        self._last_pts = -1
        try:
            self._container: OutputContainer = av.open(str(self._partial.resolve()), "w", format="mp4")
        except OSError as error:
            raise _not_written(path, error) from error
        self._stream: VideoStream = self._container.add_stream("libx264", rate=_RATE)
        self._stream.width, self._stream.height = self._size_wh
        self._stream.pix_fmt = "yuv420p"
        self._stream.options = {"preset": "veryfast", "crf": "20"}
        self._stream.codec_context.time_base = _TIME_BASE

    def add(self, image: Image, time_s: float) -> None:
        """Add a frame; one of another size than the first is scaled to it."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame = frame.reformat(*self._size_wh, format="yuv420p")
        self._last_pts = max(self._last_pts + 1, round(time_s / _TIME_BASE))
        frame.pts, frame.time_base = self._last_pts, _TIME_BASE
        self._mux(frame)

    def close(self) -> None:
        """Finish the file."""
        self._mux(None)
        self._container.close()
        self._partial.replace(self._path)

    def _mux(self, frame: av.VideoFrame | None) -> None:
        try:
            self._container.mux(self._stream.encode(frame))
        except OSError as error:
            raise _not_written(self._path, error) from error


def _write_picture(image: Image, path: Path) -> None:
    partial = path.with_name(f"{path.name}.partial")
    try:
        PillowImage.fromarray(image).save(partial, "JPEG", quality=_JPEG_QUALITY)
        partial.replace(path)
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{path}: cannot be written ({error.strerror or error}). Free some space or choose another folder (`out`)."
    )
