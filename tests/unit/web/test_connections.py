"""What a server bears: crowds that say nothing, say it slowly or take nothing keep out nobody who asks."""

import socket
import ssl
import subprocess
import time
from contextlib import ExitStack

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from partsight.web.connections import ConnectionLimits, place_of
from tests.unit.web.served import crowd, served

FEW_FILES = 200
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"
WHOLE = HEAD + b"\r\n"
BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"


def ends(sock, dripping=b"", seconds=15.0):
    """Return whether a connection is ended in so many seconds, in which a byte is said now and then."""
    sock.settimeout(0.2)
    started_s = time.monotonic()
    while time.monotonic() - started_s < seconds:
        try:
            if dripping:
                sock.sendall(dripping)
            if not sock.recv(1 << 16):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def watch(page, **options):
    return connect(f"ws://127.0.0.1:{page.port}/view", **options)


@pytest.mark.slow
@pytest.mark.parametrize("said", [b"", HEAD, BODY + b"abc"], ids=["nothing", "half a head", "half a body"])
def test_who_asks_is_answered_beside_four_hundred_who_say(said):
    with served(files=FEW_FILES) as page, crowd(page, 400, said):
        for _ in range(10):
            started_s = time.monotonic()
            assert page.ask().status_code == 200
            assert time.monotonic() - started_s < 5
        assert page.num_files() < FEW_FILES
        assert not any("Traceback" in line for line in page.said())
        assert len(page.said()) <= 2, "told once at most"


def test_a_shortage_of_descriptors_is_told_once_and_ends_with_the_crowd():
    with served(files=30, connections=100, head_s=2) as page:
        with crowd(page, 60, HEAD):
            time.sleep(1)
        assert page.ask().status_code == 200
        told = page.said()[1:]
        assert len(told) == 1
        assert "Too many open files" in told[0]


@pytest.mark.parametrize("said", [b"", HEAD], ids=["nothing", "half a head"])
@pytest.mark.parametrize("dripping", [b"", b"x"], ids=["silent", "slowly"])
def test_a_head_that_does_not_come_ends_the_connection(said, dripping):
    with served(head_s=1) as page, page.connect() as sock:
        sock.sendall(said)
        assert ends(sock, dripping)


@pytest.mark.slow
@pytest.mark.parametrize("dripping", [b"", b"G"], ids=["silent", "slowly"])
def test_after_an_answer_the_next_head_has_as_long(dripping):
    with served(head_s=2, keep_alive_s=1) as page, page.connect() as sock:
        sock.sendall(WHOLE)
        assert sock.recv(1000).startswith(b"HTTP/1.1 200")
        assert ends(sock, dripping)


@pytest.mark.slow
def test_who_asks_again_and_again_is_not_ended():
    with served(head_s=1, keep_alive_s=2) as page, httpx.Client() as client:
        ports = set()
        for _ in range(6):
            answer = client.get(f"http://127.0.0.1:{page.port}/")
            ports.add(answer.extensions["network_stream"].get_extra_info("client_addr"))
            time.sleep(0.6)
    assert len(ports) == 1


@pytest.mark.parametrize("dripping", [b"", b"x"], ids=["silent", "slowly"])
def test_a_body_that_does_not_come_ends_the_connection(dripping):
    with served(body_s=1, head_s=60) as page, page.connect() as sock:
        sock.sendall(BODY)
        assert ends(sock, dripping)


@pytest.mark.slow
def test_who_takes_nothing_of_an_answer_is_ended():
    with served(stall_s=1, head_s=60) as page:
        before = page.num_files()
        with page.connect() as sock:
            sock.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(4)
            assert page.num_files() == before


@pytest.mark.slow
def test_who_takes_a_large_answer_slowly_gets_all_of_it():
    with served(stall_s=2, head_s=1, body_s=1) as page, page.connect() as sock:
        sock.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        size = 0
        while content := sock.recv(2_000_000):
            size += len(content)
            time.sleep(0.3)
    assert size > 20_000_000


def test_an_answer_that_takes_long_is_waited_for():
    with served(head_s=1, body_s=1, stall_s=1, keep_alive_s=1) as page:
        assert page.ask("/slow").text == '"at last"'


@pytest.mark.slow
def test_a_websocket_that_is_quiet_is_kept():
    with served(head_s=1, body_s=1, stall_s=1, keep_alive_s=1) as page, watch(page) as socket_:
        time.sleep(4)
        socket_.send("still here")
        assert socket_.recv(5) == "still here"


def test_one_address_leaves_room_for_others():
    with served(connections=8) as page, ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(watch(page))
        with page.connect() as one_more:
            one_more.sendall(WHOLE)
            assert one_more.recv(1000).startswith(b"HTTP/1.1 503")
        other = stack.enter_context(httpx.Client(transport=httpx.HTTPTransport(local_address="127.0.0.2")))
        assert other.get(f"http://127.0.0.1:{page.port}/").status_code == 200


def test_the_idle_of_an_address_make_room_for_its_own_and_those_who_use_theirs_stay():
    """All viewers behind one proxy have its address; nobody idle among them shuts out the next."""
    with served(connections=8) as page, ExitStack() as stack:
        watching = [stack.enter_context(watch(page)) for _ in range(4)]
        stack.enter_context(crowd(page, 40))
        for _ in range(5):
            assert page.ask().status_code == 200
        for one in watching:
            one.send("here")
            assert one.recv(5) == "here"


@pytest.mark.slow
def test_half_a_tls_handshake_holds_nothing(tmp_path):
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    trusting = ssl.create_default_context(cafile=str(cert))
    trusting.check_hostname = False
    with served(files=FEW_FILES, tls=(cert, key), handshake_s=2) as page:
        before = page.num_files()
        with crowd(page, 300, b"\x16\x03\x01"):
            address = f"https://127.0.0.1:{page.port}/"
            assert httpx.get(address, verify=trusting, timeout=5).status_code == 200
            time.sleep(4)
            assert page.num_files() <= before
        assert not any("Traceback" in line for line in page.said())


def test_nonsense_is_refused_without_a_line_for_each():
    with served() as page:
        for _ in range(20):
            with page.connect() as sock:
                sock.sendall(b"\x00\x01\x02 nonsense\r\n\r\n")
                assert b"400" in sock.recv(1000)
        assert page.said()[1:] == []


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (("192.168.1.5", 80), "192.168.1.5"),
        (("2001:db8:1:2:3::4", 80, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 80, 0, 2), "fe80::/64"),
        (("::ffff:10.0.0.1", 80, 0, 0), "10.0.0.1"),
        ("", ""),
    ],
)
def test_a_network_of_one_customer_counts_as_one(address, place):
    assert place_of(address) == place


def test_there_is_always_room_for_more_than_one_address():
    for number in (2, 8, 100):
        limits = ConnectionLimits(connections=number)
        assert 1 <= limits.most_of_one < limits.most


def test_the_port_of_a_page_that_stops_is_closed_at_once():
    """A page in the browser comes back at once: it would keep the server from stopping."""
    with served() as page:
        with watch(page) as socket_:
            page.process.terminate()
            with pytest.raises(ConnectionClosed):
                socket_.recv(5)
        page.process.wait(10)
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", page.port), timeout=1):
            pass
