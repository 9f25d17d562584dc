"""Other programs are told what changed; none of them can hold up the camera."""

import http.server
import json
import threading
import time
from pathlib import Path

import pytest

from partsight.deploy.live.events import JsonLines, PartEvents, Webhook
from partsight.deploy.live.tracking import Track
from partsight.errors import SourceError, StorageError
from tests.unit.deploy.live.scene import NAMES, wait_for


class Seen:
    """A look as far as events read it."""

    def __init__(self, *numbers):
        self.tracks = tuple(Track(number, number % 2, 0.8, (0, 0, 10, 10), is_seen=True) for number in numbers)


@pytest.fixture
def receiver():
    """A web server on loopback that keeps what it gets."""
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", received
        server.shutdown()


def test_each_part_is_told_once_when_it_appears_and_once_when_it_leaves(tmp_path):
    log = tmp_path / "logs" / "events.jsonl"
    events = PartEvents(NAMES, lambda _: 0.5, [JsonLines(log, print)])
    for look in (Seen(), Seen(2), Seen(2), Seen(2, 3), Seen(3), Seen()):
        events(look)
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(one["event"], one["part"]) for one in told] == [
        ("appeared", "square"), ("appeared", "post"), ("left", "square"), ("left", "post"),
    ]  # fmt: skip
    assert told[1]["parts_now"] == ["post", "square"]


def test_a_log_is_appended_to(tmp_path):
    for _ in range(2):
        JsonLines(tmp_path / "log.jsonl", print)({"event": "x"})
    assert (tmp_path / "log.jsonl").read_text().count("\n") == 2


def test_a_log_that_cannot_be_opened_is_named_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="`log`"):
        JsonLines(tmp_path / "file" / "log.jsonl", print)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_once_and_stops_nothing():
    told = []
    lines = JsonLines(Path("/dev/full"), told.append)
    lines({"event": "x"})
    lines({"event": "x"})
    assert len(told) == 1
    assert "No space left" in told[0]


def test_events_reach_a_webhook_in_their_order(receiver):
    address, received = receiver
    webhook = Webhook(address, print)
    for number in range(5):
        webhook({"number": number})
    wait_for(lambda: len(received) == 5)
    assert [event["number"] for event in received] == list(range(5))


def test_a_webhook_that_is_down_never_waits_and_is_told_once():
    told = []
    webhook = Webhook("http://127.0.0.1:9/hook", told.append)
    started_s = time.monotonic()
    for number in range(1000):
        webhook({"number": number})
    assert time.monotonic() - started_s < 1.0
    wait_for(lambda: webhook.num_lost == 1000)
    assert len(told) == 1


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://a/b", "http://", "hook"])
def test_a_webhook_is_an_http_address(address):
    with pytest.raises(SourceError, match="`webhook`"):
        Webhook(address, print)
