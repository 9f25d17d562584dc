"""The connection over which a phone sends what its camera sees."""

from contextlib import suppress

from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from partsight.deploy.live.phone_camera import PhoneCamera
from partsight.web.frames import FrameError, receive_frame

SILENT_S = 30.0
"""A phone that says nothing for so long sleeps; it joins again when it wakes."""
_TAKEN_OVER = (4001, "another device is the camera now")


def serve_phone(app: FastAPI, camera: PhoneCamera) -> None:
    """Let a page be the camera."""

    @app.websocket("/camera")
    async def sent(socket: WebSocket) -> None:
        await socket.accept()
        number = camera.join()
        try:
            await _take_all(socket, camera, number)
        except FrameError as error:
            await _close(socket, error.code, error.reason)
        except (WebSocketDisconnect, OSError, RuntimeError):
            await _close(socket, 1000, "")
        finally:
            camera.leave(number)


async def _take_all(socket: WebSocket, camera: PhoneCamera, number: int) -> None:
    while True:
        frame = await receive_frame(socket, SILENT_S)
        if not camera.put(number, frame.image, jpeg=frame.jpeg, sent_ms=frame.sent_ms):
            await _close(socket, *_TAKEN_OVER)
            return
        await socket.send_text("next")


async def _close(socket: WebSocket, code: int, reason: str) -> None:
    if socket.application_state is WebSocketState.CONNECTED:
        with suppress(RuntimeError, OSError):
            await socket.close(code, reason)
