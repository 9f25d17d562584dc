"""Where a server listens and who may ask."""

import secrets
from dataclasses import dataclass

from partsight.errors import SourceError

LEAST_TOKEN = 16
"""Characters; random ones, as `new_token` makes them."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Access:
    """Where the server listens and who may ask."""

    host: str = "127.0.0.1"
    port: int = 0
    token: str | None = None
    names: tuple[str, ...] = ()
    """Host names under which it is reached besides, for instance through a reverse proxy."""
    is_tls: bool = False
    page: str = "live"
    """Tells the cookies of several pages of one machine apart."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can ask."""
        return self.host in LOOPBACK

    def check(self) -> None:
        """Raise SourceError where others could ask without a token, or with one that can be guessed."""
        if self.token is None and not self.is_local:
            raise SourceError(
                f"`host` {self.host}: others could watch the camera. Give a `token` as well, for instance "
                f"{new_token()} (or in the variable PARTSIGHT_TOKEN)."
            )
        if self.token is not None and (len(self.token) < LEAST_TOKEN or not self.token.isascii()):
            raise SourceError(
                f"`token`: expected at least {LEAST_TOKEN} letters, digits and signs. For instance {new_token()}"
            )


def new_token() -> str:
    """Return a secret for one run of a server."""
    return secrets.token_urlsafe(24)
