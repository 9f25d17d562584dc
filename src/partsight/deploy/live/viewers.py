"""Pages that watch: each gets the newest look when it has drawn the one before.

A message is the length of a JSON header (4 bytes, big-endian), the header, and the JPEG of the frame that its boxes belong to. The
page answers with the number of the look once it is drawn; so a slow page or network gets fewer frames, never late ones, and the delay
is measured to where a person sees it. A page that is frozen says only that it is there; its look stays at hand for a snapshot. Who
says nothing at all, or what is no text, is no page, and gives up its place.
"""

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final
from weakref import WeakValueDictionary

from starlette.websockets import WebSocket, WebSocketDisconnect

from partsight.deploy.live.frame_results import FrameResult
from partsight.deploy.live.live_poses import ShownPose
from partsight.deploy.live.metrics import Metrics
from partsight.web.sockets import close

MAX_VIEWERS = 64
_STATE_S = 1.0
"""Without new looks the state of the camera is sent so often."""
_SEND_S = 20.0
"""A page that takes longer to receive a message is gone."""
_SILENT_S = 150.0
"""A page that says nothing for so long is gone; a frozen one says every 20 s that it is there, in a hidden tab every minute."""
_LONGEST_ANSWER = 100
_NUM_LEFT = 16
"""Looks that are kept of pages that are gone."""
_SILENT, _NO_TEXT = (1008, "said nothing for too long"), (1003, "answers are text: the number of the look")


@final
class Viewers:
    """All pages that watch. A handler of looks."""

    def __init__(self) -> None:
        self.num_viewers = 0
        self._lock = threading.Lock()
        self._newest: FrameResult | None = None
        self._wakes: dict[int, Callable[[], object]] = {}
        self._looks: WeakValueDictionary[int, FrameResult] = WeakValueDictionary()
        self._left: deque[FrameResult] = deque(maxlen=_NUM_LEFT)

    def __call__(self, look: FrameResult) -> None:
        """Take the newest look and wake whoever waits for it."""
        with self._lock:
            self._newest = look
            self._looks[look.number] = look
            wakes = list(self._wakes.values())
        for wake in wakes:
            wake()

    def hold(self, looks: Sequence[FrameResult]) -> None:
        """Keep what a page that is gone showed last: a tablet that slept may come back with that picture still held."""
        with self._lock:
            self._left.extend(looks)

    def find(self, number: int) -> FrameResult | None:
        """Return a look that is the newest, or that some page shows or showed last."""
        with self._lock:
            return self._looks.get(number)

    async def next_look(self, after: int) -> FrameResult | None:
        """Wait for a look after this one; None when there is none within a second."""
        event = asyncio.Event()
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._newest is not None and self._newest.number > after:
                return self._newest
            self._wakes[id(event)] = lambda: loop.call_soon_threadsafe(event.set)
        try:
            await asyncio.wait_for(event.wait(), _STATE_S)
        except TimeoutError:
            return None
        finally:
            with self._lock:
                del self._wakes[id(event)]
        return self._newest


@dataclass(frozen=True, slots=True)
class ViewerContext:
    """What a page is served from."""

    audience: Viewers
    metrics: Metrics
    state: Callable[[], dict[str, Any]]
    """How camera and loop are, for the header."""
    poses: Callable[[FrameResult], Mapping[int, ShownPose]] = lambda _: {}
    """Poses that can be shown with a look, by the number of the track."""


async def serve_viewer(socket: WebSocket, gallery: ViewerContext) -> None:
    """Serve one page until it goes."""
    if gallery.audience.num_viewers >= MAX_VIEWERS:
        await socket.close(1013, "too many viewers")
        return
    gallery.audience.num_viewers += 1
    try:
        await socket.accept()
        await _serve(socket, gallery)
    except _NoPageError as error:
        gallery.metrics.count("viewers_gone_total")
        await close(socket, *error.why)
    except (WebSocketDisconnect, TimeoutError, OSError, RuntimeError):
        gallery.metrics.count("viewers_gone_total")
        await close(socket)
    finally:
        gallery.audience.num_viewers -= 1


class _NoPageError(Exception):
    def __init__(self, why: tuple[int, str]) -> None:
        super().__init__(why[1])
        self.why = why


async def _serve(socket: WebSocket, gallery: ViewerContext) -> None:
    on_page: list[FrameResult] = []
    try:
        await _serve_looks(socket, gallery, on_page)
    finally:
        gallery.audience.hold(on_page)


async def _serve_looks(socket: WebSocket, gallery: ViewerContext, on_page: list[FrameResult]) -> None:
    """Send look after look; the drawn one and the one on its way stay at hand."""
    seen = -1
    delay_s: float | None = None
    while True:
        look = await gallery.audience.next_look(seen)
        state = gallery.state() | {"delay_ms": None if delay_s is None else round(1000 * delay_s)}
        if look is not None:
            on_page[:] = [*on_page, look][-2:]
        message = await asyncio.to_thread(_message, look, state, gallery.poses)
        await asyncio.wait_for(socket.send_bytes(message), _SEND_S)
        await _answered(socket, -1 if look is None else look.number)
        if look is not None:
            now_s = time.monotonic() - look.frame.captured_s
            gallery.metrics.add_delay(now_s)
            delay_s = _smoothed(delay_s, now_s)
            seen = look.number


async def _answered(socket: WebSocket, number: int) -> None:
    while await _said(socket) != str(number):
        continue


async def _said(socket: WebSocket) -> str:
    """Return the next text that a page says."""
    try:
        message = await asyncio.wait_for(socket.receive(), _SILENT_S)
    except TimeoutError as error:
        raise _NoPageError(_SILENT) from error
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    text = message.get("text")
    if text is None or len(text) > _LONGEST_ANSWER:
        raise _NoPageError(_NO_TEXT)
    return str(text)


def _smoothed(before_s: float | None, now_s: float) -> float:
    return now_s if before_s is None else 0.8 * before_s + 0.2 * now_s


def _message(
    look: FrameResult | None, state: dict[str, Any], poses: Callable[[FrameResult], Mapping[int, ShownPose]]
) -> bytes:
    header = state if look is None else state | _seen(look, poses(look))
    text = json.dumps(header, separators=(",", ":")).encode()
    return len(text).to_bytes(4, "big") + text + (b"" if look is None else look.jpeg.value())


def _seen(look: FrameResult, poses: Mapping[int, ShownPose]) -> dict[str, Any]:
    parts = [
        [
            track.number,
            track.class_id,
            round(track.score, 3),
            *(round(side, 1) for side in track.box_xyxy),
            track.is_seen,
            [ring.round().astype(int).ravel().tolist() for ring in track.outlines],
            *([_plain_pose(poses[track.number])] if track.number in poses else []),
        ]
        for track in look.tracks
    ]
    sent = {} if look.frame.sent_ms is None else {"sent_ms": look.frame.sent_ms}
    return {"look": look.number, "size_wh": look.size_wh, "captured_s": look.frame.captured_s, "parts": parts, **sent}


def _plain_pose(pose: ShownPose) -> dict[str, Any]:
    return {
        "at_mm": [round(value) for value in pose.position_mm],
        "fit": round(pose.fit, 3),
        "behind_ms": round(1000 * pose.behind_s),
        "lines": pose.lines.round(1).ravel().tolist(),
        "names": [[name, round(x, 1), round(y, 1)] for name, x, y in pose.names],
    }
