"""The connections of a server, and what each of them still owes: a handshake, the head of a request, its body, or nothing.

A connection that owes something costs a file descriptor and gives nothing. It has so long to bring it, and where room is needed, the
one that has owed longest goes first: a crowd that says nothing keeps out nobody who asks.
"""

import asyncio
import ipaddress
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

Debt: TypeAlias = Literal["handshake", "head", "body", "nothing"]
_USUAL_FILES = 1024
_MOST_CONNECTIONS, _FEWEST_CONNECTIONS = 512, 8
_IPV6_NETWORK = 64
"""Bits of an IPv6 address that are one customer's."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What a server bears."""

    handshake_s: float = 10.0
    head_s: float = 10.0
    """For a complete head of a request, the first or the next one."""
    body_s: float = 40.0
    """For the whole body; the pages' own bounds are tighter and answer."""
    stall_s: float = 20.0
    """For a client to take any of what is sent to it."""
    keep_alive_s: int = 5
    """Between two requests."""
    connections: int = 0
    """At once; 0 takes half of the files that this process may open."""
    share_of_one: float = 0.75
    """Of all connections that one address may hold: a proxy may bring nearly all viewers, but not keep out everybody else."""

    @property
    def most(self) -> int:
        """How many connections there may be."""
        return self.connections or min(_MOST_CONNECTIONS, max(_FEWEST_CONNECTIONS, _num_files() // 2))

    @property
    def most_of_one(self) -> int:
        """How many connections one address may hold."""
        return max(1, int(self.share_of_one * self.most))


UPLOADING = ConnectionLimits(body_s=6 * 3600.0)
"""For pages that take films and CAD files; those look themselves whether anything arrives."""


@final
class Connection:
    """One accepted socket; `look` notes since when it has owed what it owes."""

    def __init__(self, sock: socket.socket, place: str) -> None:
        self.sock, self.place = sock, place
        self.transport: asyncio.Transport | None = None
        self.debt: Debt = "handshake"
        self.since_s = time.monotonic()
        self._request: object = None
        self._unsent, self._taken_s = 0, self.since_s

    @property
    def is_gone(self) -> bool:
        """Whether its file descriptor is free again."""
        return self.sock.fileno() < 0

    def look(self, now_s: float) -> None:
        """Note what is owed, and whether the client takes what is sent to it."""
        if self.transport is None:
            return
        debt, request = _owed(self.transport.get_protocol())
        if (debt, request) != (self.debt, self._request):
            self.debt, self._request, self.since_s = debt, request, now_s
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent < self._unsent:
            self._taken_s = now_s
        self._unsent = unsent

    def is_overdue(self, now_s: float, limits: ConnectionLimits) -> bool:
        """Return whether the client has had its time, to send or to take."""
        allowed_s = {"handshake": limits.handshake_s, "head": limits.head_s, "body": limits.body_s}.get(self.debt)
        is_late = allowed_s is not None and now_s - self.since_s > allowed_s
        return is_late or now_s - self._taken_s > limits.stall_s

    def drop(self) -> None:
        """End it at once, whatever is still to be sent."""
        if self.transport is not None:
            self.transport.abort()
        elif not self.is_gone:
            _shut(self.sock)


@final
class Connections:
    """All connections of a server; used by its event loop only."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._open: set[Connection] = set()

    def make_room(self, place: str) -> bool:
        """Return whether one more of this place may come, ending the one that has owed longest where there are too many."""
        self._forget_gone()
        counts = Counter(one.place for one in self._open)
        if counts[place] >= self.limits.most_of_one:
            return self._drop_longest([one for one in self._open if one.place == place])
        return len(self._open) < self.limits.most or self.drop_longest()

    def drop_longest(self) -> bool:
        """End the connection that has owed longest, of the place that has most of them; return whether there was one."""
        counts = Counter(one.place for one in self._open)
        crowded = sorted(counts, key=lambda place: -counts[place])
        return any(self._drop_longest([one for one in self._open if one.place == place]) for place in crowded)

    def add(self, connection: Connection) -> None:
        """Count one more."""
        self._open.add(connection)

    def drop_overdue(self) -> None:
        """End those that have had their time."""
        now_s = time.monotonic()
        self._forget_gone()
        for one in self._open:
            one.look(now_s)
            if one.is_overdue(now_s, self.limits):
                one.drop()

    def _drop_longest(self, candidates: list[Connection]) -> bool:
        now_s = time.monotonic()
        for one in candidates:
            one.look(now_s)
        owing = [one for one in candidates if one.debt != "nothing"]
        if not owing:
            return False
        longest = min(owing, key=lambda one: (one.debt == "body", one.since_s))
        longest.drop()
        self._open.discard(longest)
        return True

    def _forget_gone(self) -> None:
        self._open = {one for one in self._open if not one.is_gone}


def place_of(address: Any) -> str:
    """Return whose a peer's address is: of IPv6 the network of one customer, else the address."""
    host = str(address[0]) if isinstance(address, tuple) and address else ""
    try:
        ip = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, _IPV6_NETWORK), strict=False))
    return str(ip)


def _owed(protocol: object) -> tuple[Debt, object]:
    """Return what a client owes, and the last request it made: the next one begins anew."""
    if not isinstance(protocol, H11Protocol):
        return "nothing", None  # a WebSocket, which is pinged
    state = protocol.conn.their_state
    debts: dict[Any, Debt] = {h11.IDLE: "head", h11.SEND_BODY: "body"}
    return debts.get(state, "nothing"), protocol.cycle


def _num_files() -> int:
    if sys.platform == "win32":
        return _USUAL_FILES
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _USUAL_FILES if soft == resource.RLIM_INFINITY else soft


def _shut(sock: socket.socket) -> None:
    """End a connection whose handshake runs: who waits for it sees the end."""
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
