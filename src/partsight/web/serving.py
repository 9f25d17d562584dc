"""A page's server: one port, one application, limits on what clients may hold."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from partsight.errors import StorageError
from partsight.web.acceptor import Acceptor
from partsight.web.connections import ConnectionLimits

MOST_MESSAGE_BYTES = 1024
_BACKLOG = 128
_STOPPED_S = 0.1


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificate and key, in PEM form."""

    cert: Path
    key: Path


@dataclass(frozen=True, slots=True)
class PageServer:
    """An application behind a listening socket; nothing runs yet."""

    server: uvicorn.Server
    listener: socket.socket
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)
    say: Callable[[str], None] = print

    @property
    def has_started(self) -> bool:
        """Whether it answers by now."""
        return self.server.started

    def stop(self) -> None:
        """End a server that runs in another thread, soon."""
        self.server.should_exit = True

    def run(self) -> None:
        """Serve until interrupted or stopped."""
        asyncio.run(self._run())

    async def _run(self) -> None:
        """Accept beside the library's server, which knows no limits and tells each failed accept by a traceback."""
        config = self.server.config
        config.load()
        acceptor = Acceptor(self.listener, self._protocol, self.limits, tls=config.ssl, say=self.say)
        async with asyncio.TaskGroup() as tasks:
            accepting = tasks.create_task(acceptor.run())
            tasks.create_task(self._end_with_server(accepting))
            await self.server.serve(sockets=[])

    def _protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self.server.config.http_protocol_class(
            config=self.server.config, server_state=self.server.server_state, app_state={}
        )  # type: ignore[call-arg]
        return protocol

    async def _end_with_server(self, accepting: asyncio.Task[None]) -> None:
        """Take in nobody more once the server is asked to stop: pages that come back would keep it waiting."""
        while not self.server.should_exit:
            await asyncio.sleep(_STOPPED_S)
        accepting.cancel()
        self.listener.close()


def page_server(
    app: ASGIApp,
    listener: socket.socket,
    *,
    say: Callable[[str], None],
    limits: ConnectionLimits | None = None,
    tls: Tls | None = None,
    message_bytes: int = MOST_MESSAGE_BYTES,
) -> PageServer:
    """Return a server of an application on a listening socket; `say` is told what it turns away, once.

    `message_bytes` is the longest message over a WebSocket.
    """
    bounds = limits or ConnectionLimits()
    options: dict[str, Any] = {} if tls is None else {"ssl_certfile": tls.cert, "ssl_keyfile": tls.key}
    config = uvicorn.Config(
        _told_of_no_leaving(app),
        http="h11",
        loop="asyncio",
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=message_bytes,
        ws_per_message_deflate=False,
        log_level="error",  # one line for each nonsensical request would fill a disk
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=bounds.keep_alive_s,
        timeout_graceful_shutdown=2,
        **options,
    )
    return PageServer(uvicorn.Server(config), listener, bounds, say)


def _told_of_no_leaving(app: ASGIApp) -> ASGIApp:
    """Return the application, for which a client that left while it was read is no error."""

    async def quiet(scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(ClientDisconnect):
            await app(scope, receive, send)

    return quiet


def listen(host: str, port: int) -> socket.socket:
    """Take a port; whoever follows a link before the server has begun waits. Raises StorageError when it is taken."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise StorageError(
            f"{host} port {port}: cannot be used ({error.strerror or error}). Choose another `port`, or 0."
        ) from error
    return listener
