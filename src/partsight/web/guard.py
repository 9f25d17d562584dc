"""Stands before every page: the right host name, no foreign page, the token where one is set, bodies that are bounded.

Without a token the server listens on this machine only. A foreign page in the same browser is kept out by its Origin and by what the
browser says of its site, a name that somebody points at this machine (DNS rebinding) by the Host: addresses in figures, this
machine's own names and names given are taken, no others.
"""

import ipaddress
import socket
from collections.abc import Collection
from typing import Any, final
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from partsight.web.access import LOOPBACK, Access
from partsight.web.bodies import BodyLimits, WholeBodies
from partsight.web.connections import place_of
from partsight.web.problems import problem
from partsight.web.tokens import WRONG_S, Tokens, Verdict

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
_OWN_SITES = ("same-origin", "none")
_COOKIE_S = 30 * 86400


@final
class Guard:
    """Stands before an application; `uploads` are the paths that read their bodies themselves."""

    def __init__(
        self, app: ASGIApp, access: Access, uploads: Collection[str] = (), bodies: BodyLimits | None = None
    ) -> None:
        self._app = WholeBodies(app, uploads, bodies or BodyLimits())
        self._access = access
        self._cookie = f"partsight-{access.page}-{access.port}"
        self._names = frozenset({*LOOPBACK, *(() if access.is_local else _own_names()), *map(str.lower, access.names)})
        self._tokens = None if access.token is None else Tokens(access.token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may pass, refuse the rest."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        answer = self._refusal(scope, headers) or self._welcome(scope)
        if answer is None:
            await self._app(scope, receive, _with_headers(send, self._renewed_cookie(scope, headers)))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        else:
            await answer(scope, receive, _with_headers(send))

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if not self._is_known_host(headers.get("host", "")):
            return problem(421, "asked under a name that is not this server's: start it with that name allowed")
        if not _is_own_page(headers):
            return problem(403, "asked from another page")
        if headers.get("sec-fetch-site", "none") not in _OWN_SITES and scope["path"] != "/":
            return problem(403, "asked from another page")
        return self._token_refusal(scope, headers)

    def _token_refusal(self, scope: Scope, headers: Headers) -> Response | None:
        verdict = self._verdict(scope, headers)
        if verdict == "right":
            return None
        if verdict == "busy":
            again = {"Retry-After": f"{WRONG_S:.0f}"}
            return problem(429, "too many wrong tokens from this address; try again in a moment", again)
        return problem(401, "open the link with the token, or send it as 'Authorization: Bearer …'")

    def _verdict(self, scope: Scope, headers: Headers) -> Verdict:
        if self._tokens is None:
            return "right"
        place = place_of(scope.get("client"))
        kind, _, value = headers.get("authorization", "").partition(" ")
        given = value.strip() if kind.lower() == "bearer" else _asked_token(scope)
        if given is not None:
            return self._tokens.judge(given, place)
        cookie = self._shown_cookie(headers)
        return "wrong" if cookie is None else self._tokens.judge_cookie(cookie, place)

    def _welcome(self, scope: Scope) -> Response | None:
        """Turn the token of the first link into a cookie, so that it stays in no address bar."""
        if _asked_token(scope) is None:
            return None
        answer = RedirectResponse("/", status_code=303)
        if self._tokens is not None:
            self._give_cookie(answer, self._tokens)
        return answer

    def _renewed_cookie(self, scope: Scope, headers: Headers) -> str | None:
        """Return the header that gives a browser of an earlier run of the server a session of this one."""
        cookie = self._shown_cookie(headers)
        if self._tokens is None or scope["type"] != "http" or scope["path"] != "/" or cookie is None:
            return None
        if self._tokens.is_session(cookie):
            return None
        made = Response()
        self._give_cookie(made, self._tokens)
        return made.headers["set-cookie"]

    def _give_cookie(self, answer: Response, tokens: Tokens) -> None:
        options: dict[str, Any] = {"httponly": True, "samesite": "strict", "secure": self._access.is_tls}
        answer.set_cookie(self._cookie, tokens.new_cookie(), max_age=_COOKIE_S, **options)

    def _shown_cookie(self, headers: Headers) -> str | None:
        return cookie_parser(headers.get("cookie", "")).get(self._cookie)

    def _is_known_host(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").lower()
        except ValueError:
            return False
        return name in self._names or (not self._access.is_local and _is_address(name))


def _is_own_page(headers: Headers) -> bool:
    """Return whether a request comes from this server's page, or from no page at all."""
    origin = headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
    except ValueError:
        return False


def _with_headers(send: Send, cookie: str | None = None) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if cookie is not None:
                headers.append("set-cookie", cookie)
        await send(message)

    return sent


def _asked_token(scope: Scope) -> str | None:
    if scope["type"] != "http" or scope["path"] != "/":
        return None
    values = parse_qs(scope["query_string"].decode("latin-1")).get("token")
    return values[0] if values else None


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _own_names() -> set[str]:
    name = socket.gethostname().lower()
    return {name, f"{name}.local", socket.getfqdn().lower()}
