"""Bodies of requests: read whole before the application sees them, in bounded time and size.

Paths that take files read their bodies themselves, when it is their turn (`read_body`), by the same rules.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from partsight.web.problems import problem

MOST_BYTES = 2_000_000
"""Of a body that is no file."""
_BODY_S = 15.0


class BodyError(Exception):
    """A body that is not taken; `answer` says why."""

    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How much a body may hold and how long it may take."""

    most_bytes: int = MOST_BYTES
    seconds: float = _BODY_S


async def read_body(headers: Headers, receive: Receive, limits: BodyLimits) -> bytes:
    """Return a whole body. Raises BodyError when it is too large, announced or not, or too slow; ClientDisconnect."""
    announced = headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > limits.most_bytes:
        raise _too_large(limits)
    try:
        async with asyncio.timeout(limits.seconds):
            return await _read(receive, limits)
    except TimeoutError as error:
        reason = f"the body did not arrive within {limits.seconds:g} s"
        raise BodyError(problem(408, reason, {"Connection": "close"})) from error


@final
class WholeBodies:
    """Gives an application requests whose bodies are there, except for paths that read theirs themselves."""

    def __init__(self, app: ASGIApp, uploads: Collection[str], limits: BodyLimits) -> None:
        self._app, self._uploads, self._limits = app, frozenset(uploads), limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request with its body, or say why not."""
        if scope["type"] != "http" or scope["path"] in self._uploads:
            await self._app(scope, receive, send)
            return
        try:
            body = await read_body(Headers(scope=scope), receive, self._limits)
        except BodyError as error:
            await error.answer(scope, receive, send)
        else:
            await self._app(scope, _replayed(body, receive), send)


async def _read(receive: Receive, limits: BodyLimits) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > limits.most_bytes:
            raise _too_large(limits)
        if not message.get("more_body", False):
            return bytes(body)


def _replayed(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


def _too_large(limits: BodyLimits) -> BodyError:
    return BodyError(problem(413, f"more than {limits.most_bytes} bytes"))
