"""Video → frames with their times, by PyAV (FFmpeg), the right way up.

Times are the file's own time stamps: telephones record with a varying frame rate, so a frame number says nothing about time. A file
is decoded from its start each time, so that numbers mean the same frames; nothing is kept but the frame in hand.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import final

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.reformatter import Colorspace, Interpolation
from av.video.stream import VideoStream

from partsight.errors import PhotosError
from partsight.photos.footage import GrayImage, PreviewFrame, Tell, small_size
from partsight.structures.arrays import Image

VIDEO_SUFFIXES = frozenset(
    {".3gp", ".avi", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".ogv", ".ts", ".webm", ".wmv"}
)

_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,ogg,h264,hevc,flv",
}
"""Containers that hold their own data only: a play list named .mp4 could name other files and addresses."""
_UNSPECIFIED = 2
"""AVCOL_SPC_UNSPECIFIED (ITU-T H.273, matrix coefficients)."""
_HIGH_DEFINITION = 720
"""Lines from which video that does not state its color matrix is BT.709, as players take it; below it is BT.601."""
_MISSED_S, _MISSED_SHARE = 0.5, 0.05
"""A video that ends earlier than it says by more than both is reported."""
USUAL_RATE = 25
"""Frames per second where nothing is said."""


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What the header of a video says."""

    width: int
    height: int
    duration_s: float
    """0 when the header does not say."""


@final
class Video:
    """A video file as footage."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def preview_frames(self, tell: Tell) -> Iterator[PreviewFrame]:
        """Decode all frames at a small size. Raises PhotosError when there is none."""
        number = -1
        for number, time_s, frame in _decode(self._path, tell):
            yield PreviewFrame(number, time_s, _upright(_small_gray(frame), frame))
        if number < 0:
            raise PhotosError(f"{self._path}: no frame of this video can be decoded. {_COPY_AGAIN}")

    def frames(self, numbers: Collection[int]) -> Iterator[tuple[int, Image]]:
        """Decode again up to the last frame asked for."""
        wanted = set(numbers)
        for number, _, frame in _decode(self._path, _ignore):
            if not wanted:
                return
            if number in wanted:
                wanted.discard(number)
                yield number, upright_rgb(frame)


def upright_rgb(frame: av.VideoFrame) -> Image:
    """Return a decoded frame as RGB, the right way up."""
    return _upright(_rgb(frame), frame)


_COPY_AGAIN = "Does a player show it? If so, convert it to MP4 (H.264); if not, copy it again from the camera."


def read_video_facts(path: Path) -> VideoFacts:
    """Return what the header says. Raises PhotosError for what is no video."""
    with _opened(path) as (container, stream):
        return VideoFacts(stream.width, stream.height, _duration_s(container, stream))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open the first video stream of a file. Raises PhotosError."""
    if not path.is_file():
        raise PhotosError(f"{path}: no such file. Give a video, a picture, a folder or a zip of them.")
    if path.stat().st_size == 0:
        raise PhotosError(f"{path}: the file is empty. Copy it again from the camera.")
    try:
        container = av.open(str(path.resolve()), options=_OPTIONS, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise PhotosError(f"{path}: not a readable video ({_reason(error)}). {_COPY_AGAIN}") from error
    with container:
        if not container.streams.video:
            raise PhotosError(f"{path}: holds no video stream, perhaps sound only. Give a video.")
        yield container, container.streams.video[0]


def _reason(error: Exception) -> str:
    """Return FFmpeg's words without its error number and the path, which the message names already."""
    return str(getattr(error, "strerror", None) or error)


def _duration_s(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _decode(path: Path, tell: Tell) -> Iterator[tuple[int, float, av.VideoFrame]]:
    """Return number, time in seconds since the first frame, and each frame that can be decoded."""
    with _opened(path) as (container, stream):
        stream.thread_type = "AUTO"
        clock = Clock(stream)
        for number, frame in enumerate(sound_frames(container, stream, path.name, tell)):
            yield number, clock.time_s(frame, number), frame
        _tell_early_end(path, clock.end_s, _duration_s(container, stream), tell)


def sound_frames(container: InputContainer, stream: VideoStream, shown: str, tell: Tell) -> Iterator[av.VideoFrame]:
    """Return the frames that decode without damage; the others are counted and told."""
    num_damaged = 0
    for packet in _packets(container, stream, shown, tell):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            num_damaged += 1
            continue
        sound = [frame for frame in frames if not frame.is_corrupt]
        num_damaged += len(frames) - len(sound)
        yield from sound
    if num_damaged:
        tell(f"{shown}: {num_damaged} damaged frames left out")


def _packets(container: InputContainer, stream: VideoStream, shown: str, tell: Tell) -> "Iterator[Packet[VideoStream]]":
    """Return packets up to the end or to where the source cannot be read on."""
    try:
        yield from container.demux(stream)
    except av.FFmpegError as error:
        tell(f"{shown}: cannot be read to its end ({_reason(error)}); the frames before are used")


class Clock:
    """Time since the first frame; where a frame has no time stamp (raw streams), one step after the frame before."""

    def __init__(self, stream: VideoStream) -> None:
        self._step_s = float(1 / (stream.average_rate or stream.guessed_rate or USUAL_RATE))
        self._first_s: float | None = None
        self._time_s = 0.0

    @property
    def end_s(self) -> float:
        """When the last frame ends."""
        return self._time_s + self._step_s

    def time_s(self, frame: av.VideoFrame, number: int) -> float:
        """Return the time of the next frame."""
        if frame.pts is None or frame.time_base is None:
            self._time_s += self._step_s * (number > 0)
            return self._time_s
        stamp_s = float(frame.pts * frame.time_base)
        self._first_s = stamp_s if self._first_s is None else self._first_s
        self._time_s = stamp_s - self._first_s
        return self._time_s


def _tell_early_end(path: Path, end_s: float, duration_s: float, tell: Tell) -> None:
    if duration_s - end_s > max(_MISSED_S, _MISSED_SHARE * duration_s):
        tell(f"{path.name}: ends after {end_s:.1f} s of {duration_s:.1f} s; the frames before are used")


def _small_gray(frame: av.VideoFrame) -> GrayImage:
    width, height = small_size(frame.width, frame.height)
    small = frame.reformat(width, height, format="gray", interpolation=Interpolation.AREA)
    return np.asarray(small.to_ndarray(), dtype=np.uint8)


def _rgb(frame: av.VideoFrame) -> Image:
    is_bt709 = frame.colorspace == _UNSPECIFIED and min(frame.width, frame.height) >= _HIGH_DEFINITION
    matrix = Colorspace.ITU709 if is_bt709 else None
    return np.asarray(frame.reformat(format="rgb24", src_colorspace=matrix).to_ndarray(), dtype=np.uint8)


def _upright(image: GrayImage, frame: av.VideoFrame) -> GrayImage:
    """Turn a picture as the display matrix of its frame says, to the nearest quarter."""
    return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90) % 4))


def _ignore(finding: str) -> None:
    """Pass over what the first decoding has told."""
    del finding
