"""A certificate of this machine's own, for tablets and phones: their browsers give out the camera over https only.

It is made once and kept in the user's folder, so that a device is asked once whether it trusts it, and made anew when it ends soon or
this machine has got another name or address. Nobody else vouches for it: the fingerprint is what can be compared.
"""

import datetime as dt
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from partsight.files import storage_errors, write_bytes
from partsight.web.serving import Tls

_VALID = dt.timedelta(days=365)
"""Apple's browsers take no longer than 825 days."""
_ENDS_SOON = dt.timedelta(days=7)
_SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Partsight on this machine")])


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """A certificate and its key on disk."""

    tls: Tls
    fingerprint: str
    """SHA-256 in hexadecimal pairs, as browsers show it."""
    is_new: bool
    """Whether devices that trusted an earlier one are asked again."""


def own_certificate(folder: Path, names: Sequence[str], addresses: Sequence[str]) -> OwnCertificate:
    """Return the certificate of a folder, made anew where it does not serve these names and addresses. Raises StorageError."""
    tls = Tls(folder / "cert.pem", folder / "key.pem")
    known = _read(tls)
    if known is not None and _serves(known, names, addresses):
        return OwnCertificate(tls, _fingerprint(known), is_new=False)
    kept = _names_of(known) if known is not None else ((), ())
    made = _make(tls, dict.fromkeys([*names, *kept[0]]), dict.fromkeys([*addresses, *kept[1]]))
    return OwnCertificate(tls, _fingerprint(made), is_new=True)


def _read(tls: Tls) -> x509.Certificate | None:
    try:
        certificate = x509.load_pem_x509_certificate(tls.cert.read_bytes())
        key = serialization.load_pem_private_key(tls.key.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return None
    return certificate if certificate.public_key() == key.public_key() else None


def _serves(certificate: x509.Certificate, names: Sequence[str], addresses: Sequence[str]) -> bool:
    lasts = certificate.not_valid_after_utc - dt.datetime.now(dt.UTC) > _ENDS_SOON
    known_names, known_addresses = _names_of(certificate)
    return lasts and set(names) <= set(known_names) and set(addresses) <= set(known_addresses)


def _names_of(certificate: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        stated = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (), ()
    addresses = (str(one) for one in stated.get_values_for_type(x509.IPAddress))
    return tuple(stated.get_values_for_type(x509.DNSName)), tuple(addresses)


def _make(tls: Tls, names: dict[str, None], addresses: dict[str, None]) -> x509.Certificate:
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    stated: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    stated += [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
    certificate = (
        x509.CertificateBuilder(_SUBJECT, _SUBJECT, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))  # clocks of tablets differ
        .not_valid_after(now + _VALID)
        .add_extension(x509.SubjectAlternativeName(stated), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_secret(tls.key, _pem(key))
    write_bytes(tls.cert, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, from its first byte on."""
    with storage_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:  # noqa: PTH123 - the mode matters
            stream.write(content)


def _fingerprint(certificate: x509.Certificate) -> str:
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()
