"""One guard before every page: the same questions to the live page and to the labeling page, over real sockets."""

import socket
import threading
import time

import httpx
import pytest
from PIL import Image as PillowImage

from partsight.labels.photo_labels import Proposals
from partsight.labels.store import open_label_store
from partsight.photos.label_page.server import make_app
from partsight.pipeline.delivery.live import LiveJob, open_live
from partsight.web.access import Access
from partsight.web.serving import listen, page_server
from partsight.web.tokens import Tokens
from tests.unit.deploy.live.scene import color_model, film, running, wait_for
from tests.unit.photos.videos import RATE, write_video

TOKEN = "a-secret-of-this-test"  # noqa: S105 - of this test
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGES = ("live", "label")
CHANGE = {"live": ("POST", "/snapshots"), "label": ("PUT", "/labels?key=a.png")}
"""A request of each page that takes a body."""


class NoProposer:
    def propose(self, _key):
        return Proposals((), is_complete=True)


class Served:
    """A page that is served, and how it is asked."""

    def __init__(self, kind, port):
        self.kind, self.port, self.base = kind, port, f"http://127.0.0.1:{port}"

    def ask(self, path="/", **headers):
        return httpx.get(self.base + path, headers={key.replace("_", "-"): value for key, value in headers.items()})

    def change(self, content, **options):
        method, path = CHANGE[self.kind]
        return httpx.request(method, self.base + path, content=content, headers=BEARER, **options)


def serve_live(folder):
    path = write_video(folder / "film.mp4", film(RATE))
    live = open_live(LiveJob(color_model(folder / "model"), str(path), Access(token=TOKEN), loops=True), print)
    return running(live), httpx.URL(live.link).port


class Running:
    """A page server in a thread, as `running` does it for a live one."""

    def __init__(self, server):
        self.server, self.thread = server, threading.Thread(target=server.run)

    def __enter__(self):
        self.thread.start()
        wait_for(lambda: self.server.has_started, 20)

    def __exit__(self, *_error):
        self.server.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


def serve_label(folder):
    (folder / "to_label").mkdir()
    PillowImage.new("RGB", (64, 48)).save(folder / "to_label" / "a.png")
    listener = listen("127.0.0.1", 0)
    access = Access(port=listener.getsockname()[1], token=TOKEN, page="label")
    app = make_app(open_label_store(folder, ["QF"]), NoProposer(), access)
    return Running(page_server(app, listener, say=print)), access.port


@pytest.fixture(scope="module", params=PAGES)
def page(request, tmp_path_factory):
    serve = {"live": serve_live, "label": serve_label}[request.param]
    server, port = serve(tmp_path_factory.mktemp(request.param))
    with server:
        yield Served(request.param, port)


@pytest.fixture
def own(request, tmp_path):
    """A page of this test alone: wrong tokens are remembered."""
    server, port = serve_label(tmp_path)
    with server:
        yield Served("label", port)


@pytest.mark.parametrize("path", ["/", "/static/app.js", "/photos", "/parts", "/none"])
def test_without_the_token_nothing_is_answered_and_the_refusal_says_what_to_do(page, path):
    answer = page.ask(path)
    assert answer.status_code == 401
    assert "token" in answer.json()["problem"]


@pytest.mark.parametrize("host", ["evil.example.com", "127.0.0.1.evil.com", "[", "localhost.", ""])
def test_a_name_that_somebody_points_here_is_refused(page, host):
    assert page.ask(**BEARER, host=host).status_code in (400, 421)


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://127.0.0.1:1", "http://[", "", "x"])
def test_a_foreign_page_is_refused_however_it_is_named(page, origin):
    answer = page.ask("/photos", **BEARER, origin=origin)
    assert answer.status_code == 403
    assert answer.json()["problem"] == "asked from another page"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_nothing_is_embedded_by_a_page_of_another_port_or_host_but_a_link_leads_here(page, site):
    assert page.ask("/static/app.js", **BEARER, sec_fetch_site=site).status_code == 403
    assert page.ask("/", **BEARER, sec_fetch_site=site).status_code == 200


def test_every_answer_forbids_foreign_scripts_frames_and_guessing(page):
    for path in ("/", "/static/app.js", "/static/none.js", "/none"):
        headers = page.ask(path, **BEARER).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "form-action 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/none", "/static/../../server.py", "/static/page.html", "/static/%2e%2e/server.py"])
def test_what_is_not_there_is_said_in_the_form_of_all_problems(page, path):
    answer = page.ask(path, **BEARER)
    assert answer.status_code == 404
    assert answer.json().keys() == {"problem"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"\xff\xfe",
        b"NaN",
        b'{"look": NaN, "threshold": NaN, "revision": "\\ud800", "state": "open", "boxes": [{"box": [NaN, 0, 1, 1], "name": "QF"}]}',
        b'{"look": 1e999, "threshold": 1e999, "revision": "", "state": "open", "boxes": [{"box": [1e999, 0, 1, 1], "name": "QF"}]}',
        b'{"look": ' + b"9" * 5000 + b', "threshold": 0.5}',
        b'{"\\ud800": "\\udfff"}',
        b'"' + b"x" * 1_000_000 + b'"',
    ],
)
def test_a_body_that_is_not_understood_is_said_in_the_form_of_all_problems(page, body):
    answer = page.change(body)
    assert answer.status_code in (400, 422)
    assert 0 < len(answer.json()["problem"]) < 1000


def test_a_body_over_the_bound_is_refused_announced_or_not(page):
    assert page.change(b"x" * 2_000_001).status_code == 413

    def chunks():
        for _ in range(30):
            yield b"x" * 100_000

    try:
        status = page.change(chunks(), timeout=30).status_code
    except httpx.TransportError:  # the server hangs up while more is sent
        status = 413
    assert status == 413


@pytest.mark.slow
def test_a_body_that_drips_is_told_that_it_is_too_slow(page):
    method, path = CHANGE[page.kind]
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n"
    )
    answer = b""
    with socket.create_connection(("127.0.0.1", page.port), timeout=1) as sock:
        sock.sendall(head.encode())
        for _ in range(40):
            try:
                sock.sendall(b"{")
                answer += sock.recv(1000)
            except TimeoutError:
                continue
            except OSError:  # ended
                break
            if b"did not arrive" in answer:
                break
    assert b" 408 " in answer
    assert b"did not arrive" in answer


def test_a_tablet_with_an_old_link_shuts_out_nobody_who_has_its_address(own):
    stale = [own.ask(authorization="Bearer an-old-token-of-last-week").status_code for _ in range(40)]
    assert set(stale) == {401}
    assert own.ask(**BEARER).status_code == 200


def test_who_guesses_has_to_wait_and_those_who_are_in_stay_in(own):
    with httpx.Client(base_url=own.base) as browser:
        assert browser.get(f"/?token={TOKEN}", follow_redirects=True).status_code == 200
        guesses = [own.ask(authorization=f"Bearer guess-{number}").status_code for number in range(15)]
        assert guesses == [401] * 10 + [429] * 5
        refused = own.ask(**BEARER)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "6")
        assert browser.get("/photos").status_code == 200
    assert wait_for(lambda: own.ask(**BEARER).status_code == 200, 10)


@pytest.mark.parametrize("where", ["cookie", "link"])
def test_guesses_count_wherever_they_are_made(own, where):
    def guess(number):
        if where == "link":
            return own.ask(f"/?token=guess-{number}").status_code
        return own.ask(cookie=f"partsight-label-{own.port}=x.guess-{number}").status_code

    assert [guess(number) for number in range(12)] == [401] * 10 + [429] * 2


def test_a_browser_of_an_earlier_run_is_let_in_and_gets_a_session_of_this_one(own):
    cookie = f"partsight-label-{own.port}"
    earlier = Tokens(TOKEN).new_cookie()
    answer = own.ask(cookie=f"{cookie}={earlier}")
    assert answer.status_code == 200
    fresh = answer.cookies[cookie]
    assert fresh != earlier
    for number in range(10):
        own.ask(authorization=f"Bearer guess-{number}")
    assert own.ask("/photos", cookie=f"{cookie}={earlier}").status_code == 429
    assert own.ask("/photos", cookie=f"{cookie}={fresh}").status_code == 200


def test_the_session_is_of_no_use_without_having_been_given(own):
    cookie = f"partsight-label-{own.port}"
    for value in ("", ".", "x", "x.", f".{TOKEN[:-1]}", "None."):
        assert own.ask("/photos", cookie=f"{cookie}={value}").status_code == 401


def test_photos_whose_names_are_no_text_are_listed(tmp_path):
    """Linux allows any byte in a name; JSON and the page get a form of it."""
    folder = tmp_path / "photos"
    (folder / "to_label").mkdir(parents=True)
    path = folder / "to_label" / b"a\xff.png".decode(errors="surrogateescape")
    PillowImage.new("RGB", (64, 48)).save(path)
    listener = listen("127.0.0.1", 0)
    access = Access(port=listener.getsockname()[1], token=TOKEN, page="label")
    app = make_app(open_label_store(folder, ["QF"]), NoProposer(), access)
    with Running(page_server(app, listener, say=print)):
        answer = httpx.get(f"http://127.0.0.1:{access.port}/photos", headers=BEARER)
    assert [entry["key"] for entry in answer.json()["photos"]] == ["a\udcff.png"]


def test_a_stopped_server_frees_its_port(tmp_path):
    server, port = serve_label(tmp_path)
    with server:
        pass
    started_s = time.monotonic()
    listen("127.0.0.1", port).close()
    assert time.monotonic() - started_s < 1
