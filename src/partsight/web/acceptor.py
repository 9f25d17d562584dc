"""Takes in connections, as many as the limits say; a shortage of file descriptors is told once, and waited out."""

import asyncio
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, final

from partsight.web.connections import Connection, ConnectionLimits, Connections, place_of

_LOOK_S = 0.25
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 1.0
_SAID_AGAIN_S = 3600.0
_SHUTDOWN_S = 2.0
"""For the farewell of a TLS connection."""
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 5\r\nConnection: close\r\n"
    b'Content-Length: 58\r\n\r\n{"problem": "too many connections; try again in a moment"}'
)


@final
class Acceptor:
    """Accepts on one listening socket from `run` until it is cancelled."""

    def __init__(
        self,
        listener: socket.socket,
        make_protocol: Callable[[], asyncio.Protocol],
        limits: ConnectionLimits,
        *,
        tls: ssl.SSLContext | None,
        say: Callable[[str], None],
    ) -> None:
        self._listener, self._make_protocol, self._tls = listener, make_protocol, tls
        self._connections = Connections(limits)
        self._say, self._told_s = say, dict[str, float]()
        self._starting: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Accept and watch."""
        self._listener.settimeout(0)
        watching = asyncio.create_task(self._watch())
        try:
            await self._accept()
        finally:
            watching.cancel()

    async def _accept(self) -> None:
        loop, pause_s = asyncio.get_running_loop(), _FIRST_PAUSE_S
        while True:
            try:
                sock, address = await loop.sock_accept(self._listener)
            except OSError as error:  # above all no file descriptor left; a client that left meanwhile
                reason = error.strerror or str(error)
                self._tell(f"connections cannot be accepted ({reason}); those that ask for nothing are ended")
                self._connections.drop_longest()
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                continue
            pause_s = _FIRST_PAUSE_S
            self._take(sock, place_of(address))
            await asyncio.sleep(0)  # while many wait, accepting never does, and what was ended would never be closed

    def _take(self, sock: socket.socket, place: str) -> None:
        if not self._connections.make_room(place):
            self._tell(f"all {self._connections.limits.most} connections are in use; further ones are turned away")
            self._refuse(sock)
            return
        connection = Connection(sock, place)
        self._connections.add(connection)
        task = asyncio.create_task(self._start(connection))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    async def _start(self, connection: Connection) -> None:
        limits = self._connections.limits
        options: dict[str, Any] = {}
        if self._tls is not None:
            options = {"ssl_handshake_timeout": limits.handshake_s, "ssl_shutdown_timeout": _SHUTDOWN_S}
        loop = asyncio.get_running_loop()
        try:
            transport, _ = await loop.connect_accepted_socket(
                self._make_protocol, connection.sock, ssl=self._tls, **options
            )
        except OSError:  # left, too late, or speaks no TLS
            connection.sock.close()
            return
        connection.transport = transport

    def _refuse(self, sock: socket.socket) -> None:
        """Say why where that can be said without waiting."""
        with sock:
            if self._tls is None:
                try:
                    sock.send(_BUSY)
                except OSError:
                    return

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            self._connections.drop_overdue()

    def _tell(self, text: str) -> None:
        """Say a thing once, not each time, and again only much later."""
        now_s = time.monotonic()
        if now_s - self._told_s.get(text, -_SAID_AGAIN_S) >= _SAID_AGAIN_S:
            self._told_s[text] = now_s
            self._say(text)
