"""How a phone reaches a page: an address that works, a code to photograph, a certificate that stays the same."""

import datetime as dt
import ssl
import stat
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from cryptography import x509

from partsight.web.access import Access
from partsight.web.reach import addresses, certificates
from partsight.web.reach.addresses import links, network_addresses
from partsight.web.reach.certificates import own_certificate
from partsight.web.reach.qr import qr_svg, qr_text

TOKEN = "a-secret-of-this-test"  # noqa: S105 - of this test
LINK = f"https://192.168.1.20:8420/?token={TOKEN}"


def test_a_server_for_all_is_reached_by_address_first_and_by_name_too(monkeypatch):
    monkeypatch.setattr(addresses, "network_addresses", lambda: ("192.168.1.20", "10.0.0.7"))
    monkeypatch.setattr(addresses.socket, "gethostname", lambda: "hall-pc")
    everywhere = Access("0.0.0.0", 8420, TOKEN, ("hall.example.org",), is_tls=True)  # noqa: S104 - of this test
    assert links(everywhere) == (
        LINK,
        f"https://10.0.0.7:8420/?token={TOKEN}",
        f"https://hall-pc:8420/?token={TOKEN}",
        f"https://hall.example.org:8420/?token={TOKEN}",
    )
    assert links(Access("127.0.0.1", 8420)) == ("http://127.0.0.1:8420/",)
    assert links(Access("::1", 8420)) == ("http://[::1]:8420/",)
    monkeypatch.setattr(addresses, "network_addresses", lambda: ())
    assert links(replace(everywhere, names=()))[0].startswith("https://hall-pc:"), "without a network the name is left"


def test_no_address_of_this_machine_alone_is_offered():
    assert not any(address.startswith(("127.", "169.254.")) for address in network_addresses())


def test_a_code_is_drawn_for_terminal_and_page():
    text = qr_text(LINK)
    assert len(text.splitlines()) > 15
    assert ET.fromstring(qr_svg(LINK)).tag.endswith("svg")  # noqa: S314 - our own


def test_a_certificate_stays_the_same_until_it_does_not_serve_any_more(tmp_path):
    first = own_certificate(tmp_path / "tls", ["hall-pc", "localhost"], ["192.168.1.20"])
    again = own_certificate(tmp_path / "tls", ["hall-pc"], ["192.168.1.20"])
    assert (first.is_new, again.is_new) == (True, False)
    assert first.fingerprint == again.fingerprint
    moved = own_certificate(tmp_path / "tls", ["hall-pc"], ["192.168.1.99"])
    assert moved.is_new
    back = own_certificate(tmp_path / "tls", ["hall-pc"], ["192.168.1.20"])
    assert not back.is_new, "a laptop that changes between two networks asks its devices once for each"


def test_a_certificate_that_ends_soon_or_is_damaged_is_made_anew(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "_VALID", dt.timedelta(days=3))
        first = own_certificate(tmp_path, ["hall-pc"], [])
    second = own_certificate(tmp_path, ["hall-pc"], [])
    assert second.is_new
    second.tls.key.write_bytes(b"damaged")
    third = own_certificate(tmp_path, ["hall-pc"], [])
    assert len({first.fingerprint, second.fingerprint, third.fingerprint}) == 3


def test_only_its_owner_reads_the_key_and_it_serves_tls(tmp_path):
    made = own_certificate(tmp_path / "tls", ["hall-pc", "localhost"], ["127.0.0.1"])
    assert stat.S_IMODE(made.tls.key.stat().st_mode) == 0o600
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(made.tls.cert, made.tls.key)
    certificate = x509.load_pem_x509_certificate(made.tls.cert.read_bytes())
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    from partsight.errors import StorageError

    (tmp_path / "tls").write_text("a file where the folder would be")
    with pytest.raises(StorageError):
        own_certificate(tmp_path / "tls", ["hall-pc"], [])
