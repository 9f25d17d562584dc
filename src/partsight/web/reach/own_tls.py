"""TLS with a certificate of this machine's own, for phones and tablets of its network."""

from collections.abc import Callable, Sequence

from partsight.config.user_folder import user_folder
from partsight.web.reach.addresses import network_addresses, own_names
from partsight.web.reach.certificates import own_certificate
from partsight.web.serving import Tls


def own_tls(names: Sequence[str], say: Callable[[str], None]) -> Tls:
    """Return the certificate of this machine's own, and say how a device comes to trust it. Raises StorageError."""
    folder = user_folder() / "tls"
    made = own_certificate(folder, own_names(names), (*network_addresses(), "127.0.0.1"))
    state = "was made now" if made.is_new else "is the same as before"
    say(
        f"certificate: this machine's own, in {folder}; it {state}. A browser warns once that nobody else vouches for it: compare "
        f"its SHA-256 fingerprint, then go on: {made.fingerprint}"
    )
    return made.tls
