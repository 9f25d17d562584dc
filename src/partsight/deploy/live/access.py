"""Who may ask: the right host name, no foreign page, the token where one is set, and no more bytes than announced.

Without a token the server listens on this machine only. A foreign page in the same browser is kept out by its Origin, a name that
somebody points at this machine (DNS rebinding) by the Host: addresses in figures, this machine's own names and names given are taken,
no others.
"""

import ipaddress
import secrets
import socket
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, final
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from partsight.deploy.live.uploads import MAX_BYTES
from partsight.errors import SourceError

LEAST_TOKEN = 16
"""Characters; random ones, `partsight live` proposes one."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_TRIES, _TRIES_S, _MOST_ADDRESSES = 10, 60.0, 1000


@dataclass(frozen=True, slots=True)
class Access:
    """Where the server listens and who may ask."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    names: tuple[str, ...] = ()
    """Host names under which it is reached besides, for instance through a reverse proxy."""
    is_tls: bool = False
    max_body: int = MAX_BYTES

    @property
    def is_local(self) -> bool:
        """Whether only this machine can ask."""
        return self.host in _LOOPBACK

    def check(self) -> None:
        """Raise SourceError where others could ask without a token, or with one that can be guessed."""
        if self.token is None and not self.is_local:
            raise SourceError(
                f"`host` {self.host}: others could watch the camera. Give a `token` as well, for instance "
                f"{secrets.token_urlsafe(24)} (or in the variable PARTSIGHT_TOKEN)."
            )
        if self.token is not None and (len(self.token) < LEAST_TOKEN or not self.token.isascii()):
            raise SourceError(
                f"`token`: expected at least {LEAST_TOKEN} letters, digits and signs. For instance {secrets.token_urlsafe(24)}"
            )


@final
class Guard:
    """Stands before the application."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access
        self._cookie = f"partsight-live-{access.port}"
        self._names = frozenset({*_LOOPBACK, *(() if access.is_local else _own_names()), *map(str.lower, access.names)})
        self._failures = _Failures()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass, refuse the rest."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = self._refusal(scope, headers) or self._welcome(scope)
        if answer is None:
            await _Bounded(self._app, self._access.max_body)(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        else:
            await answer(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        if not self._is_known_host(headers.get("host", "")):
            return _refused(
                421,
                "asked under a name that is not this server's: start it with that name allowed",
            )
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
            return _refused(403, "asked from another page")
        if headers.get("sec-fetch-site", "none") == "cross-site" and scope["path"] != "/":
            return _refused(403, "asked from another page")
        return self._token_refusal(scope, headers)

    def _token_refusal(self, scope: Scope, headers: Headers) -> JSONResponse | None:
        if self._access.token is None:
            return None
        client = (scope.get("client") or ("",))[0]
        if self._failures.are_too_many(client):
            return _refused(429, "too many wrong tokens; wait a minute")
        given = self._given_token(scope, headers)
        if _is_same(given, self._access.token):
            return None
        if given is not None:
            self._failures.add(client)
        return _refused(401, "open the link with the token, or send it as 'Authorization: Bearer …'")

    def _given_token(self, scope: Scope, headers: Headers) -> str | None:
        kind, _, value = headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return value.strip()
        return _asked_token(scope) or cookie_parser(headers.get("cookie", "")).get(self._cookie)

    def _welcome(self, scope: Scope) -> RedirectResponse | None:
        """Turn the token of the first link into a cookie, so that it stays in no address bar."""
        if _asked_token(scope) is None:
            return None
        answer = RedirectResponse("/", status_code=303)
        if self._access.token is not None:
            options: dict[str, Any] = {"httponly": True, "samesite": "strict", "secure": self._access.is_tls}
            answer.set_cookie(self._cookie, self._access.token, max_age=30 * 86400, **options)
        return answer

    def _is_known_host(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        return name in self._names or (not self._access.is_local and _is_address(name))


@final
class _Bounded:
    """Refuses bodies over the bound, announced or not."""

    def __init__(self, app: ASGIApp, max_body: int) -> None:
        self._app, self._max_body = app, max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        too_large = _refused(413, f"more than {self._max_body} bytes")
        if not announced.isdigit() or int(announced) > self._max_body:
            await too_large(scope, receive, send)
            return
        size, has_begun = 0, False

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._max_body:
                raise _TooLargeError
            return message

        async def watched(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, counted, watched)
        except _TooLargeError:
            if not has_begun:
                await too_large(scope, receive, send)


class _TooLargeError(Exception):
    pass


@final
class _Failures:
    """Wrong tokens of each address within the last minute; only so many addresses are remembered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times_s: OrderedDict[str, list[float]] = OrderedDict()

    def add(self, client: str) -> None:
        with self._lock:
            self._times_s.setdefault(client, []).append(time.monotonic())
            self._times_s.move_to_end(client)
            while len(self._times_s) > _MOST_ADDRESSES:
                self._times_s.popitem(last=False)

    def are_too_many(self, client: str) -> bool:
        with self._lock:
            recent = [at for at in self._times_s.get(client, []) if time.monotonic() - at < _TRIES_S]
            if recent:
                self._times_s[client] = recent
            else:
                self._times_s.pop(client, None)
            return len(recent) >= _TRIES


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent


def _asked_token(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["path"] != "/":
        return None
    values = parse_qs(scope["query_string"].decode("latin-1")).get("token")
    return values[0] if values else None


def _is_same(given: str | None, token: str) -> bool:
    return given is not None and secrets.compare_digest(given.encode(), token.encode())


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _own_names() -> set[str]:
    name = socket.gethostname().lower()
    return {name, f"{name}.local", socket.getfqdn().lower()}


def _refused(status: int, reason: str) -> JSONResponse:
    return JSONResponse({"problem": reason}, status_code=status)
