"""Who knows the token: compared in constant time, and not as often as somebody likes.

An address may try ten different wrong tokens; each counts for a few seconds, and until then a further unknown one is not even
compared. So guessing is slow, and a tablet with an old link, which says the same wrong one again and again, shuts out nobody. A
browser that has been let in holds a second secret, its session, and is let in whatever others try who have its address: all viewers
may come through one proxy.
"""

import hashlib
import secrets
import time
from collections import OrderedDict
from typing import Literal, TypeAlias, final

Verdict: TypeAlias = Literal["right", "wrong", "busy"]
WRONG_S = 6.0
"""How long a wrong token counts."""
_MOST_WRONG = 10
_MOST_PLACES, _MOST_SESSIONS = 1000, 1000
_MARK = "."


@final
class Tokens:
    """Judges tokens; used by one event loop only."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._wrong: OrderedDict[str, dict[bytes, float]] = OrderedDict()
        self._sessions: OrderedDict[str, None] = OrderedDict()

    def judge(self, given: str, place: str) -> Verdict:
        """Return whether a token is right, wrong, or one guess too many for this address."""
        wrong = self._recent(place)
        mark = hashlib.sha256(given.encode()).digest()
        if mark in wrong:
            return "wrong"
        if len(wrong) >= _MOST_WRONG:
            return "busy"
        if secrets.compare_digest(given.encode(), self._token.encode()):
            return "right"
        self._remember(place, wrong, mark)
        return "wrong"

    def judge_cookie(self, given: str, place: str) -> Verdict:
        """Return the same for the value of a cookie that `new_cookie` made, if by an earlier run of the server."""
        session, _, token = given.partition(_MARK)
        return "right" if session in self._sessions else self.judge(token, place)

    def is_session(self, cookie: str | None) -> bool:
        """Return whether a cookie is of this run of the server."""
        return cookie is not None and cookie.partition(_MARK)[0] in self._sessions

    def new_cookie(self) -> str:
        """Return the value of a cookie for a browser that has shown the token."""
        session = secrets.token_urlsafe(24)
        self._sessions[session] = None
        while len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return f"{session}{_MARK}{self._token}"

    def _recent(self, place: str) -> dict[bytes, float]:
        now_s = time.monotonic()
        return {mark: at_s for mark, at_s in self._wrong.get(place, {}).items() if now_s - at_s < WRONG_S}

    def _remember(self, place: str, wrong: dict[bytes, float], mark: bytes) -> None:
        self._wrong[place] = {**wrong, mark: time.monotonic()}
        self._wrong.move_to_end(place)
        while len(self._wrong) > _MOST_PLACES:
            self._wrong.popitem(last=False)
