"""Video files and streams → frames in their order, by PyAV (FFmpeg).

What is given is opened as it was typed: a file opens no address and an address opens no file, so a play list cannot lead elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from partsight.errors import SourceError
from partsight.photos.decoding import USUAL_RATE, VIDEO_SUFFIXES, Clock, sound_frames, upright_rgb
from partsight.structures.arrays import Image

STREAM_SCHEMES = ("http", "https", "rtmp", "rtsp", "rtsps", "srt", "tcp", "udp")
"""Addresses that are opened; anything else is a path."""

_FILE_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,ogg,h264,hevc,flv,mjpeg",
}
_STREAM_OPTIONS = {
    "protocol_whitelist": "http,https,httpproxy,crypto,rtmp,rtsp,rtsps,rtp,rtcp,srtp,srt,tcp,tls,udp",
    "rtsp_transport": "tcp",
    "rw_timeout": "10000000",  # microseconds
}
_OPEN_TIMEOUT_S, _READ_TIMEOUT_S = 10.0, 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a video or stream."""

    number: int
    """From 0, in the order of decoding; damaged frames are not counted."""
    time_s: float
    """Since the first frame, by the source's own time stamps."""
    image: Image


def is_stream(source: str) -> bool:
    """Return whether this is the address of a stream, not a path."""
    return urlsplit(source).scheme.lower() in STREAM_SCHEMES and "://" in source


def is_video(source: str) -> bool:
    """Return whether this is a stream or is named like a video file."""
    return is_stream(source) or Path(source).suffix.lower() in VIDEO_SUFFIXES


def read_frames(source: str, tell: Callable[[str], None]) -> Iterator[Frame]:
    """Decode all frames of a file or stream in their order; damage is told and left out.

    Raises SourceError when it cannot be opened or no frame can be decoded.
    """
    number = -1
    with open_video(source) as (container, stream):
        clock = Clock(stream)
        for number, frame in enumerate(sound_frames(container, stream, shown_source(source), tell)):
            yield Frame(number, clock.time_s(frame, number), upright_rgb(frame))
    if number < 0:
        raise SourceError(f"{shown_source(source)}: no frame of it can be decoded. Does a video player show it?")


def num_frames(source: str) -> int:
    """Return how many frames a file says it has; 0 for streams and where nothing is said. Raises SourceError."""
    if is_stream(source):
        return 0
    with open_video(source) as (container, stream):
        duration_s = (container.duration or 0) / av.time_base
        return stream.frames or round(duration_s * (stream.average_rate or USUAL_RATE))


@contextmanager
def open_video(
    source: str, opened: Callable[[str], InputContainer] | None = None
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open the first video stream of a file or address, or of what `opened` makes of it. Raises SourceError."""
    shown = shown_source(source)
    try:
        container = (opened or _opened)(source)
    except (av.FFmpegError, ValueError, OSError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(
            f"{shown}: cannot be opened as video ({reason}). Expected a video file or the address of a running stream."
        ) from error
    with container:
        if not container.streams.video:
            raise SourceError(f"{shown}: holds no video stream, perhaps sound only. Give a video.")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield container, stream


def shown_source(source: str) -> str:
    """Return a source as messages name it: without the password that an address may hold."""
    parts = urlsplit(source)
    if not is_stream(source) or parts.username is None:
        return source
    return source.replace(f"{parts.netloc.rpartition('@')[0]}@", "…@", 1)


def open_stream(source: str, options: Mapping[str, str], timeouts_s: tuple[float, float]) -> InputContainer:
    """Open an address with FFmpeg's options beside ours; timeouts for opening and for each packet."""
    return av.open(source, options={**options, **_STREAM_OPTIONS}, timeout=timeouts_s, metadata_errors="replace")


def _opened(source: str) -> InputContainer:
    if is_stream(source):
        return open_stream(source, {}, (_OPEN_TIMEOUT_S, _READ_TIMEOUT_S))
    path = Path(source)
    if not path.is_file():
        raise SourceError(f"{source}: no such file. Give a video, a picture, a folder or the address of a stream.")
    return av.open(str(path.resolve()), options=_FILE_OPTIONS, metadata_errors="replace")
