"""The connection over which a phone sends what its camera sees."""

from fastapi import FastAPI, WebSocket
from starlette.websockets import WebSocketDisconnect

from partsight.deploy.live.phone.camera import PhoneCamera
from partsight.web.frames import FrameError, receive_frame
from partsight.web.sockets import close

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
            await close(socket, error.code, error.reason)
        except (WebSocketDisconnect, OSError, RuntimeError):
            await close(socket)
        finally:
            camera.leave(number)


async def _take_all(socket: WebSocket, camera: PhoneCamera, number: int) -> None:
    while True:
        frame = await receive_frame(socket, SILENT_S)
        if not camera.put(number, frame.image, jpeg=frame.jpeg, sent_ms=frame.sent_ms):
            await close(socket, *_TAKEN_OVER)
            return
        await socket.send_text("next")
