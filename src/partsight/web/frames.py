"""Pictures that a page sends one after the other over a WebSocket: bounded in bytes and pixels, by no more than one at a time.

A message is the page's own clock in milliseconds (8 bytes, IEEE 754, big-endian) and a JPEG. The answer to it is what asks for the
next one, so that nothing queues on the way.
"""

import asyncio
import io
import math
import struct
from dataclasses import dataclass

import numpy as np
from PIL import Image as PillowImage
from starlette.websockets import WebSocket, WebSocketDisconnect

from partsight.structures.arrays import Image
from partsight.web.uploads import BOMBS

MOST_BYTES = 1_500_000
"""Of a message: a picture of 1280 × 720 has a tenth of that."""
_MOST_PIXELS = 2_500_000
_CLOCK_BYTES = 8
_TOO_LARGE, _NO_PICTURE, _SILENT = 1009, 1003, 1008


@dataclass(frozen=True, slots=True)
class SentFrame:
    """A picture as a page sent it."""

    image: Image
    jpeg: bytes
    sent_ms: float
    """By the page's own clock."""


class FrameError(Exception):
    """A message that is not taken; the connection ends with this code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


async def receive_frame(socket: WebSocket, silent_s: float) -> SentFrame:
    """Return the next picture that a page sends. Raises FrameError for what is none and after so long, WebSocketDisconnect."""
    try:
        message = await asyncio.wait_for(socket.receive(), silent_s)
    except TimeoutError as error:
        raise FrameError(_SILENT, "no picture came for too long") from error
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1000))
    content = message.get("bytes")
    if content is None or len(content) <= _CLOCK_BYTES:
        raise FrameError(_NO_PICTURE, "expected a clock and a JPEG")
    if len(content) > MOST_BYTES:
        raise FrameError(_TOO_LARGE, f"more than {MOST_BYTES} bytes")
    return await asyncio.to_thread(_decoded, content)


def _decoded(content: bytes) -> SentFrame:
    (sent_ms,) = struct.unpack(">d", content[:_CLOCK_BYTES])
    jpeg = content[_CLOCK_BYTES:]
    try:
        with PillowImage.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise FrameError(_TOO_LARGE, f"more than {_MOST_PIXELS} pixels")
            image = np.asarray(picture.convert("RGB"))
    except (OSError, SyntaxError, ValueError, *BOMBS) as error:
        raise FrameError(_NO_PICTURE, "not a readable JPEG") from error
    return SentFrame(image, jpeg, sent_ms if math.isfinite(sent_ms) else 0.0)
