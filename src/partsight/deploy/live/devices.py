"""What a camera may be, opened for little delay: a device of this machine, the address of a stream, a file."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from partsight.deploy.frame_source import is_stream, open_stream, open_video, shown_source
from partsight.errors import SourceError

_FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
_WISHES: tuple[dict[str, str], ...] = (
    {"input_format": "mjpeg", "video_size": "1920x1080", "framerate": "30"},
    {"video_size": "1280x720", "framerate": "30"},
    {"framerate": "30"},
    {},
)
"""Tried in turn: not every camera has every mode."""
_LITTLE_DELAY = {"flags": "low_delay", "analyzeduration": "1000000"}
"""The second in microseconds: what is read to know the stream comes as a burst, of which the newest frame is kept."""
_STREAM_TIMEOUTS_S = (8.0, 5.0)
"""To open, and for the next packet."""


def is_device(source: str) -> bool:
    """Return whether this is the number of a camera or, on Linux, its device file."""
    return source.isdigit() or source.startswith("/dev/video")


def is_file(source: str) -> bool:
    """Return whether this is neither a device nor an address."""
    return not is_device(source) and not is_stream(source)


@contextmanager
def open_camera(source: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a camera. Raises SourceError."""
    opened = _open_device if is_device(source) else _open_stream if is_stream(source) else None
    with open_video(source, opened) as (container, stream):
        stream.thread_type = "SLICE"  # decoding several frames at once would hold each back for as many
        yield container, stream


def list_devices() -> list[str]:
    """Return the cameras of this machine, as far as it tells."""
    return [f"{device.name} ({device.description})" for device in _devices()]


def _open_stream(source: str) -> InputContainer:
    return open_stream(source, _LITTLE_DELAY, _STREAM_TIMEOUTS_S)


def _open_device(source: str) -> InputContainer:
    kind = _FORMATS.get(sys.platform)
    if kind is None:
        raise SourceError(f"camera {source}: cameras of this system ({sys.platform}) cannot be opened. Use a stream.")
    name = _device_name(source)
    for wishes in _WISHES[:-1]:
        try:
            return av.open(name, format=kind, options=wishes)
        except (OSError, ValueError):
            continue
    try:
        return av.open(name, format=kind, options=_WISHES[-1])
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        known = ", ".join(list_devices()) or "none"
        raise SourceError(
            f"camera {shown_source(source)}: cannot be opened ({reason}). Is it plugged in, and used by no other program? "
            f"Cameras of this machine: {known}."
        ) from error


def _device_name(source: str) -> str:
    if not source.isdigit():
        return source
    kind = _FORMATS.get(sys.platform)
    if kind == "v4l2":
        return f"/dev/video{source}"
    if kind == "dshow":
        names = [device.description or device.name for device in _devices()]
        if int(source) >= len(names):
            raise SourceError(f"camera {source}: not there. Cameras of this machine: {', '.join(names) or 'none'}.")
        return f"video={names[int(source)]}"
    return source


def _devices() -> list["av.device.DeviceInfo"]:
    kind = _FORMATS.get(sys.platform)
    try:
        return list(av.enumerate_input_devices(kind)) if kind else []
    except (OSError, ValueError):
        return []
