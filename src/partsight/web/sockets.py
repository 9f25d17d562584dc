"""WebSockets that end."""

from contextlib import suppress

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState


async def close(socket: WebSocket, code: int = 1000, reason: str = "") -> None:
    """Close a connection that is open; that the other side was quicker is no error."""
    if socket.application_state is WebSocketState.CONNECTED:
        with suppress(RuntimeError, OSError, WebSocketDisconnect):
            await socket.close(code, reason)
