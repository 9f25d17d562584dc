"""Under which addresses other machines of the network reach this one, the likeliest first."""

import ipaddress
import socket
from collections.abc import Sequence

import psutil

from partsight.web.access import Access

_FAR = ("192.0.2.1", 9)
"""An address of the documentation network (RFC 5737): asking for the way there sends nothing."""
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
_BRIDGES = ("docker", "br-", "veth", "virbr", "vmnet", "tun", "zt")
"""Networks inside this machine, or tunnels: no tablet of the hall is there."""


def network_addresses() -> tuple[str, ...]:
    """Return the IPv4 addresses of this machine on its networks, that of the usual way out first; none without a network."""
    out = _usual_way_out()
    found = [
        entry.address
        for name, entries in psutil.net_if_addrs().items()
        if not name.startswith(_BRIDGES)
        for entry in entries
        if entry.family == socket.AF_INET and _is_reachable(entry.address)
    ]
    first = [out] if out is not None and _is_reachable(out) else []
    return tuple(dict.fromkeys([*first, *found]))


def links(access: Access) -> tuple[str, ...]:
    """Return the links to a server: one that works from other machines first, by address and then by name; for a local one its own."""
    if access.host not in _EVERYWHERE:
        return (_link(access, access.host),)
    name = socket.gethostname()
    return tuple(_link(access, host) for host in (*network_addresses(), name, *access.names))


def own_names(hosts: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of this machine, and others given, for a certificate."""
    name = socket.gethostname().lower()
    return tuple(dict.fromkeys([name, f"{name.partition('.')[0]}.local", "localhost", *hosts]))


def _link(access: Access, host: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    query = "" if access.token is None else f"?token={access.token}"
    return f"{'https' if access.is_tls else 'http'}://{shown}:{access.port}/{query}"


def _usual_way_out() -> str | None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_FAR)
        except OSError:
            return None
        return str(probe.getsockname()[0])


def _is_reachable(address: str) -> bool:
    place = ipaddress.ip_address(address)
    return not (place.is_loopback or place.is_link_local or place.is_unspecified)
