"""Nobody sees the camera who should not."""

import socket

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from partsight.errors import SourceError
from partsight.web.access import Access
from tests.unit.deploy.live.conftest import TOKEN

PATHS = ("/", "/parts", "/health", "/metrics", "/detections", "/openapi.json", "/static/app.js", "/parts/0/picture")


def base(live):
    return live.link.split("?")[0].rstrip("/")


def view(live, **options):
    return connect(base(live).replace("http", "ws") + "/view", max_size=None, **options)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])  # noqa: S104 - refused
def test_others_than_this_machine_need_a_token(host):
    with pytest.raises(SourceError, match="`token`"):
        Access(host=host).check()
    Access(host=host, token=TOKEN).check()


@pytest.mark.parametrize("token", ["", "short", "ä" * 20])
def test_a_token_that_can_be_guessed_is_refused(token):
    with pytest.raises(SourceError, match="at least 16"):
        Access(token=token).check()


@pytest.mark.parametrize("path", PATHS)
def test_without_the_token_nothing_is_answered(guarded, path):
    assert httpx.get(base(guarded) + path).status_code == 401


def test_without_the_token_no_picture_is_sent(guarded):
    with pytest.raises(InvalidStatus), view(guarded):
        pass


def test_the_link_gives_a_cookie_that_scripts_cannot_read_and_leaves_no_token_in_the_address(guarded):
    with httpx.Client() as client:
        answer = client.get(guarded.link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert all(client.get(base(guarded) + path).status_code == 200 for path in PATHS if path != "/health")


def test_programs_send_the_token_as_bearer(guarded):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(base(guarded) + "/parts", headers=headers).status_code == 200
    with view(guarded, additional_headers=headers) as socket_:
        assert socket_.recv(10)


def test_a_token_elsewhere_than_in_the_first_link_counts_for_nothing(guarded):
    assert httpx.get(f"{base(guarded)}/parts?token={TOKEN}").status_code == 401


@pytest.mark.parametrize("host", ["evil.example.com", "evil.example.com:80", "127.0.0.1.evil.com", "[", ""])
def test_a_name_that_somebody_points_here_is_refused(live, host):
    assert httpx.get(base(live) + "/parts", headers={"Host": host}).status_code in (400, 421)


def test_a_name_given_for_a_proxy_is_taken(guarded):
    headers = {"Host": "hall.example.org", "Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(base(guarded) + "/parts", headers=headers).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://127.0.0.1:1"])
def test_a_foreign_page_can_neither_ask_nor_watch(live, origin):
    headers = {"Origin": origin}
    assert httpx.get(base(live) + "/parts", headers=headers).status_code == 403
    assert httpx.post(base(live) + "/snapshots", headers=headers, json={"look": 0, "threshold": 0.5}).status_code == 403
    with pytest.raises(InvalidStatus), view(live, origin=origin):
        pass


def test_a_picture_embedded_by_a_foreign_page_is_refused(live):
    assert httpx.get(base(live) + "/parts/0/picture", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_no_foreign_page_is_given_leave(live):
    answer = httpx.options(base(live) + "/detect", headers={"Access-Control-Request-Method": "POST"})
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_every_answer_forbids_foreign_scripts_frames_and_guessing(live):
    for path in (*PATHS, "/none"):
        headers = httpx.get(base(live) + path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_who_guesses_tokens_has_to_wait(colors, film_path):
    from partsight.pipeline.delivery.live import LiveJob, open_live
    from tests.unit.deploy.live.scene import running

    with running(open_live(LiveJob(colors, str(film_path), Access(token=TOKEN)), print)) as server:
        wrong = [httpx.get(base(server), headers={"Authorization": f"Bearer {n}"}).status_code for n in range(12)]
        assert wrong == [401] * 10 + [429] * 2
        assert httpx.get(base(server), headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 429


def test_a_body_over_the_bound_is_refused_announced_or_not(live):
    announced = httpx.post(base(live) + "/detect", content=b"x" * 20_000_001)
    assert announced.status_code == 413

    def chunks():
        for _ in range(25):
            yield b"x" * 1_000_000

    try:
        status = httpx.post(base(live) + "/detect", content=chunks(), timeout=30).status_code
    except httpx.TransportError:  # the server hangs up while more is sent
        status = 413
    assert status == 413
    assert httpx.get(base(live) + "/parts").status_code == 200


@pytest.mark.parametrize("length", ["-1", "1e3", "99999999999999999999"])
def test_a_nonsensical_length_is_refused(live, length):
    host, port = base(live).removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as raw:
        raw.sendall(f"POST /detect HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {length}\r\n\r\n".encode())
        assert raw.recv(100).split()[1] in (b"400", b"413")
